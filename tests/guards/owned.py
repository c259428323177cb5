"""One of Lan's own for every address that carries an id, so that others may try it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

from sqlalchemy import select
from werkzeug.routing import Rule

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.passkeys import Passkey
from crmweb.accounts.sessions import DeviceSession
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import CustomerContact
from crmweb.customers.models import Customer
from crmweb.customers.proposals import GONE, Proposal
from crmweb.db import db, new_id, writing
from crmweb.followups.addressees import addressees
from crmweb.followups.letters import Letter
from crmweb.followups.message_templates import MessageTemplate
from crmweb.followups.models import Followup
from crmweb.followups.sequences import Sequence, Step
from crmweb.followups.unsubscribe_tokens import token_for
from crmweb.notes.models import Note
from crmweb.notes.recordings import Recording
from crmweb.notifications import Delivery, Notice
from crmweb.notifications.endpoints import Endpoint
from crmweb.notifications.subscriptions import PushSubscription
from crmweb.outbox.models import OutboxWrite
from crmweb.reminders.models import Reminder
from crmweb.routes.models import Route
from crmweb.visits.models import Visit
from crmweb.visits.photos import VisitPhoto
from crmweb.visits.reviews import Review
from tests.shops import Shops

Arguments = dict[str, Any]
FindsOne = Callable[[Actor, Shops], object]


def _device(lan: Actor, _shops: Shops) -> object:
    return db.session.scalars(select(DeviceSession.id).where(DeviceSession.user_id == lan.id)).first()


def _shop(_lan: Actor, shops: Shops) -> object:
    return shops.lan


def _contact(_lan: Actor, shops: Shops) -> object:
    return db.session.scalars(
        select(CustomerContact.contact_id).where(CustomerContact.customer_id == shops.lan)
    ).first()


def _assignment(_lan: Actor, shops: Shops) -> object:
    return db.session.scalars(select(Assignment.id).where(Assignment.customer_id == shops.lan)).first()


def _oneself(lan: Actor, _shops: Shops) -> object:
    return lan.id


def _visit(lan: Actor, shops: Shops) -> object:
    known = db.session.scalars(select(Visit.id).where(Visit.person_id == lan.id)).first()
    if known is not None:
        return known
    with writing():
        customer = db.session.get_one(Customer, shops.lan)
        return Visit.check_in(customer, by=lan, at=clock.now()).id


def _reminder(lan: Actor, shops: Shops) -> object:
    with writing():
        customer, today = db.session.get_one(Customer, shops.lan), clock.today(lan.zone)
        return Reminder.promise(customer, "Tea", promised_by="us", until=today, by=lan, at=clock.now()).id


def _proposal(lan: Actor, shops: Shops) -> object:
    with writing():
        return Proposal.make(db.session.get_one(Customer, shops.lan), GONE, by=lan, at=clock.now()).id


def _route(lan: Actor, shops: Shops) -> object:
    known = db.session.scalars(select(Route.id).where(Route.person_id == lan.id)).first()
    if known is not None:
        return known
    with writing():
        through = [db.session.get_one(Customer, shops.lan)]
        return Route.lay(lan, weekdays=1, at=clock.now(), customers=through).id


def _photo(lan: Actor, shops: Shops) -> object:
    visit_id = _visit(lan, shops)
    with writing():
        visit = db.session.get_one(Visit, visit_id)
        photo = VisitPhoto(
            id=new_id(), customer_id=visit.customer_id, by_id=lan.id, name="none", width=1, height=1, bytes=1,
            taken_at=clock.now(), removed_at=None,
        )  # fmt: skip
        visit.all_photos.append(photo)
        return photo.id


def _said(lan: Actor, shops: Shops) -> object:
    at = clock.now()
    with writing():
        customer, said = db.session.get_one(Customer, shops.lan), Recording("none", "audio/webm", 1, 1)
        return Note.write(customer, "", by=lan, at=at, now=at, said=said).id


def _notice(lan: Actor, _shops: Shops) -> object:
    with writing():
        told = {"name": "Hùng", "shop": "Tạp hóa Cô Ba"}
        return Notice.file(lan.id, "visit.helped", dedupe=str(new_id()), payload=told, at=clock.now())


def _delivery(lan: Actor, shops: Shops) -> object:
    _notice(lan, shops)
    return db.session.scalars(select(Delivery.id).limit(1)).one()


def _template(_lan: Actor, _shops: Shops) -> object:
    with writing():
        template = MessageTemplate(id=new_id(), name="Thanks", purpose="", created_at=clock.now())
        db.session.add(template)
        template.say("email", subject="Thanks", text="Thanks, {contact}")
        return template.id


def _sequence(lan: Actor, shops: Shops) -> object:
    template_id = _template(lan, shops)
    with writing():
        step = Step(position=0, after_days=3, at_time=time(9), channel="email", template_id=template_id)
        sequence = Sequence(id=new_id(), name="Ask", active=True, created_at=clock.now(), steps=[step])
        db.session.add(sequence)
        return sequence.id


def _followup(lan: Actor, shops: Shops) -> object:
    with writing():
        customer, at = db.session.get_one(Customer, shops.lan), clock.now()
        letter = Letter("email", "Hello", "Tea", lan.name)
        return Followup.plan(customer, addressees(customer)[-1], letter, by=lan, zone=lan.zone, at=at).id


def _in_quarantine(lan: Actor, shops: Shops) -> object:
    with writing():
        write = OutboxWrite(
            id=new_id(), person_id=lan.id, key=str(new_id()), item_key=str(new_id()), handed=False, act="note",
            path=f"/customers/{shops.lan}/notes", digest=b"", fields=[["text", "Tea"]], arrived_at=clock.now(),
            customer_id=shops.lan,
        )  # fmt: skip
        write.quarantine("old", at=clock.now())
        db.session.add(write)
        return write.id


def _outcome(_lan: Actor, _shops: Shops) -> object:
    return "no_order"


def _passkey(lan: Actor, _shops: Shops) -> object:
    with writing():
        key = Passkey(
            id=new_id(), user_id=lan.id, name="Phone", credential_id=new_id().bytes, public_key=b"", sign_count=0,
            transports=[], added_at=clock.now(),
        )  # fmt: skip
        db.session.add(key)
        return key.id


def _subscription(lan: Actor, _shops: Shops) -> object:
    session = db.session.scalars(select(DeviceSession.id).where(DeviceSession.user_id == lan.id)).first()
    assert session is not None
    with writing():
        endpoint = Endpoint("https://fcm.googleapis.com/lan", "fcm.googleapis.com", "", "")
        mine = {"person_id": lan.id, "session_id": session, "key": "", "fresh": True}
        PushSubscription.keep(endpoint, **mine, at=clock.now())  # type: ignore[arg-type]
        return db.session.scalars(select(PushSubscription.id)).first()


def _acceptance(lan: Actor, shops: Shops) -> object:
    visit_id = _visit(lan, shops)
    with writing():
        at = clock.now()
        Review.accept_all([db.session.get_one(Visit, visit_id)], by=lan, at=at)
        return clock.to_micros(at)


LANS: dict[tuple[str, str], FindsOne] = {
    ("devices", "id"): _device,
    ("passkeys", "id"): _passkey,
    ("customers", "id"): _shop,
    ("customers", "customer_id"): _shop,
    ("family", "id"): _shop,
    ("my_accounts", "id"): _shop,
    ("contacts", "id"): _contact,
    ("contacts", "customer_id"): _shop,
    ("assignments", "id"): _assignment,
    ("notes", "customer_id"): _shop,
    ("voice", "note_id"): _said,
    ("stops", "customer_id"): _shop,
    ("visits", "id"): _visit,
    ("visits", "customer_id"): _shop,
    ("photos", "id"): _photo,
    ("photos", "visit_id"): _visit,
    ("outcomes", "name"): _outcome,
    ("policies", "name"): lambda _lan, _shops: "radius_m",
    ("inbox", "id"): _notice,
    ("deliveries", "id"): _delivery,
    ("assignments", "customer_id"): _shop,
    ("reminders", "id"): _reminder,
    ("reminders", "customer_id"): _shop,
    ("handing", "id"): _reminder,
    ("proposals", "id"): _proposal,
    ("proposals", "customer_id"): _shop,
    ("routes", "id"): _route,
    ("routes", "customer_id"): _shop,
    ("reviews", "id"): _visit,
    ("reviews", "moment"): _acceptance,
    ("team", "person_id"): _oneself,
    ("handing_customers", "person_id"): _oneself,
    ("handing_customers", "to_id"): _oneself,
    ("handing_customers", "moment"): lambda _lan, _shops: clock.to_micros(clock.now()),
    ("outbox", "id"): _in_quarantine,
    ("quarantine", "id"): _in_quarantine,
    ("push", "id"): _subscription,
    ("invitations", "id"): _oneself,
    ("cards", "id"): _oneself,
    ("followups", "id"): _followup,
    ("followups", "customer_id"): _shop,
    ("consents", "customer_id"): _shop,
    ("templates", "id"): _template,
    ("sequences", "id"): _sequence,
    ("admin_devices", "device_id"): _device,
    ("admin_devices", "id"): _oneself,
    ("users", "id"): _oneself,
    ("users", "device_id"): _device,
    ("user_changes", "id"): _oneself,
    ("preview", "id"): _oneself,
    ("privacy", "kind"): lambda _lan, _shops: "person",
    ("privacy", "id"): _oneself,
    ("departures", "id"): _oneself,
    ("imports", "name"): lambda _lan, _shops: "shops-rejected.csv",
    ("roles", "name"): lambda lan, _shops: lan.role,
    ("unsubscribing", "token"): lambda lan, shops: token_for(_followup(lan, shops)),  # type: ignore[arg-type]
}
"""(slice, name of the argument) → one of Lan's."""


def arguments_of_lans(rule: Rule, lan: Actor, shops: Shops) -> Arguments:
    """What stands in the address so that it shows something of Lan's. Raises LookupError when nobody said."""
    slice_ = rule.endpoint.split(".")[0]
    try:
        return {name: LANS[slice_, name](lan, shops) for name in rule.arguments}
    except KeyError as missing:
        raise LookupError(f"{rule}: say in tests/guards/owned.py which of Lan's {missing} is") from None
