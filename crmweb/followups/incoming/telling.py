"""Who of us hears of what came back, and in which words."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from crmweb.accounts.models import User
from crmweb.customers.beyond import may_see
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.followups.incoming.models import ANSWER, BOUNCE, STOP
from crmweb.followups.models import Followup
from crmweb.languages import gettext as _
from crmweb.notifications import Notice, Words, notice_kind
from crmweb.timeline.message_words import channel_name, followup_reason

USEFUL_FOR: Final = timedelta(days=3)
_FIRST_WORDS: Final = 160
"""Characters of an answer that stand in a notice."""


def tell(followup: Followup, kind: str, *, about: uuid.UUID, text: str, at: datetime) -> None:
    """Whoever wrote it hears what came of it; once they are gone from there, whoever looks after the customer."""
    person = _whom(followup)
    if person is None:
        return
    told = {"name": followup.to_name, "channel": followup.channel, "reason": followup.reason}
    Notice.file(
        person.id, _kind(kind), dedupe=f"incoming {about}", at=at, about_id=about,
        payload={**told, "text": text[:_FIRST_WORDS]}, customer_id=followup.customer_id,
    )  # fmt: skip


def _whom(followup: Followup) -> User | None:
    writer, customer_id = followup.person, followup.customer_id
    if writer.active and may_see(writer, customer_id):
        return writer
    theirs = (each.person for each in followup.customer.people)
    return next((person for person in theirs if person.active), None)


def _kind(kind: str) -> str:
    return f"incoming.{kind}"


def _still_theirs(notice: Notice) -> bool:
    return notice.customer_id is not None and may_see(notice.person, notice.customer_id)


def _customer_name(notice: Notice) -> str:
    customer = db.session.get(Customer, notice.customer_id)
    return customer.name if customer is not None else ""


def _answered(notice: Notice) -> Words:
    title = _("%(name)s answered by %(channel)s", **_who(notice))
    return _words(notice, title, notice.payload["text"] or _("Without words."))


def _stopped(notice: Notice) -> Words:
    title = _("%(name)s wants no more %(channel)s", **_who(notice))
    return _words(notice, title, notice.payload["text"])


def _bounced(notice: Notice) -> Words:
    title = _("%(channel)s did not reach %(name)s", **_who(notice))
    return _words(notice, title, followup_reason(notice.payload["reason"]))


def _who(notice: Notice) -> dict[str, str]:
    return {"name": notice.payload["name"], "channel": channel_name(notice.payload["channel"])}


def _words(notice: Notice, title: str, more: str) -> Words:
    """Whose shop it is stands first, where the addressee is not the shop itself."""
    shop = _customer_name(notice)
    named = shop if shop != notice.payload["name"] else ""
    return Words(title, " · ".join(filter(None, (named, more))), f"/customers/{notice.customer_id}")


def listen() -> None:
    """Say what notices of what came back mean."""
    for kind, words in ((ANSWER, _answered), (STOP, _stopped), (BOUNCE, _bounced)):
        notice_kind(_kind(kind), wanted=_still_theirs, words=words, useful_for=USEFUL_FOR)
