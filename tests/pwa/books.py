"""A book as full as one can be, for the tests of what a phone takes along."""

from __future__ import annotations

from datetime import timedelta

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.contacts.models import Contact
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.notes.models import Note
from crmweb.reminders.models import Reminder

LONG = (
    "Chị Hạnh muốn đổi kệ ngang tầm mắt; đối thủ treo “bảng giá” mới & còn hai lốc ở kệ dưới, "
    "hẹn giao trước chín giờ sáng thứ Sáu.\n"
) * 5


def fill_book(of: Actor, shops: int, first: int = 0) -> None:
    """So many shops, each with a pin, two people, a promise and three long notes; inside `house()` and `writing()`."""
    person = db.session.get_one(User, of.id)
    for number in range(first, first + shops):
        _open(number, person, of)


def _open(number: int, person: User, of: Actor) -> None:
    now = clock.now()
    shop = Customer.add(
        by=None, at=now, responsible=person, name=f"Nhà thuốc Hồng Phúc số {number}", code=f"KH{number:04}",
        address="118 Hải Phòng, phường Thạch Thang,\nquận Hải Châu, Đà Nẵng", tier="A", phones=[f"+849051{number:05}"],
    )  # fmt: skip
    shop.move_pin(16.07 + number / 10_000, 108.22, source="typed", by=None, at=now)
    for place, name in enumerate(("Chị Hạnh", "Anh Tùng")):
        contact = Contact.named(name, at=now)
        contact.phone = contact.phone_e164 = f"+84912{number:05}{place}"
        db.session.add(contact)
        shop.name_contact(contact, "pays" if place else "owner", by=None, at=now)
    for _ in range(3):
        Note.write(shop, LONG, by=of, at=now, now=now)
    Reminder.remind("Gửi báo giá Tết", due_at=now + timedelta(days=2), by=of, at=now, customer=shop)
