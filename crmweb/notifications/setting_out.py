"""How a notice reaches its person: by the first of their channels, by the next when that one could not, and when
none is left it stands on top of Today.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update

from crmweb.clock import now
from crmweb.config import current_settings
from crmweb.db import changed, db, writing
from crmweb.jobs import after_commit
from crmweb.languages import speaking
from crmweb.notifications.channels import Message, NotWanted, channels
from crmweb.notifications.choices import choices_of
from crmweb.notifications.claims import Claim
from crmweb.notifications.models import CANCELLED, DELIVER, SENT, WAITING, Delivery
from crmweb.notifications.notices import DROPPED, TOLD, UNREACHED, Notice, NoticeKind, Words, kind_of
from crmweb.notifications.outcomes import NOTICE, Ended, Outcome, before_send, on_end, write_down
from crmweb.notifications.subscriptions import subscriptions_of
from crmweb.scope import system_access

TRIED_FOR: Final = timedelta(minutes=4)
"""How long one channel has to take it: with three of them, somebody knows within a quarter of an hour."""

Filed = list[uuid.UUID]


def set_out(claims: Sequence[Claim]) -> Filed:
    """Let due notices set out; the deliveries that carry them, to be sent at once."""
    if not claims:
        return []
    with system_access("notices setting out"), writing():
        at = now()
        notices = _notices([uuid.UUID(claim.message.recipient) for claim in claims])
        filed: Filed = []
        outcomes = [_begin(claim, notices.get(claim.message.recipient), filed, at) for claim in claims]
        write_down(outcomes, at=at)
        return filed


def _notices(ids: Sequence[uuid.UUID]) -> dict[str, Notice]:
    return {notice.id.hex: notice for notice in db.session.scalars(select(Notice).where(Notice.id.in_(ids)))}


def _begin(claim: Claim, notice: Notice | None, filed: Filed, at: datetime) -> Outcome:
    """What becomes of one that is due: it waits out quiet hours, is dropped, or goes to the first channel."""
    if notice is None or notice.state != WAITING:
        return Outcome(claim, CANCELLED, "nobody needs it any more")
    quiet_until = choices_of(notice.person_id).ends_quiet(at, notice.person.zone)
    if quiet_until is not None:
        return Outcome(claim, WAITING, "", quiet_until, tried=False)
    filed += go_on(notice, after=None, at=at)
    return (
        Outcome(claim, SENT) if notice.state != DROPPED else Outcome(claim, CANCELLED, "not wanted any more")
    )


def go_on(notice: Notice, *, after: str | None, at: datetime) -> Filed:
    """By the next channel of its person behind ``after``, or the first; unreached when there is none."""
    kind = kind_of(notice)
    with speaking(notice.person.locale or notice.locale, notice.person.zone):
        if kind is None or not notice.person.active or not kind.wanted(notice):
            notice.end(DROPPED, at=at)
            return []
        words = kind.words(notice)
    notice.say(words)
    for channel in _channels_behind(notice, after):
        if filed := _BY[channel](notice, words, kind, at):
            notice.channel = channel
            return filed
    notice.end(UNREACHED, at=at)
    return []


def _channels_behind(notice: Notice, after: str | None) -> list[str]:
    theirs = [name for name in choices_of(notice.person_id).channels if name in _BY]
    return theirs[theirs.index(after) + 1 :] if after in theirs else [] if after else theirs


# --- by each channel --------------------------------------------------------------------------------


def _push(notice: Notice, words: Words, kind: NoticeKind, at: datetime) -> Filed:
    """To every device of the person. It is told as soon as one has it."""
    payload = {
        "title": words.title,
        "body": words.body,
        "path": words.path,
        "tag": str(notice.id),
        "actions": [vars(action) for action in words.actions],
        "lang": notice.person.locale or notice.locale or "en",
        "ttl": int(kind.useful_for.total_seconds()),
        "person": notice.person_id.hex,
    }
    filed = (
        _file(notice, "push", subscription.hex, payload, at, lane=f"push {host}")
        for subscription, host in subscriptions_of(notice.person_id)
    )
    return [delivery for delivery in filed if delivery]


def _sms(notice: Notice, words: Words, _kind: NoticeKind, at: datetime) -> Filed:
    if not notice.person.phone or not channels().carries("sms"):
        return []
    text = f"{words.title}\n{words.body}\n{_address(words)}"
    return _one(_file(notice, "sms", notice.person.phone, {"text": text}, at))


def _email(notice: Notice, words: Words, _kind: NoticeKind, at: datetime) -> Filed:
    if not notice.person.email:
        return []
    payload = {"subject": words.title, "text": f"{words.body}\n\n{_address(words)}\n".lstrip()}
    return _one(_file(notice, "email", notice.person.email, payload, at))


_BY: Final = {"push": _push, "sms": _sms, "email": _email}


def _file(
    notice: Notice, channel: str, to: str, payload: dict[str, Any], at: datetime, lane: str | None = None
) -> uuid.UUID | None:
    return Delivery.file(
        dedupe=f"notice {notice.id} {channel} {to}", kind=channel, recipient=to, lane=lane,
        payload={**payload, "about": NOTICE, "notice": notice.id.hex, "by": channel},
        at=at, stale_at=at + TRIED_FOR, notice_id=notice.id, ring=False,
    )  # fmt: skip


def _one(filed: uuid.UUID | None) -> Filed:
    return [filed] if filed else []


def _address(words: Words) -> str:
    return f"{current_settings().address}{words.path}"


# --- what became of it ------------------------------------------------------------------------------


def _still_to_be_told(message: Message) -> None:
    """Done meanwhile, or told by another channel: what is still on its way stops."""
    notice = db.session.get(Notice, uuid.UUID(message.payload["notice"]))
    if notice is None or notice.state == DROPPED:
        raise NotWanted("nobody needs it any more")
    if notice.state == TOLD and notice.channel != message.payload["by"]:
        raise NotWanted(f"told by {notice.channel} already")


def _heard(ends: Sequence[Ended]) -> None:
    """Told as soon as one delivery arrived; on to the next channel when the last of one did not."""
    at = ends[0].at
    arrived = [end.notice_id for end in ends if end.state == SENT]
    if arrived:
        waits = (Notice.id.in_(arrived), Notice.state.in_((WAITING, UNREACHED)))
        changed(update(Notice).where(*waits).values(state=TOLD, ended_at=at))
    for notice_id, channel in {(end.notice_id, end.kind) for end in ends if end.state != SENT}:
        _could_not(notice_id, channel, at)


def _could_not(notice_id: uuid.UUID | None, channel: str, at: datetime) -> None:
    notice = db.session.get(Notice, notice_id, populate_existing=True)
    if notice is None or notice.state != WAITING or notice.channel != channel:
        return
    others = (Delivery.notice_id == notice_id, Delivery.kind == channel, Delivery.state == WAITING)
    if db.session.scalar(select(Delivery.id).where(*others)) is None:
        after_commit(DELIVER, *(delivery.hex for delivery in go_on(notice, after=channel, at=at)))


def listen() -> None:
    """Hear of the ends of deliveries that carry notices."""
    before_send(NOTICE, _still_to_be_told)
    on_end(NOTICE, _heard)
