"""My accounts: by tier, the quietest first, for whoever keeps accounts."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, text

from crmweb import clock, timeline
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.clock import HeldClock
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.my_accounts.listing import ALL, DUE, QUIET, MyAccounts
from crmweb.notes.models import Note
from crmweb.reminders.models import Reminder
from tests.customers.shops import ENGLISH, Acting, House, PhoneOf, shop
from tests.routes.conftest import at_nine
from tests.statements import counted

MONDAY = date(2026, 11, 9)
VIETNAMESE = {"Accept-Language": "vi"}


@pytest.fixture(autouse=True)
def held() -> Iterator[HeldClock]:
    with clock.frozen(at_nine(MONDAY)) as clock_:
        yield clock_


def account(
    name: str,
    of: Actor,
    *,
    quiet_for: int | None = None,
    visited_days_ago: int | None = None,
    **facts: object,
) -> uuid.UUID:
    """One account, last called so many days ago; call it inside `house()` and `writing()`."""
    begun = clock.now()
    with clock.frozen(begun - timedelta(days=400)):
        added = shop(name, of, **facts)  # type: ignore[arg-type]
    if visited_days_ago is not None:
        db.session.get_one(Customer, added).assignments[0].visited(
            at=begun - timedelta(days=visited_days_ago)
        )
    if quiet_for is not None:
        at = begun - timedelta(days=quiet_for)
        timeline.record(db.session.get_one(Customer, added), "call.logged", by=of, at=at)
    db.session.flush()
    return added


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def names(page: str) -> list[str]:
    return re.findall(r'<li class="row" id="customer-[^>]*>.*?class="name">([^<]+)', page, re.DOTALL)


@pytest.fixture
def book(house: House, hung: Actor, lan: Actor) -> dict[str, uuid.UUID]:
    """Hùng's accounts, and one of Lan's."""
    with house(), writing():
        return {
            "a_fine": account("A khoẻ", hung, tier="A", quiet_for=3, visited_days_ago=20),
            "a_quiet": account("A im", hung, tier="A", quiet_for=20, visited_days_ago=2),
            "a_quieter": account("A im lâu", hung, tier="A", quiet_for=40, visited_days_ago=2),
            "c_fine": account("C vừa", hung, tier="C", quiet_for=40, visited_days_ago=40),
            "none": account("Chưa hạng", hung, quiet_for=5),
            "former": account("Đã nghỉ", hung, tier="A", status="former", quiet_for=90),
            "lans": account("Của Lan", lan, tier="A", quiet_for=90),
        }


def test_hung_sees_his_accounts_by_tier_the_quietest_first(
    phone_of: PhoneOf, hung: Actor, book: dict[str, uuid.UUID]
) -> None:
    page = phone_of(hung).get("/my-accounts", headers=ENGLISH).text
    assert names(page) == ["A im lâu", "A im", "A khoẻ", "C vừa", "Chưa hạng"]
    said = words(page)
    for told in (
        "5 accounts · 2 quiet for too long", "Tier A 3 accounts · every 14 days", "Tier C 1 account",
        "Without a tier 1 account", "Quiet for 40 days, 26 too many", "Quiet for 20 days, 6 too many",
        "Quiet for 3 of 14 days", "6 days overdue", "Quiet for 5 days", "All 5", "Quiet too long 2", "Visit due 1",
        "Call, 20 Oct",
    ):  # fmt: skip
        assert told in said, told


def test_each_filter_keeps_to_itself(phone_of: PhoneOf, hung: Actor, book: dict[str, uuid.UUID]) -> None:
    phone = phone_of(hung)
    assert names(phone.get("/my-accounts?view=quiet").text) == ["A im lâu", "A im"]
    assert names(phone.get("/my-accounts?view=due").text) == ["A khoẻ"]
    assert names(phone.get("/my-accounts?tier=C").text) == ["C vừa"]
    assert names(phone.get("/my-accounts?tier=none").text) == ["Chưa hạng"]


def test_a_call_a_message_or_an_answer_ends_the_silence(
    phone_of: PhoneOf, hung: Actor, house: House, book: dict[str, uuid.UUID]
) -> None:
    now = clock.now()
    with house(), writing():
        Note.write(
            db.session.get_one(Customer, book["a_quiet"]), "Đã gọi", by=hung, at=now, now=now, about="zalo"
        )
    phone_of(hung).post(f"/customers/{book['a_quieter']}/followups/answered")
    page = phone_of(hung).get("/my-accounts?view=quiet", headers=ENGLISH).text
    assert names(page) == []
    assert "Nobody has been quiet for too long" in words(page)
    said = words(phone_of(hung).get("/my-accounts", headers=ENGLISH).text)
    assert "Zalo, today 09:00" in said
    assert "They answered, today 09:00" in said
    assert said.count("In contact today") == 2


def test_a_row_says_what_is_next_and_how_many_sites_there_are(
    phone_of: PhoneOf, hung: Actor, house: House, book: dict[str, uuid.UUID]
) -> None:
    with house(), writing():
        customer = db.session.get_one(Customer, book["a_fine"])
        for text_, days, by in (("Gửi báo giá", -2, "us"), ("Trả lời hợp đồng", 5, "them")):
            until = MONDAY + timedelta(days=days)
            Reminder.promise(customer, text_, promised_by=by, until=until, by=hung, at=clock.now())  # type: ignore[arg-type]
        for name in ("Chi nhánh Một", "Chi nhánh Hai"):
            account(name, hung, parent_id=book["a_fine"], tier="B", quiet_for=1)
    said = words(phone_of(hung).get("/my-accounts", headers=ENGLISH).text)
    assert "2 sites Next: Gửi báo giá 2 days late" in said
    assert "Trả lời hợp đồng" not in said


def test_whoever_leads_sees_the_accounts_of_their_people_and_nobody_elses(
    phone_of: PhoneOf, hung: Actor, mai: Actor, binh: Actor, lan: Actor, book: dict[str, uuid.UUID]
) -> None:
    page = phone_of(mai).get(f"/my-accounts?person={hung.id}&view=quiet", headers=ENGLISH).text
    assert names(page) == ["A im lâu", "A im"]
    assert "Accounts of Lê Văn Hùng" in words(page)
    assert f"person={hung.id}" in page[page.index("<main") :]
    for stranger in (binh, hung):
        of = lan if stranger is hung else hung
        assert phone_of(stranger).get(f"/my-accounts?person={of.id}").status_code == 404
    assert phone_of(lan).get("/my-accounts").status_code == 403


def test_what_cannot_be_asked_is_answered_in_words(phone_of: PhoneOf, hung: Actor) -> None:
    phone = phone_of(hung)
    for wrong in (
        "view=loud",
        "tier=Z",
        "page=-1",
        "page=99999999",
        "page=x",
        "person=nobody",
        "view=due&view=all",
    ):
        answer = phone.get(f"/my-accounts?{wrong}", headers=ENGLISH)
        assert answer.status_code == 422, wrong
        assert 'role="alert"' in answer.text
    assert names(phone.get("/my-accounts?page=7").text) == []


def test_without_accounts_it_says_what_to_do(phone_of: PhoneOf, hung: Actor, mai: Actor) -> None:
    assert "Chưa có khách hàng nào" in words(phone_of(hung).get("/my-accounts", headers=VIETNAMESE).text)
    assert "Nobody is looked after here." in words(
        phone_of(mai).get(f"/my-accounts?person={hung.id}", headers=ENGLISH).text
    )


def test_a_customer_that_is_put_away_or_given_away_is_none(
    phone_of: PhoneOf, hung: Actor, lan: Actor, house: House, book: dict[str, uuid.UUID]
) -> None:
    with house(), writing():
        db.session.get_one(Customer, book["a_quiet"]).archive(by=hung, at=clock.now())
        given = db.session.get_one(Customer, book["a_quieter"])
        given.assign(db.session.get_one(User, lan.id), by=None, at=clock.now())
        given.assignments[0].end(by=None, at=clock.now())
    page = phone_of(hung).get("/my-accounts").text
    assert names(page) == ["A khoẻ", "C vừa", "Chưa hạng"]


def test_two_lines_of_one_account_are_one_row(
    phone_of: PhoneOf, hung: Actor, house: House, book: dict[str, uuid.UUID]
) -> None:
    with house(), writing():
        customer = db.session.get_one(Customer, book["a_quiet"])
        customer.assign(db.session.get_one(User, hung.id), by=None, at=clock.now(), line="Trà")
    page = phone_of(hung).get("/my-accounts?view=quiet").text
    assert names(page) == ["A im lâu", "A im"]


def test_the_date_of_a_row_is_that_of_whose_accounts_they_are(
    phone_of: PhoneOf, hung: Actor, lan: Actor, mai: Actor, house: House, book: dict[str, uuid.UUID]
) -> None:
    """Lan is long overdue where Hùng was the day before yesterday; Mai sees both."""
    with house(), writing():
        customer = db.session.get_one(Customer, book["a_quiet"])
        with clock.frozen(clock.now() - timedelta(days=200)):
            customer.assign(db.session.get_one(User, lan.id), by=None, at=clock.now(), line="Trà")
            db.session.flush()
        customer.assignments[1].last_visit_at = clock.now() - timedelta(days=100)
        customer.assignments[1].plan()
    page = phone_of(mai).get(f"/my-accounts?person={hung.id}", headers=ENGLISH).text
    assert "86 days overdue" not in words(page)
    assert "86 days overdue" in words(
        phone_of(mai).get(f"/my-accounts?person={lan.id}", headers=ENGLISH).text
    )


def test_hung_finds_them_from_every_screen_and_lan_has_no_such_door(
    phone_of: PhoneOf, hung: Actor, lan: Actor, book: dict[str, uuid.UUID]
) -> None:
    today = phone_of(hung).get("/", headers=ENGLISH).text
    assert "2 accounts have been quiet for too long" in words(today)
    for address in ("/", "/settings", "/customers"):
        assert 'href="/my-accounts' in phone_of(hung).get(address).text
        assert "/my-accounts" not in phone_of(lan).get(address).text


class TestTenThousand:
    """As many statements as for three accounts, by an index, and in pages."""

    MANY = 10_000

    @pytest.fixture
    def crowd(self, app: Flask, house: House, hung: Actor) -> None:
        now = clock.now()
        customers, standing = [], []
        for number in range(self.MANY):
            id_, tier = new_id(), "ABC"[number % 3]
            name = f"Khách {number:05}"
            customers.append(
                {"id": id_, "name": name, "sort_name": name.lower(), "folded": name, "address": "", "kind": "shop",
                 "tier": tier, "status": "customer", "created_at": now, "updated_at": now, "preferences": ""}
            )  # fmt: skip
            standing.append(
                {"id": new_id(), "customer_id": id_, "person_id": hung.id, "line": "", "since": MONDAY, "tier": tier,
                 "started_at": now, "created_at": now, "status": "customer",
                 "next_due": MONDAY + timedelta(days=number % 40 - 5), "last_touch_at": now, "last_touch": "phone",
                 "quiet_after": MONDAY + timedelta(days=number % 50 - 10)}
            )  # fmt: skip
        with house(), writing():
            db.session.execute(insert(Customer), customers)
            db.session.execute(insert(Assignment), standing)
        with house():
            db.session.execute(text("ANALYZE"))
            db.session.commit()

    def test_in_a_handful_of_statements_and_pages(
        self, phone_of: PhoneOf, hung: Actor, crowd: None, house: House
    ) -> None:
        phone = phone_of(hung)
        for view in (ALL, QUIET, DUE):
            with counted() as statements:
                page = phone.get(f"/my-accounts?view={view}")
            assert len(statements) <= 16, statements
            assert len(names(page.text)) == 60
        assert "10,000 accounts" in words(phone.get("/my-accounts", headers=ENGLISH).text)
        more = re.findall(r'hx-get="(/my-accounts[^"]+)"', phone.get("/my-accounts?view=quiet").text)[1]
        fragment = phone.get(more.replace("&amp;", "&"), headers={"HX-Request": "true"}).text
        assert "<main" not in fragment
        assert len(re.findall(r'id="customer-', fragment)) == 20
        assert not set(re.findall(r"customer-[-0-9a-f]+", fragment)) & set(
            re.findall(r"customer-[-0-9a-f]+", phone.get("/my-accounts?view=quiet").text)
        )

    def test_by_an_index(self, crowd: None, acting: Acting, house: House, hung: Actor) -> None:
        for view, index in ((QUIET, "ix_assignments_quiet"), (DUE, "ix_assignments_due")):
            with acting(hung), counted() as asked:
                look = MyAccounts(person=hung.id, zone=hung.zone, view=view)
                db.session.execute(look._ranked(MONDAY)).all()
            assert index in _plan(house, *asked[-1]), view


def _plan(house: House, statement: str, parameters: Any) -> str:
    """How the database goes about a statement."""
    with house():
        explain = "EXPLAIN QUERY PLAN " if db.engine.dialect.name == "sqlite" else "EXPLAIN "
        rows = db.session.connection().exec_driver_sql(explain + statement, parameters)
        return "\n".join(map(str, rows))
