"""What somebody who leaves had planned to write goes out in the name of others, where it can."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crmweb import timeline
from crmweb.accounts.models import User
from crmweb.customers.reaching.phones import display
from crmweb.db import db
from crmweb.followups.addressees import Addressee
from crmweb.followups.letters import Letter, prepared
from crmweb.followups.message_templates import MessageTemplate
from crmweb.followups.models import ABOUT, PLANNED, Followup
from crmweb.names import given_name
from crmweb.notifications import Delivery


class Handed(NamedTuple):
    """How many each taker got, and how many are not sent: they speak in the name of whoever leaves."""

    taken: Mapping[uuid.UUID, int]
    unsaid: int


def planned_customers(person_id: uuid.UUID) -> list[uuid.UUID]:
    """The customers to whom this person still writes."""
    theirs = select(Followup.customer_id).where(Followup.person_id == person_id, Followup.state == PLANNED)
    return list(db.session.scalars(theirs.distinct()))


def hand_over_all(
    person: User, to: User, *, at: datetime, instead: Mapping[uuid.UUID, User] | None = None
) -> Handed:
    """What is planned is written by `to`, or by its customer somebody `instead`.

    The words of a template are said anew. Words of one's own are kept, unless they name whoever leaves: those stay,
    and end with their writer, as does what is being sent just now.
    """
    planned = _planned(person)
    templates = _templates(planned)
    letters: dict[str, tuple[Followup, User, Letter]] = {}
    for followup in planned:
        taker = (instead or {}).get(followup.customer_id, to)
        if letter := _said_anew(followup, person, taker, templates.get(followup.template_id)):
            letters[followup.delivery_dedupe] = followup, taker, letter
    payloads = {name: _payload(followup, letter) for name, (followup, _taker, letter) in letters.items()}
    taken: Counter[uuid.UUID] = Counter()
    for name in Delivery.rewrite(payloads, at=at):
        followup, taker, letter = letters[name]
        followup.person_id, followup.person = taker.id, taker
        followup.subject, followup.text = letter.subject, letter.text
        taken[taker.id] += 1
    timeline.reword_many({each.id: each.told() for each, _taker, _letter in letters.values()})
    db.session.flush()
    return Handed(taken, len(planned) - taken.total())


def _planned(person: User) -> Sequence[Followup]:
    theirs = select(Followup).where(Followup.person_id == person.id, Followup.state == PLANNED)
    return db.session.scalars(theirs.options(selectinload(Followup.customer))).unique().all()


def _templates(planned: Sequence[Followup]) -> dict[uuid.UUID | None, MessageTemplate]:
    ids = {each.template_id for each in planned if each.template_id}
    found = select(MessageTemplate).where(MessageTemplate.id.in_(ids))
    return {each.id: each for each in db.session.scalars(found)}


def _payload(followup: Followup, letter: Letter) -> dict[str, object]:
    return {**letter.payload(followup.id), "about": ABOUT, "followup": followup.id.hex}


def _said_anew(
    followup: Followup, before: User, writer: User, template: MessageTemplate | None
) -> Letter | None:
    """Its letter in another one's name; None where its words name whoever wrote it."""
    wording = template.wording(followup.channel) if template else None
    if wording is not None:
        words, whom = (followup.channel, wording.subject, wording.text), _addressee(followup)
        told = {
            "whom": whom,
            "customer": followup.customer.name,
            "day": followup.due_at.astimezone(ZoneInfo(before.zone)).date(),
        }
        was = prepared(*words, writer=before, **told)  # type: ignore[arg-type]
        if (was.subject, was.text) == (followup.subject, followup.text):
            return prepared(*words, writer=writer, **told)  # type: ignore[arg-type]
    kept = Letter(followup.channel, followup.subject, followup.text, before.name, before.email or "")
    if _names(kept, before):
        return None
    return replace(kept, writer=writer.name, reply_to=writer.email or "")


def _addressee(followup: Followup) -> Addressee:
    return Addressee(followup.contact_id, followup.to_name, None, None)


def _names(letter: Letter, writer: User) -> bool:
    """Whether it says who wrote it, or how to reach them."""
    signs = [given_name(writer.name), writer.email, writer.phone, writer.phone and display(writer.phone)]
    words = f"{letter.subject}\n{letter.text}"
    return any(re.search(rf"(?<!\w){re.escape(sign)}(?!\w)", words) for sign in signs if sign)
