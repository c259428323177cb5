"""What counts as having been in contact, and from when on an account has been quiet for too long."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from crmweb import clock, timeline
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.working_days import DayOff
from crmweb.customers.assignments.handing import hand_over_all
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.due import late_before
from crmweb.customers.models import Customer
from crmweb.customers.quiet import Quiet, an_interval_after, is_too_quiet
from crmweb.customers.rhythms import plan_anew
from crmweb.customers.tiers import Tier
from crmweb.customers.touches import NOBODY_MET, touch_in
from crmweb.db import db, writing
from crmweb.notes.models import Note
from crmweb.visits.models import Visit
from crmweb.visits.outcomes import SHUT
from tests.customers.shops import Acting, House, PhoneOf, shop
from tests.routes.conftest import at_nine

MONDAY = date(2026, 11, 9)
THEN = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
VIETNAM = "Asia/Ho_Chi_Minh"

Ago = Callable[[int], datetime]


@pytest.fixture
def account(house: House, hung: Actor) -> uuid.UUID:
    """One of Hùng's, tier A: every 14 days."""
    with house(), writing():
        return shop("Khách sạn Sông Hương", hung, tier="A")


def _last(house: House, account: uuid.UUID) -> tuple[datetime | None, str | None]:
    with house():
        asked = select(Assignment.last_touch_at, Assignment.last_touch)
        row = db.session.execute(
            asked.where(Assignment.customer_id == account, Assignment.ended_at.is_(None)).limit(1)
        ).one()
        return row.last_touch_at, row.last_touch


def _quiet_after(house: House, account: uuid.UUID) -> date | None:
    with house():
        asked = select(Assignment.quiet_after).where(Assignment.customer_id == account)
        found: date | None = db.session.scalars(asked.where(Assignment.ended_at.is_(None))).first()
        return found


@pytest.mark.parametrize(
    ("kind", "payload", "how"),
    [
        ("visit.finished", {"kind": "in_person", "outcome": "no_order"}, "visit"),
        ("visit.finished", {"kind": "phone", "outcome": "interested"}, "phone"),
        ("visit.finished", {"kind": "zalo", "outcome": "own_1"}, "zalo"),
        ("visit.finished", {"kind": "closed", "outcome": "owner_away"}, None),
        ("visit.started", {"kind": "in_person"}, None),
        ("note.written", {"text": "Kệ còn 2 lốc"}, None),
        ("note.written", {"text": "Hẹn thứ Năm", "about": "phone"}, "phone"),
        ("note.written", {"text": "Đã gửi giá", "about": "zalo"}, "zalo"),
        ("call.logged", {"minutes": 4}, "phone"),
        ("followup.planned", {"channel": "email"}, None),
        ("followup.sent", {"channel": "sms", "ended": "2026-11-03T03:00:00+00:00"}, "sms"),
        ("followup.failed", {"channel": "email"}, None),
        ("followup.answered", {"channel": "email"}, "answer"),
        ("promise.kept", {"by": "us"}, None),
        ("customer.changed", {"fields": ["name"]}, None),
    ],
)
def test_calls_and_messages_count_not_visits_alone(
    kind: str, payload: dict[str, Any], how: str | None
) -> None:
    touch = touch_in(kind, THEN, payload)
    assert (touch and touch.how) == how
    if touch is not None:
        assert touch.at == (THEN + timedelta(days=1) if kind == "followup.sent" else THEN)


def test_a_shut_door_is_the_same_to_visits_and_to_touches() -> None:
    assert set(NOBODY_MET) == set(SHUT)


class TestTheLastTouch:
    """What is written down reaches every assignment in the same transaction, and goes when it is taken back."""

    def test_a_visit_counts_once_its_result_is_told_and_no_longer_when_it_is_taken_back(
        self, house: House, acting: Acting, account: uuid.UUID, hung: Actor
    ) -> None:
        now = clock.now()
        with acting(hung), writing():
            customer = db.session.get_one(Customer, account)
            visit = Visit.check_in(customer, by=hung, at=now - timedelta(hours=2))
            visit_id, begun = visit.id, visit.started_at
        assert _last(house, account) == (None, None)
        with acting(hung), writing():
            db.session.get_one(Visit, visit_id).finish("interested", by=hung, at=now)
        assert _last(house, account) == (begun, "visit")
        assert _quiet_after(house, account) == hung.today(begun) + timedelta(days=14)
        with acting(hung), writing():
            db.session.get_one(Visit, visit_id).reopen(by=hung, at=now)
        assert _last(house, account) == (None, None)

    def test_taken_back_the_contact_before_it_counts_again(
        self, house: House, acting: Acting, account: uuid.UUID, hung: Actor
    ) -> None:
        now = clock.now()
        with acting(hung), writing():
            customer = db.session.get_one(Customer, account)
            Note.write(customer, "Gọi hỏi giá", by=hung, at=now - timedelta(days=5), now=now, about="phone")
            visit = Visit.check_in(customer, by=hung, at=now - timedelta(hours=1))
            visit.finish("no_order", by=hung, at=now)
            visit_id = visit.id
        assert _last(house, account)[1] == "visit"
        with acting(hung), writing():
            db.session.get_one(Visit, visit_id).finish("closed", by=hung, at=now)
        assert _last(house, account) == (now - timedelta(days=5), "phone")

    def test_what_is_heard_of_late_does_not_make_the_last_one_earlier(
        self, house: House, account: uuid.UUID, hung: Actor
    ) -> None:
        now = clock.now()
        with house(), writing():
            customer = db.session.get_one(Customer, account)
            for days in (3, 9):
                timeline.record(customer, "call.logged", by=hung, at=now - timedelta(days=days))
        assert _last(house, account) == (now - timedelta(days=3), "phone")

    def test_a_message_that_comes_back_reached_nobody(self, house: House, account: uuid.UUID) -> None:
        record, now = uuid.uuid4(), clock.now()
        sent = {"channel": "email", "ended": now.isoformat()}
        with house(), writing():
            customer = db.session.get_one(Customer, account)
            timeline.record(
                customer, "followup.planned", by=None, at=now - timedelta(days=2), payload={}, id=record
            )
        assert _last(house, account) == (None, None)
        with house(), writing():
            timeline.revise(record, "followup.sent", payload=sent)
        assert _last(house, account) == (now, "email")
        with house(), writing():
            timeline.revise(record, "followup.failed", payload={"channel": "email"})
        assert _last(house, account) == (None, None)

    def test_it_is_known_to_whoever_looks_after_them_now_or_later(
        self, house: House, account: uuid.UUID, hung: Actor, lan: Actor, mai: Actor
    ) -> None:
        now = clock.now()
        with house(), writing():
            customer = db.session.get_one(Customer, account)
            customer.assign(db.session.get_one(User, lan.id), by=mai, at=now, line="Trà")
            timeline.record(customer, "call.logged", by=lan, at=now)
            customer.assign(db.session.get_one(User, mai.id), by=mai, at=now, line="Bia")
        with house():
            theirs = db.session.scalars(select(Assignment.last_touch_at)).all()
            assert theirs == [now] * 3
        with house(), writing():
            people = [db.session.get_one(User, each.id) for each in (hung, lan)]
            hand_over_all(*people, by=mai, at=now)
        assert _last(house, account) == (now, "phone")
        assert _quiet_after(house, account) == hung.today(now) + timedelta(days=14)

    def test_hung_says_that_they_answered(
        self, house: House, account: uuid.UUID, hung: Actor, phone_of: PhoneOf
    ) -> None:
        phone_of(hung).post(f"/customers/{account}/followups/answered")
        assert _last(house, account)[1] == "answer"


def test_another_rhythm_of_the_tier_moves_the_last_quiet_day(
    app: Flask, house: House, account: uuid.UUID, hung: Actor
) -> None:
    begun = _quiet_after(house, account)
    assert begun == hung.today(clock.now()) + timedelta(days=14)
    with house(), writing():
        Tier.come_round("A", 7)
    with app.app_context():
        plan_anew()
    assert _quiet_after(house, account) == begun - timedelta(days=7)


@given(days=st.integers(0, 400), every=st.integers(1, 365), minute=st.integers(0, 24 * 60 - 1))
def test_without_days_off_too_long_is_more_days_than_the_tier_allows(
    days: int, every: int, minute: int
) -> None:
    today = date(2026, 11, 9)
    touched = datetime.combine(today - timedelta(days=days), datetime.min.time(), ZoneInfo(VIETNAM))
    touched += timedelta(minutes=minute)
    after = an_interval_after(touched.astimezone(UTC), every, VIETNAM)
    seen = Quiet.seen_from(
        today, last_touch=touched, after=after, every_days=every, late_before=today, zone=VIETNAM
    )
    assert seen == Quiet(days, every, days > every, max(days - every, 0))


@given(days=st.integers(0, 60), every=st.integers(1, 40), off=st.integers(0, 9), earlier=st.integers(1, 30))
def test_days_off_only_ever_give_more_time_and_a_later_touch_never_makes_it_quieter(
    days: int, every: int, off: int, earlier: int
) -> None:
    """`off`: so many days off lie right before today."""
    today = date(2026, 11, 9)

    def seen(ago: int, late_before: date) -> Quiet:
        touched = datetime(2026, 11, 9, 3, tzinfo=UTC) - timedelta(days=ago)
        after = an_interval_after(touched, every, VIETNAM)
        return Quiet.seen_from(
            today, last_touch=touched, after=after, every_days=every, late_before=late_before, zone=VIETNAM
        )

    rested, plain = seen(days, today - timedelta(days=off)), seen(days, today)
    assert plain.too_long or not rested.too_long
    assert rested.too_long == (days > every + off)
    assert seen(days + earlier, today).days_over >= plain.days_over


def test_the_condition_in_the_database_says_the_same_as_the_words(
    app: Flask, house: House, acting: Acting, hung: Actor, mai: Actor
) -> None:
    """Each day around the last quiet one, with a Sunday and a day off of the team among them."""
    with clock.frozen(at_nine(MONDAY)), house(), writing():
        account = shop("Quán Sen", hung, tier="A")
        DayOff.add(MONDAY + timedelta(days=15), "Ngày của đội", head_id=mai.id)
    told: list[tuple[bool, bool]] = []
    for ahead in range(10, 24):
        today = MONDAY + timedelta(days=ahead)
        with clock.frozen(at_nine(today)), acting(hung):
            found = db.session.execute(
                select(Assignment.quiet_after).where(is_too_quiet(Assignment.quiet_after, today))
            ).first()
            after = db.session.scalar(select(Assignment.quiet_after).where(Assignment.customer_id == account))
            seen = Quiet.seen_from(
                today, last_touch=None, after=after, every_days=14, late_before=late_before(today),
                zone=hung.zone,
            )  # fmt: skip
            told.append((found is not None, seen.too_long))
    assert all(database == words for database, words in told)
    # quiet_after is the 23rd, day 14; the 24th is off, so it turns on the 25th, day 16, and not before
    assert [database for database, _ in told] == [ahead >= 16 for ahead in range(10, 24)]


def test_an_older_database_learns_its_touches_from_the_timeline(
    project: Path, app: Flask, house: House, account: uuid.UUID, hung: Actor, lan: Actor
) -> None:
    """The migration says the same as those who listened from the first day on."""
    now = clock.now()
    told: list[tuple[str, dict[str, Any]]] = [
        ("visit.finished", {"kind": "in_person", "outcome": "no_order"}),
        ("visit.finished", {"kind": "zalo", "outcome": "interested"}),
        ("visit.finished", {"kind": "closed", "outcome": "closed"}),
        ("note.written", {"text": "Hẹn lại", "about": "phone"}),
        ("note.written", {"text": "Kệ trống"}),
        ("followup.sent", {"channel": "email"}),
        ("followup.answered", {"name": "Chị Ba"}),
        ("customer.changed", {"fields": ["name"]}),
    ]
    with house(), writing():
        for number, (kind, payload) in enumerate(told):
            other = db.session.get_one(Customer, shop(f"Khách {number}", lan, tier="B"))
            for days, (each, what) in enumerate([(kind, payload), *told[:number]]):
                timeline.record(other, each, by=lan, at=now - timedelta(days=days, hours=1), payload=what)
        shop("Chưa có gì", hung)
    known = select(Assignment.id, Assignment.last_touch_at, Assignment.last_touch).order_by(Assignment.id)
    with house():
        listened = db.session.execute(known).all()
    with house(), writing():
        forgotten = {"last_touch_at": None, "last_touch": None}
        db.session.execute(update(Assignment).values(forgotten))
        spec = spec_from_file_location("quiet", next(project.glob("migrations/versions/*_quiet_accounts.py")))
        assert spec is not None
        assert spec.loader is not None
        migration = module_from_spec(spec)
        spec.loader.exec_module(migration)
        with Operations.context(MigrationContext.configure(db.session.connection())):
            migration._take_over_the_last()
    with house():
        assert db.session.execute(known).all() == listened
        assert {row.last_touch for row in listened} == {None, "visit", "zalo", "phone", "email", "answer"}
