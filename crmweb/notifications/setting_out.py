"""How a notice reaches its person: by the first of their channels, by the next when that one could not, and when
none is left it stands on top of Today.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, select, update

from crmweb.clock import now
from crmweb.config import current_settings
from crmweb.db import changed, db, writing
from crmweb.jobs import after_commit
from crmweb.languages import speaking
from crmweb.notifications.channels import Message, NotWanted, channels
from crmweb.notifications.choices import Choices, choices_of_all
from crmweb.notifications.claims import Claim
from crmweb.notifications.models import CANCELLED, DELIVER, SENT, WAITING, Delivery
from crmweb.notifications.notices import DROPPED, TOLD, UNREACHED, Notice, NoticeKind, Words, kind_of, load
from crmweb.notifications.outcomes import NOTICE, Ended, Outcome, before_send, on_end, write_down
from crmweb.notifications.subscriptions import devices_of
from crmweb.scope import system_access

TRIED_FOR: Final = timedelta(minutes=4)
"""How long one channel has to take it: with three of them, somebody knows within a quarter of an hour."""

Carried = tuple[str, dict[str, Any], str]
"""To whom, with which payload, in which lane."""
Carriers = list[dict[str, Any]]
"""Deliveries to be filed, each as ``Delivery.file_many`` takes it."""


def set_out(claims: Sequence[Claim]) -> list[uuid.UUID]:
    """Let due notices set out; the deliveries that carry them, to be sent at once."""
    if not claims:
        return []
    with system_access("notices setting out"), writing():
        at = now()
        outset = Outset.of([uuid.UUID(claim.message.recipient) for claim in claims], at=at)
        carriers: Carriers = []
        write_down([outset.begin(claim, carriers) for claim in claims], at=at)
        return Delivery.file_many(carriers, at=at)


@dataclass(frozen=True)
class Outset:
    """Some notices, with what must be known of their people, read at once: a thousand may be due in one second."""

    at: datetime
    notices: Mapping[str, Notice]
    choices: Mapping[uuid.UUID, Choices]
    devices: Mapping[uuid.UUID, Sequence[tuple[uuid.UUID, str]]]
    loaded: Sequence[object]
    """Held, since the session forgets what nobody holds."""

    @classmethod
    def of(cls, ids: Sequence[uuid.UUID], *, at: datetime) -> Outset:
        notices = list(db.session.scalars(_held(ids)))
        people = {notice.person_id for notice in notices}
        kinds = {notice.kind for notice in notices}
        loaded = [load(kind, [notice for notice in notices if notice.kind == kind]) for kind in kinds]
        by_id = {notice.id.hex: notice for notice in notices}
        return cls(at, by_id, choices_of_all(people), devices_of(people, at=at), loaded)

    def begin(self, claim: Claim, carriers: Carriers) -> Outcome:
        """What becomes of one that is due: it waits out quiet hours, is dropped, or goes to the first channel."""
        notice = self.notices.get(claim.message.recipient)
        if notice is None or notice.state != WAITING:
            return Outcome(claim, CANCELLED, "nobody needs it any more")
        quiet_until = self.choices[notice.person_id].ends_quiet(self.at, notice.person.zone)
        if quiet_until is not None:
            return Outcome(claim, WAITING, "", quiet_until, tried=False)
        carriers += self.go_on(notice, after=None)
        if notice.state == DROPPED:
            return Outcome(claim, CANCELLED, "not wanted any more")
        return Outcome(claim, SENT)

    def go_on(self, notice: Notice, *, after: str | None) -> Carriers:
        """By the next channel of its person behind ``after``, or the first; unreached when there is none."""
        kind = kind_of(notice)
        with speaking(notice.person.locale or notice.locale, notice.person.zone):
            if kind is None or not notice.person.active or not kind.wanted(notice):
                notice.end(DROPPED, at=self.at)
                return []
            words = kind.words(notice)
        notice.say(words)
        for channel in self._channels_behind(notice, after):
            if carriers := getattr(self, f"_by_{channel}")(notice, words, kind):
                notice.channel = channel
                return [self._carrier(notice, channel, *each) for each in carriers]
        notice.end(UNREACHED, at=self.at)
        return []

    def _channels_behind(self, notice: Notice, after: str | None) -> Sequence[str]:
        theirs = self.choices[notice.person_id].channels
        return theirs[theirs.index(after) + 1 :] if after in theirs else () if after else theirs

    def _carrier(
        self, notice: Notice, channel: str, to: str, payload: dict[str, Any], lane: str
    ) -> dict[str, Any]:
        return {
            "dedupe": f"notice {notice.id} {channel} {to}", "kind": channel, "recipient": to, "lane": lane,
            "payload": {**payload, "about": NOTICE, "notice": notice.id.hex, "by": channel},
            "stale_at": self.at + TRIED_FOR, "notice_id": notice.id,
        }  # fmt: skip

    # --- by each channel: to whom, what, and the lane ------------------------------------------------

    def _by_push(self, notice: Notice, words: Words, kind: NoticeKind) -> list[Carried]:
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
        theirs = self.devices.get(notice.person_id, ())
        return [(device.hex, payload, f"push {host}") for device, host in theirs]

    def _by_sms(self, notice: Notice, words: Words, _kind: NoticeKind) -> list[Carried]:
        if not notice.person.phone or not channels().carries("sms"):
            return []
        text = f"{words.title}\n{words.body}\n{_address(words)}"
        return [(notice.person.phone, {"text": text}, "sms")]

    def _by_email(self, notice: Notice, words: Words, _kind: NoticeKind) -> list[Carried]:
        if not notice.person.email:
            return []
        text = f"{words.body}\n\n{_address(words)}\n".lstrip()
        return [(notice.person.email, {"subject": words.title, "text": text}, "email")]


def _held(ids: Sequence[uuid.UUID | None]) -> Select[Any]:
    """Notices that nobody else moves on until this transaction is over: the last two devices may refuse at once, each
    taking the other for still under way; and whoever drops one waits until it has set out.
    """
    return select(Notice).where(Notice.id.in_(ids)).order_by(Notice.id).with_for_update(of=Notice)


def _address(words: Words) -> str:
    return f"{current_settings().address}{words.path}"


# --- what became of it ------------------------------------------------------------------------------


def _still_to_be_told(message: Message) -> None:
    """Done meanwhile, or told by another channel: what is still on its way stops."""
    asked = select(Notice.state, Notice.channel).where(Notice.id == uuid.UUID(message.payload["notice"]))
    state, channel = db.session.execute(asked).one_or_none() or (DROPPED, None)
    if state == DROPPED:
        raise NotWanted("nobody needs it any more")
    if state == TOLD and channel != message.payload["by"]:
        raise NotWanted(f"told by {channel} already")


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
    notice = db.session.scalar(_held([notice_id]).execution_options(populate_existing=True))
    if notice is None or notice.state != WAITING or notice.channel != channel:
        return
    others = (Delivery.notice_id == notice_id, Delivery.kind == channel, Delivery.state == WAITING)
    if db.session.scalar(select(Delivery.id).where(*others)) is None:
        carriers = Outset.of([notice.id], at=at).go_on(notice, after=channel)
        after_commit(DELIVER, *(delivery.hex for delivery in Delivery.file_many(carriers, at=at)))


def listen() -> None:
    """Hear of the ends of deliveries that carry notices."""
    before_send(NOTICE, _still_to_be_told)
    on_end(NOTICE, _heard)
