"""The brief before a meeting: who they are, both sides' promises, and where to begin."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from crmweb import clock, timeline
from crmweb.accounts.actor import Actor
from crmweb.clock import HeldClock
from crmweb.customers.contacts.models import Contact
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.notes.models import Note
from crmweb.reminders.models import Promised, Reminder
from crmweb.visits.attendance import Attendee
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, House, PhoneOf, shop
from tests.my_accounts.test_list import account
from tests.routes.conftest import at_nine
from tests.statements import counted

MONDAY = date(2026, 11, 9)
LIGHTEST = 25 * 1024
"""Bytes of a brief, not compressed."""


@pytest.fixture(autouse=True)
def held() -> Iterator[HeldClock]:
    with clock.frozen(at_nine(MONDAY)) as clock_:
        yield clock_


@dataclass(frozen=True)
class Known:
    """An account of Hùng's with a past, and its open promises."""

    id: uuid.UUID
    ours: uuid.UUID
    theirs: uuid.UUID


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def shared(page: str) -> str:
    """The text that one tap hands on."""
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def _somebody(customer: Customer, name: str, role: str, *, by: Actor) -> Contact:
    contact = Contact.named(name, at=clock.now())
    db.session.add(contact)
    db.session.flush()
    customer.name_contact(contact, role, by=by, at=clock.now())
    return contact


@pytest.fixture
def known(house: House, hung: Actor, lan: Actor) -> Known:
    now = clock.now()
    with house(), writing():
        made = account("Khách sạn Sông Hương", hung, tier="A", kind="company", address="8 Hùng Vương, Huế")
        customer = db.session.get_one(Customer, made)
        huyen = _somebody(customer, "Chị Huyền", "decides", by=hung)
        _somebody(customer, "Anh Vinh", "blocks", by=hung)
        visit = Visit.check_in(customer, by=hung, at=now - timedelta(days=20))
        visit.attendees = [Attendee(contact_id=huyen.id, customer_id=made, name=huyen.name)]
        note = Note.write(customer, "Chị hỏi giá 500 phòng.", by=hung, at=now - timedelta(days=20), now=now)
        begun = visit.started_at
        visit.finish("interested", by=hung, at=begun + timedelta(minutes=40), next_on=MONDAY, note=note)
        timeline.record(
            customer,
            "followup.sent",
            by=hung,
            at=now - timedelta(days=17),
            payload={"channel": "email", "name": "Chị Huyền"},
        )
        timeline.record(customer, "call.logged", by=lan, at=now - timedelta(days=16), payload={"minutes": 6})
        made_promises: tuple[tuple[str, Promised, int], ...] = (
            ("Gửi hợp đồng mẫu", "us", 3),
            ("Gửi báo giá 500 phòng", "us", -4),
            ("Chốt số phòng", "them", -1),
        )
        promises = []
        for text, side, days in made_promises:
            until = MONDAY + timedelta(days=days)
            at = now - timedelta(days=20)
            promises.append(Reminder.promise(customer, text, promised_by=side, until=until, by=hung, at=at))
        Reminder.remind("Mang mẫu trà sen", due_at=now, by=hung, at=now, customer=customer)
        account("Sông Hương Đà Nẵng", hung, parent_id=made, tier="A", visited_days_ago=30)
        account("Sông Hương Hội An", hung, parent_id=made, tier="A", visited_days_ago=3)
        return Known(made, promises[1].id, promises[2].id)


def test_hung_reads_all_he_must_know_at_one_glance(phone_of: PhoneOf, hung: Actor, known: Known) -> None:
    page = phone_of(hung).get(f"/customers/{known.id}/brief", headers=ENGLISH).text
    said = words(page)
    for told in (
        "Before the meeting Khách sạn Sông Hương Tier A", "Quiet for 16 days, 2 too many",
        "Chị Huyền Decides met 20 Oct", "Anh Vinh Is against it not met yet",
        "Interested, 20 Oct", "Agreed for 9 Nov", "with Chị Huyền", "Chị hỏi giá 500 phòng.",
        "Mang mẫu trà sen", "Call 6 minutes", "Email sent to Chị Huyền", "Sites due 1",
        "Sông Hương Đà Nẵng 16 days overdue",
    ):  # fmt: skip
        assert told in said, told
    assert "Sông Hương Hội An" not in said


def test_what_is_overdue_comes_first_on_both_sides(phone_of: PhoneOf, hung: Actor, known: Known) -> None:
    said = words(phone_of(hung).get(f"/customers/{known.id}/brief", headers=ENGLISH).text)
    order = [
        "We promised 2",
        "Gửi báo giá 500 phòng 4 days late",
        "Gửi hợp đồng mẫu By",
        "They promised 1",
        "Chốt số phòng 1 day late",
    ]
    after = said[said.index("We promised 2") :]
    places = [after.index(each) for each in order]
    assert places == sorted(places)


def test_the_text_to_share_says_the_same(phone_of: PhoneOf, hung: Actor, known: Known) -> None:
    text = shared(phone_of(hung).get(f"/customers/{known.id}/brief", headers=ENGLISH).text)
    assert text.splitlines()[0] == "Khách sạn Sông Hương · Tier A"
    for line in (
        "- Chị Huyền, decides, met 20 Oct", "- Gửi báo giá 500 phòng (4 days late)", "- Chốt số phòng (1 day late)",
        "- Chị hỏi giá 500 phòng. (20 Oct)", "- Sông Hương Đà Nẵng: 16 days overdue",
    ):  # fmt: skip
        assert line in text.splitlines(), line
    assert text.index("We promised") < text.index("They promised") < text.index("To ask next")


def test_a_promise_is_ticked_as_kept_from_there(
    phone_of: PhoneOf, hung: Actor, known: Known, house: House
) -> None:
    phone, address = phone_of(hung), f"/customers/{known.id}/brief"
    came_from = {"Referer": f"http://localhost{address}"}
    answer = phone.post(f"/reminders/{known.theirs}/done", headers=came_from)
    assert (answer.status_code, answer.location) == (303, address)
    said = words(phone.get(address, headers=ENGLISH).text)
    assert "They promised" not in said
    swapped = phone.post(f"/reminders/{known.ours}/done", headers={"HX-Request": "true", **ENGLISH})
    assert f'id="reminder-{known.ours}"' in swapped.text
    with house():
        assert db.session.get_one(Reminder, known.ours).done_at == clock.now()


def test_it_is_one_tap_from_the_account_and_from_todays_next_stop(
    phone_of: PhoneOf, hung: Actor, known: Known
) -> None:
    phone, way = phone_of(hung), f'href="/customers/{known.id}/brief"'
    assert way in phone.get(f"/customers/{known.id}").text
    assert way in phone.get("/").text  # where the last visit agreed to go on today
    phone.post(f"/stops/{known.id}/out")
    assert way not in phone.get("/").text


def test_of_an_account_without_a_past_it_says_where_to_begin(
    phone_of: PhoneOf, hung: Actor, house: House
) -> None:
    with house(), writing():
        bare = shop("Mới tinh", hung)
    said = words(phone_of(hung).get(f"/customers/{bare}/brief", headers=ENGLISH).text)
    for told in (
        "Neither side owes the other anything.",
        "Nobody is named here yet.",
        "No contact yet",
        "Ask who decides",
    ):
        assert told in said, told


def test_strangers_get_404(phone_of: PhoneOf, outsider: Actor, lan: Actor, known: Known) -> None:
    for stranger in (outsider, lan):
        answer = phone_of(stranger).get(f"/customers/{known.id}/brief")
        assert answer.status_code == 404
        assert "Sông Hương" not in answer.text


def test_a_site_names_its_head_office(phone_of: PhoneOf, hung: Actor, known: Known, house: House) -> None:
    with house():
        site = db.session.query(Customer.id).filter_by(name="Sông Hương Hội An").scalar()
    said = words(phone_of(hung).get(f"/customers/{site}/brief", headers=ENGLISH).text)
    assert "site of Khách sạn Sông Hương" in said


def test_a_long_past_costs_no_statement_more_and_stays_light(
    phone_of: PhoneOf, hung: Actor, known: Known, house: House
) -> None:
    phone, address = phone_of(hung), f"/customers/{known.id}/brief"
    phone.get(address)
    with counted() as few:
        page = phone.get(address)
    assert len(page.data) <= LIGHTEST, len(page.data)
    now = clock.now()
    with house(), writing():
        customer = db.session.get_one(Customer, known.id)
        for number in range(60):
            at = now - timedelta(days=number, hours=1)
            Visit.check_in(customer, by=hung, at=at).finish("no_order", by=hung, at=at)
            _somebody(customer, f"Người {number}", "uses", by=hung)
            Reminder.promise(customer, f"Hứa {number}", promised_by="us", until=MONDAY, by=hung, at=now)
            shop(f"Chi nhánh {number}", hung, parent_id=known.id, tier="A", visited_days_ago=30)
    with counted() as many:
        page = phone.get(address)
    assert len(many) == len(few) <= 30
