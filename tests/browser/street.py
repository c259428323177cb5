"""Where the browser stories happen: shops around Bến Thành market. Most are Lan's, one is Hùng's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import cos, radians

from sqlalchemy import select

from crmweb import clock, files, timeline
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.contacts.models import Contact
from crmweb.customers.models import Customer
from crmweb.customers.proposals import PIN, Proposal
from crmweb.db import db, new_id
from crmweb.followups.addressees import addressees
from crmweb.followups.consents import Consent
from crmweb.followups.letters import Letter
from crmweb.followups.message_templates import MessageTemplate
from crmweb.followups.models import Followup
from crmweb.followups.sequences import Sequence, Step
from crmweb.geo import Point
from crmweb.reminders.models import Reminder
from crmweb.visits.models import Visit
from crmweb.visits.photos import VisitPhoto
from crmweb.visits.pictures import shrink
from crmweb.visits.verdicts import Fix
from tests.visits import photos

MARKET = (10.7725, 106.6980)
"""Bến Thành, in the middle of Hồ Chí Minh City."""
DEGREE_M = 111_195
"""Metres of one degree of latitude."""


@dataclass(frozen=True)
class Shop:
    """One shop of the street; metres are counted eastwards from the market."""

    name: str
    metres: int
    tier: str | None = None
    visited_days_ago: int | None = None
    phone: str = ""
    email: str = ""
    status: str = "customer"
    kind: str = "shop"
    of: str = "lan@example.com"


NEAREST = Shop("Tạp hóa Cô Ba", 120, "A", 30, "0905412777", "coba@example.com")
DUE_TODAY = Shop("Nhà thuốc Hồng Phúc", 400, "B", 30, "028 3829 7000")
LONG_NAMED = Shop("Công ty Trách nhiệm hữu hạn Thương mại Dịch vụ Phước Thạnh", 650, "C", 3, kind="company")
LEAD = Shop("Quán nước Dì Sáu", 800, status="lead")
OF_HUNG = Shop("Siêu thị Đông Á", 900, "A", 2, of="hung@example.com", kind="company")
FURTHER = [
    Shop(f"Đại lý Minh Tâm {number}", 900 + 100 * number, "C", 10 if number <= 8 else 75)
    for number in range(1, 21)
]
"""The first eight were seen in time, the others are overdue by a fortnight."""
SHOPS = [NEAREST, DUE_TODAY, LONG_NAMED, LEAD, OF_HUNG, *FURTHER]


def customer(shop: Shop) -> Customer:
    """The shop in the database of the session at work."""
    return db.session.scalars(select(Customer).where(Customer.name == shop.name)).one()


def open_shops() -> None:
    """Add the street to the database of the session at work."""
    at = clock.now()
    people = {email: User.with_email(email) for email in {shop.of for shop in SHOPS}}
    for shop in SHOPS:
        _open(shop, people[shop.of], at)
    db.session.flush()
    _tell_of(customer(NEAREST), by=people[NEAREST.of], at=at)


def _tell_of(shop: Customer, *, by: User | None, at: datetime) -> None:
    """Somebody stands behind the counter, and something was said."""
    assert by is not None
    owner = Contact.named("Nguyễn Thị Ba", at=at)
    owner.phone, owner.phone_e164, owner.email = (
        "0905 412 777",
        "+84905412777",
        "ba.nguyen.taphoa@example.com",
    )
    db.session.add(owner)
    shop.name_contact(owner, "owner", by=Actor.of(by), at=at)
    shop.change(
        by=Actor.of(by), at=at, tags=["trà", "gần chợ"], preferences="Chỉ nhận hàng buổi sáng.", website="https://coba.example",
        phones=["0905412777", "0905 412 77"], emails=["coba@example.com", "coba@"],
    )  # fmt: skip
    _promise_at(shop, by=by, at=at)
    _write_to(shop, by=by, at=at)
    timeline.record(
        shop, "note.written", by=Actor.of(by), at=at, payload={"text": "Kệ dưới còn 2 lốc, muốn đổi lên ngang tầm mắt."}
    )  # fmt: skip


def _promise_at(shop: Customer, *, by: User, at: datetime) -> None:
    """Something is promised for the day after tomorrow, and the pin is said to be wrong."""
    until = clock.today(by.zone) + timedelta(days=2)
    Reminder.promise(shop, "Báo giá combo Tết", promised_by="us", until=until, by=Actor.of(by), at=at)
    place = (MARKET[0] + 420 / DEGREE_M, MARKET[1], 18.0)
    Proposal.make(shop, PIN, by=by, at=at, place=place)


def _write_to(shop: Customer, *, by: User, at: datetime) -> None:
    """A message goes in three days, from a template that a sequence uses, too."""
    template = MessageTemplate(id=new_id(), name="Hỏi lại", purpose="Ba ngày sau lượt ghé", created_at=at)
    db.session.add(template)
    template.say(
        "email", subject="{customer} thấy trà thế nào?", text="Chào {contact},\n\nAnh chị thấy trà thế nào ạ?"
    )
    template.say("sms", text="Chào {contact}, anh chị thấy trà thế nào ạ? {rep} {rep_phone}")
    step = Step(position=0, after_days=3, at_time=time(9), channel="email", template=template)
    sequence = Sequence(
        id=new_id(), name="Sau khi quan tâm", outcome="interested", active=True, created_at=at
    )
    sequence.steps = [step]
    db.session.add(sequence)
    whom = addressees(shop)[0]
    Consent.give(shop, whom, "email", how="spoken", by=Actor.of(by), at=at)
    letter = Letter(
        "email", "Tạp hóa Cô Ba thấy trà thế nào?", "Chào chị Ba,\n\nChị thấy trà thế nào ạ?", by.name
    )
    Followup.plan(
        shop, whom, letter, by=by, zone=by.zone, at=at, due=at + timedelta(days=3), template_id=template.id
    )


def _open(shop: Shop, responsible: User | None, at: datetime) -> None:
    customer = Customer.add(
        by=None, at=at, name=shop.name, responsible=responsible, tier=shop.tier, status=shop.status, kind=shop.kind,
        address=f"{shop.metres} Lê Lợi, Bến Thành, Quận 1", phones=[shop.phone], emails=[shop.email],
    )  # fmt: skip
    lat, lng = MARKET
    customer.move_pin(lat, lng + shop.metres / (DEGREE_M * cos(radians(lat))), source="gps", by=None, at=at)
    if shop.visited_days_ago is not None:
        customer.assignments[0].visited(at=at - timedelta(days=shop.visited_days_ago))


def visits() -> dict[str, str]:
    """Visits of Lan's in every state: `left` without a result, `over`, and `open` with a photo. Returns their ids."""
    lan, now = User.with_email(NEAREST.of), clock.now()
    assert lan is not None
    by, (lat, lng) = Actor.of(lan), MARKET
    began = {"left": (DUE_TODAY, 3), "over": (LONG_NAMED, 2), "open": (NEAREST, 1)}
    made = {
        state: Visit.check_in(
            customer(shop),
            by=by,
            at=now - timedelta(hours=hours),
            client_at=now - timedelta(hours=hours, minutes=7),
        )
        for state, (shop, hours) in began.items()
    }
    made["over"].finish("interested", by=by, at=now)
    there = Fix(Point(lat, lng), 240, now - timedelta(hours=1))
    made["open"].place(there, by=by, at=now)
    made["open"].all_photos.append(_photo(made["open"], by, now))
    Reminder.promise(
        made["open"].customer, "Chuyển trà lài lên ngang tầm mắt", promised_by="us",
        until=now.date() - timedelta(days=2), by=by, at=now,
    )  # fmt: skip
    db.session.flush()
    photo = made["open"].photos[0].id
    return {**{state: str(visit.id) for state, visit in made.items()}, "photo": str(photo)}


def _photo(visit: Visit, by: Actor, at: datetime) -> VisitPhoto:
    picture = shrink(photos.photo(800, 600))
    return VisitPhoto(
        customer_id=visit.customer_id, by_id=by.id, name=files.keep(picture.data, ".jpg"), width=picture.width,
        height=picture.height, bytes=len(picture.data), taken_at=at, removed_at=None,
    )  # fmt: skip
