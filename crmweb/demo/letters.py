"""Messages of the demo company: words that stand ready, what went out after visits, what is planned.

Nothing of it can reach anybody: all goes to domains that RFC 2606 keeps free.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import insert, select

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.demo.people import demo_id
from crmweb.demo.shops import DemoShop
from crmweb.followups.addressees import addressee
from crmweb.followups.consents import SPOKEN, Consent
from crmweb.followups.letters import prepared
from crmweb.followups.message_templates import EMAIL, SMS, MessageTemplate
from crmweb.followups.models import Followup
from crmweb.followups.sequences import Sequence, Step

Event = dict[str, Any]

NOBODYS = ("@example.net", "@example.com")
"""Ends of addresses behind which nobody reads."""
_LATELY = dt.timedelta(days=30)
_SENT_MOST = 12

_TEMPLATES = (
    (
        "thanks",
        "Cảm ơn sau đơn hàng",
        "Cảm ơn {customer}",
        "Chào {contact},\n\nCảm ơn đã đặt hàng hôm nay. Cần gì cứ gọi em: {rep_phone}.\n\n{rep}",
        "Cam on {customer} da dat hang. Can gi cu goi {rep}: {rep_phone}",
    ),
    (
        "quote",
        "Báo giá trà lài",
        "Báo giá trà lài cho {customer}",
        "Chào {contact},\n\nEm gửi báo giá trà lài tháng này như đã hứa. Mua 10 tặng 1 đến cuối tháng.\n\n{rep}",
        "",
    ),
    (
        "how",
        "Hỏi thăm sau khi dùng thử",
        "{customer} thấy trà mới thế nào?",
        "Chào {contact},\n\nMẫu trà em gửi khách uống thấy sao ạ? Em ghé lại tuần này nhé.\n\n{rep}",
        "Chao {contact}, mau tra em gui khach uong thay sao a? {rep}",
    ),
)
_SEQUENCE = "Sau khi khách quan tâm"
_STEPS = ((3, "how", EMAIL), (10, "quote", EMAIL))

TEMPLATE_IDS = tuple(demo_id("template", key) for key, *_words in _TEMPLATES)
SEQUENCE_ID = demo_id("sequence", "interested")


def stand_ready(at: dt.datetime) -> None:
    """The company's templates, and a sequence that begins when a visit ended with interest."""
    made = {}
    for key, name, subject, email, sms in _TEMPLATES:
        template = MessageTemplate(id=demo_id("template", key), name=name, purpose="", created_at=at)
        db.session.add(template)
        template.say(EMAIL, text=email, subject=subject)
        template.say(SMS, text=sms)
        made[key] = template
    sequence = Sequence(id=SEQUENCE_ID, name=_SEQUENCE, outcome="interested", active=True, created_at=at)
    sequence.steps = [
        Step(position=place, after_days=days, at_time=dt.time(9), template=made[key], channel=channel)
        for place, (days, key, channel) in enumerate(_STEPS)
    ]
    db.session.add(sequence)
    db.session.flush()


def were_sent(
    events: Iterable[Event], shops: Mapping[uuid.UUID, DemoShop], *, at: dt.datetime
) -> list[Event]:
    """Thanks after orders of the last weeks, with the word that was given for them. Returns what the timeline says."""
    template = db.session.get_one(MessageTemplate, TEMPLATE_IDS[0])
    told: list[Event] = []
    followups: list[dict[str, Any]] = []
    consents: list[dict[str, Any]] = []
    for visit in [each for each in events if _is_thanked_for(each, shops, at)][:_SENT_MOST]:
        shop = shops[visit["customer_id"]]
        if any(each["customer_id"] == shop.id for each in consents):
            continue
        consents.append(_consent(visit, shop))
        followups.append(_thanks(visit, shop, template))
        agreed = {**consents[-1], "to_name": shop.name}
        told += [_told(agreed, "consent.given", visit), _told(followups[-1], "followup.sent", visit)]
    for model, rows in ((Consent, consents), (Followup, followups)):
        if rows:
            db.session.execute(insert(model), rows, execution_options={"render_nulls": True})
    return told


def _is_thanked_for(visit: Event, shops: Mapping[uuid.UUID, DemoShop], at: dt.datetime) -> bool:
    ordered = visit["kind"] == "visit.finished" and visit["payload"].get("outcome") == "order_taken"
    lately = at - _LATELY < visit["at"] < at - dt.timedelta(hours=1)
    return ordered and lately and (shops[visit["customer_id"]].email or "").endswith(NOBODYS)


def _consent(visit: Event, shop: DemoShop) -> dict[str, Any]:
    return {
        "id": demo_id("consent", shop.key), "customer_id": shop.id, "contact_id": None, "channel": EMAIL,
        "address": shop.email, "given": True, "how": SPOKEN, "by_id": visit["by_id"], "at": visit["at"],
    }  # fmt: skip


def _thanks(visit: Event, shop: DemoShop, template: MessageTemplate) -> dict[str, Any]:
    wording = template.wording(EMAIL)
    assert wording is not None
    sent_at = visit["at"] + dt.timedelta(minutes=20)
    return {
        "id": demo_id("followup", shop.key), "customer_id": shop.id, "contact_id": None, "to_name": shop.name,
        "person_id": visit["by_id"], "channel": EMAIL, "address": shop.email, "template_id": template.id,
        "subject": wording.subject.replace("{customer}", shop.name), "state": "sent", "reason": "",
        "text": "Cảm ơn đã đặt hàng hôm nay. Cần gì cứ gọi em.", "created_at": visit["at"], "due_at": sent_at,
        "ended_at": sent_at,
    }  # fmt: skip


def _told(row: dict[str, Any], kind: str, visit: Event) -> Event:
    """The entry of the timeline that stands for a consent or a message."""
    at: dt.datetime = row["ended_at"] if "ended_at" in row else row["at"]
    payload = {"channel": EMAIL, "name": row.get("to_name", ""), "how": row.get("how", "")}
    payload |= {"subject": row.get("subject", ""), "ended": at.isoformat() if kind == "followup.sent" else ""}
    return {
        **visit, "id": row["id"], "kind": kind, "at": at, "recorded_at": at,
        "payload": {name: value for name, value in payload.items() if value},
    }  # fmt: skip


def plan_some(writer: Actor, *, at: dt.datetime) -> None:
    """Three messages of one rep that wait for the next days, each to a shop that agrees."""
    theirs = (Assignment.person_id == writer.id, Assignment.ended_at.is_(None))
    found = select(Customer).join(Assignment, Assignment.customer_id == Customer.id).where(*theirs)
    template = db.session.get_one(MessageTemplate, TEMPLATE_IDS[1])
    reached = [each for each in db.session.scalars(found.order_by(Customer.sort_name)) if _nobodys(each)]
    for days, customer in enumerate(reached[:3], start=1):
        _plan(customer, template, writer, at=at, due=at + dt.timedelta(days=days))


def _nobodys(customer: Customer) -> bool:
    return (customer.email or "").endswith(NOBODYS)


def _plan(
    customer: Customer, template: MessageTemplate, writer: Actor, *, at: dt.datetime, due: dt.datetime
) -> None:
    whom, wording = addressee(customer, None), template.wording(EMAIL)
    if whom is None or wording is None or not (whom.email or "").endswith(NOBODYS):
        return
    user = db.session.get_one(User, writer.id)
    Consent.give(customer, whom, EMAIL, how=SPOKEN, by=writer, at=at)
    letter = prepared(
        EMAIL, wording.subject, wording.text, whom=whom, customer=customer.name, writer=user, day=due.date()
    )
    Followup.plan(
        customer, whom, letter, by=writer, zone=writer.zone, at=at, due=due, template_id=template.id,
        id=demo_id("planned", str(customer.id)),
    )  # fmt: skip
