"""What Hùng's lists tell: who was last in touch, who sat at the table, what both sides promised, whom he sees today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crmweb import timeline
from crmweb.accounts.actor import Actor
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import CustomerContact
from crmweb.customers.models import Customer
from crmweb.customers.touches import Touch, touch_in
from crmweb.db import db
from crmweb.demo.calendar import HERE, works
from crmweb.demo.people import demo_id
from crmweb.notes.models import Note
from crmweb.reminders.models import Promised, Reminder
from crmweb.routes.plans import Day
from crmweb.visits.attendance import Attendee
from crmweb.visits.models import Visit

_PROMISES: dict[str, tuple[tuple[Promised, str, int], ...]] = {
    "chain-1": (
        ("us", "Gửi bảng giá quý sau cho cả 5 siêu thị", -3),
        ("them", "Chốt vị trí trưng bày ở quầy thu ngân", -1),
        ("us", "Cử người huấn luyện nhân viên bán hàng", 6),
    ),
    "chain-2": (
        ("us", "Mang mẫu trà ô long ướp lạnh", 1),
        ("them", "Gửi số ly bán ra mỗi tháng", 4),
    ),
    "chain-3": (
        ("them", "Trả lời hợp đồng cung cấp trà cho căng tin", -9),
        ("us", "Gửi hồ sơ an toàn thực phẩm", -5),
    ),
    "chain-4": (
        ("us", "Báo giá trà túi lọc cho 120 phòng", 0),
        ("them", "Duyệt nhãn riêng của khách sạn", 8),
    ),
    "chain-6": (("us", "Đổi lô trà cận hạn ở Gò Vấp", -2), ("them", "Thanh toán đợt một", 3)),
}
"""By the key of a head office: who promised what, and in how many days it is due."""

_TO_DO = (
    ("chain-1", "Hỏi kế hoạch mở siêu thị thứ sáu", 2),
    ("chain-3", "Gọi anh phụ trách bếp trước khi gặp", 0),
)
_MEETING = "chain-1"
"""Where he goes today, on a day on which people work."""

_MET_LATELY = 3
"""So many of his last visits at each of his accounts were with somebody whose name is known."""


def learn_touches(sent: Sequence[dict[str, Any]]) -> None:
    """What was sent was a contact, too, for everybody who looks after that customer."""
    touches = {event["customer_id"]: touch for event in sent if (touch := _touch(event))}
    theirs = (Assignment.customer_id.in_(list(touches)), Assignment.ended_at.is_(None))
    standing = select(Assignment).where(*theirs).options(selectinload(Assignment.customer))
    for assignment in db.session.scalars(standing).unique():
        assignment.touched(*touches[assignment.customer_id])


def _touch(event: dict[str, Any]) -> Touch | None:
    return touch_in(event["kind"], event["at"], event["payload"])


def tell_of_accounts(hung: Actor, *, today: dt.date, at: dt.datetime) -> None:
    """Needs all visits to be written. The promises are written down at `at`, since the timeline is in order of time."""
    with db.session.no_autoflush:  # each look would write what the one before it changed
        for customer in _accounts_of(hung):
            _meet(customer, hung)
    for key, promises in _PROMISES.items():
        customer = db.session.get_one(Customer, demo_id("customer", key))
        for side, text, days in promises:
            until = today + dt.timedelta(days=days)
            Reminder.promise(customer, text, promised_by=side, until=until, by=hung, at=at)
    for key, text, days in _TO_DO:
        due_at = dt.datetime.combine(today + dt.timedelta(days=days), dt.time(14), HERE)
        about = db.session.get_one(Customer, demo_id("customer", key))
        Reminder.remind(text, due_at=due_at, by=hung, at=at, customer=about)
    if works(today):
        Day(hung.id, today).add(demo_id("customer", _MEETING), at=at)
        _agree_to_meet(hung, today)


def _agree_to_meet(hung: Actor, today: dt.date) -> None:
    """So they said when he was there last."""
    theirs = (Visit.customer_id == demo_id("customer", _MEETING), Visit.person_id == hung.id)
    last = db.session.scalars(select(Visit).where(*theirs).order_by(Visit.started_at.desc()).limit(1)).one()
    last.next_on = today
    timeline.reword_many({last.id: last.told()})


def _accounts_of(hung: Actor) -> list[Customer]:
    held = select(Assignment.customer_id).where(
        Assignment.person_id == hung.id, Assignment.ended_at.is_(None)
    )
    found = select(Customer).where(Customer.id.in_(held), Customer.kind == "company")
    return list(db.session.scalars(found.order_by(Customer.code, Customer.id)))


def _meet(customer: Customer, hung: Actor) -> None:
    """Whoever has not much time came to one of the last visits, whoever buys to each of them; not who is against it."""
    theirs = (Visit.customer_id == customer.id, Visit.person_id == hung.id, Visit.kind == "in_person")
    visits = select(Visit).where(*theirs).order_by(Visit.started_at.desc()).limit(_MET_LATELY)
    people = [place for place in CustomerContact.of(customer.id) if place.role != "blocks"]
    met = db.session.scalars(visits).all()
    for number, visit in enumerate(met):
        for place in people[:1] if number else people[:2]:
            name = place.contact.name
            visit.attendees.append(Attendee(contact_id=place.contact_id, customer_id=customer.id, name=name))
        visit.note_id = db.session.scalar(
            select(Note.id).where(
                Note.customer_id == customer.id, Note.by_id == hung.id, Note.at == visit.ended_at
            )
        )
    timeline.reword_many({visit.id: visit.told() for visit in met})
