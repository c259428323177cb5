"""A life in the house: something of Lan's in nearly every table, all of it around one shop."""

from __future__ import annotations

import json
import uuid
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from crmweb import clock, files
from crmweb.accounts.actor import Actor
from crmweb.accounts.links import OneTimeLink
from crmweb.accounts.models import User
from crmweb.customers.contacts.models import CustomerContact
from crmweb.customers.models import Customer
from crmweb.customers.proposals import PIN, Proposal
from crmweb.db import db, new_id, writing
from crmweb.followups.addressees import addressees
from crmweb.followups.consents import WRITTEN, Consent
from crmweb.followups.letters import Letter
from crmweb.followups.message_templates import EMAIL
from crmweb.followups.models import Followup
from crmweb.geo import Point
from crmweb.notes.models import Note
from crmweb.notes.recordings import Recording
from crmweb.notifications import Notice
from crmweb.outbox.models import OutboxFile, OutboxWrite
from crmweb.reminders.models import Reminder
from crmweb.routes.models import Route
from crmweb.routes.plans import Day
from crmweb.visits.attendance import Attendee
from crmweb.visits.models import Visit
from crmweb.visits.photos import VisitPhoto
from crmweb.visits.verdicts import Fix
from tests.customers.shops import House
from tests.notes.sounds import WEBM_OPUS
from tests.shops import Shops
from tests.visits.photos import photo

SECRET_WORD = "Hạt sen ngâm"
KEEPER = "Keeper of lan"


@dataclass(frozen=True)
class Life:
    """Ids of what there is."""

    shops: Shops
    shop: uuid.UUID
    keeper: uuid.UUID
    visit: uuid.UUID
    photo_name: str
    voice_name: str
    late_name: str


@pytest.fixture
def life(house: House, lan: Actor, hung: Actor) -> Life:
    with house():
        shops, picture, late = Shops.open(), files.keep(photo(), ".jpg"), files.keep(photo(), ".bin")
        voice = files.keep(WEBM_OPUS, ".webm")
    with house(), writing():
        return _live(shops, picture, voice, late, lan, hung)


def _live(shops: Shops, picture: str, voice: str, late_file: str, lan: Actor, hung: Actor) -> Life:
    at = clock.now()
    customer = db.session.get_one(Customer, shops.lan)
    keeper = db.session.query(CustomerContact).filter_by(customer_id=shops.lan).one().contact
    keeper.email = "keeper@shops.example.com"
    visit = Visit.check_in(customer, by=lan, at=at, fix=Fix(Point(10.7701, 106.6901), 12.0, at))
    note = Note.write(customer, SECRET_WORD, by=lan, at=at, now=at, said=Recording(voice, "audio/webm", 9, 2))
    visit.note_id = note.id
    visit.attendees = [Attendee(contact_id=keeper.id, customer_id=customer.id, name=keeper.name)]
    visit.all_photos.append(
        VisitPhoto(
            id=new_id(), customer_id=customer.id, by_id=lan.id, name=picture, width=400, height=300, bytes=9,
            taken_at=at, removed_at=None,
        )
    )  # fmt: skip
    db.session.flush()
    visit.tell()
    Reminder.promise(customer, SECRET_WORD, promised_by="us", until=clock.today(lan.zone), by=lan, at=at)
    Route.lay(lan, weekdays=127, at=at, customers=[customer])
    Day(lan.id, clock.today(lan.zone)).lay_down(at=at)
    whom = next(each for each in addressees(customer) if each.contact_id == keeper.id)
    Consent.give(customer, whom, EMAIL, how=WRITTEN, by=lan, at=at)
    Followup.plan(
        customer,
        whom,
        Letter(EMAIL, "Hello", SECRET_WORD, lan.name),
        by=lan,
        zone=lan.zone,
        at=at,
        due=at + timedelta(days=2),
    )
    Proposal.make(customer, PIN, by=lan, at=at, place=(10.77, 106.69, 9.0))
    told = {"name": lan.name, "shop": customer.name}
    Notice.file(
        lan.id, "visit.helped", dedupe=f"to lan {new_id()}", payload=told, at=at, customer_id=customer.id
    )
    Notice.file(
        hung.id, "visit.helped", dedupe=f"of lan {new_id()}", payload=told, at=at, customer_id=customer.id
    )
    OneTimeLink.issue(db.session.get_one(User, lan.id), at=at)
    late = OutboxWrite(
        person_id=lan.id, key="late", item_key="late", state="held", path=f"/customers/{customer.id}/notes", digest=b"",
        fields=[["text", SECRET_WORD]], customer_id=customer.id, client_at=at - timedelta(days=40), arrived_at=at,
    )  # fmt: skip
    late.quarantine("old", at=at, said=f"{customer.name} is not yours")
    late.files = [
        OutboxFile(
            position=0, field="photo", filename="p.jpg", mimetype="image/jpeg", name=late_file, bytes=9
        )
    ]
    db.session.add(late)
    return Life(shops, shops.lan, keeper.id, visit.id, picture, voice, late_file)


def opened(answer: TestResponse) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.text[:300]
    assert answer.mimetype == "application/zip"
    archive = zipfile.ZipFile(BytesIO(answer.data))
    assert archive.testzip() is None
    return archive


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(archive.read(f"data/{name}.json"))
    return found
