"""What is open at the demo company: promises to keep, pins to approve, a question that waits for its answer."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.customers.proposals import PIN, Proposal
from crmweb.db import db
from crmweb.demo.calendar import HERE, moment
from crmweb.reminders.models import Promised, Reminder
from crmweb.visits.models import Visit
from crmweb.visits.reviews import Review
from crmweb.visits.verdicts import AWAY

_PROMISES: tuple[tuple[Promised, str, int], ...] = (
    ("us", "Gửi báo giá trà lài loại 500 g", 0),
    ("us", "Đổi trà lên kệ ngang tầm mắt", -2),
    ("them", "Chọn xong combo Tết", 2),
    ("us", "Mang thêm kệ trưng bày nhỏ", 5),
)
"""Who promised what, and in how many days it is due."""

_REMINDERS: tuple[tuple[str, int, dt.time, str | None], ...] = (
    ("Gọi hỏi kệ trưng bày đã lắp xong chưa", 0, dt.time(15, 30), None),
    ("Chụp lại kệ trước Tết", 3, dt.time(9), None),
    ("Đếm tồn kho trà lài", 1, dt.time(8, 30), "weekly"),
)
"""What Lan wants to be reminded of at her shops, in how many days, when, and how it comes again."""

_ALONE: tuple[tuple[str, int, dt.time, str | None], ...] = (
    ("Chốt đơn gửi kho", 0, dt.time(17), "daily"),
    ("Xin thêm catalog mới", -1, dt.time(14), None),
    ("Nộp báo cáo tháng cho chị Mai", 6, dt.time(10), "monthly"),
)

_QUESTION = "Chỗ này cách ghim khá xa. Em ghé kho hay quầy vậy?"


def leave_open(staff: Mapping[str, Actor], *, today: dt.date, at: dt.datetime) -> None:
    """Promises and reminders in Lan's shops, a pin Quân proposes, what Mai asks Đức. Needs all visits to be written.

    The promises are written down at `at`, since the timeline is numbered in the order of time.
    """
    yesterday = moment(today - dt.timedelta(days=1), 60)
    for customer, (who, text, days) in zip(_due_of(staff["lan"].id, len(_PROMISES)), _PROMISES, strict=False):
        until = today + dt.timedelta(days=days)
        Reminder.promise(customer, text, promised_by=who, until=until, by=staff["lan"], at=at)
    _remind(staff, today=today, at=at)
    for customer in _unpinned_of(staff["quan"].id):
        Proposal.make(customer, PIN, by=staff["quan"], at=yesterday, place=(21.0321, 105.8479, 14.0))
    for visit in _away_of(staff["duc"].id):
        Review.of(visit, by=staff["mai"]).ask(_QUESTION, by=staff["mai"], at=yesterday)


def _remind(staff: Mapping[str, Actor], *, today: dt.date, at: dt.datetime) -> None:
    """Lan's own reminders, one of them ticked, and one that Mai gave her."""
    lan, mai = staff["lan"], staff["mai"]
    shops = _due_of(lan.id, len(_REMINDERS))
    for customer, asked in [*zip(shops, _REMINDERS, strict=False), *((None, asked) for asked in _ALONE)]:
        text, days, hour, repeats = asked
        due_at = dt.datetime.combine(today + dt.timedelta(days=days), hour, HERE)
        Reminder.remind(text, due_at=due_at, by=lan, at=at, customer=customer, repeats=repeats)
    done = Reminder.remind("Đặt lịch lắp kệ với thợ", due_at=at, by=lan, at=at)
    done.done(by=lan, at=at)
    given = Reminder.remind("Gửi số liệu trưng bày tuần này", due_at=moment(today, 400), by=mai, at=at)
    given.hand_over(db.session.get_one(User, lan.id), by=mai, at=at)


def _due_of(person_id: uuid.UUID, most: int) -> list[Customer]:
    theirs = (
        Assignment.person_id == person_id,
        Assignment.next_due.is_not(None),
        Assignment.ended_at.is_(None),
    )
    found = select(Customer).join(Assignment, Assignment.customer_id == Customer.id).where(*theirs)
    return list(db.session.scalars(found.order_by(Assignment.next_due, Customer.sort_name).limit(most)))


def _unpinned_of(person_id: uuid.UUID) -> list[Customer]:
    theirs = (Assignment.person_id == person_id, Customer.lat.is_(None), Customer.archived_at.is_(None))
    found = select(Customer).join(Assignment, Assignment.customer_id == Customer.id).where(*theirs)
    return list(db.session.scalars(found.order_by(Customer.sort_name).limit(1)))


def _away_of(person_id: uuid.UUID) -> list[Visit]:
    found = select(Visit).where(Visit.person_id == person_id, Visit.verdict == AWAY)
    return list(db.session.scalars(found.order_by(Visit.started_at.desc()).limit(1)))
