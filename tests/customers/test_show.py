"""The page of one customer."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from typing import Any, ClassVar

import pytest
from flask import Flask
from sqlalchemy import event

from crmweb import timeline
from crmweb.accounts.actor import Actor
from crmweb.clock import now
from crmweb.customers.contacts.models import Contact
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from tests.customers.shops import ENGLISH, House, PhoneOf, shop


@pytest.fixture
def phuc(house: House, lan: Actor) -> uuid.UUID:
    with house(), writing():
        added = shop(
            "Nhà thuốc Hồng Phúc", lan, code="KH-42", kind="shop", tier="A", address="118 Hải Phòng, Hải Châu",
            phones=["0905 412 777", "0236 3812 345"], emails=["hanh@shop.vn"], tags=["mặt tiền"], website="https://shop.vn",
            tax_number="0401234567", source="mở mới", preferences="Sau 9 giờ", at=(16.07, 108.22), visited_days_ago=30,
        )  # fmt: skip
        customer = db.session.get_one(Customer, added)
        owner = Contact.named("Chị Hạnh", at=now())
        owner.phone, owner.phone_e164, owner.birthday = "0987 654 321", "+84987654321", date(1980, 11, 20)
        customer.name_contact(owner, "owner", by=None, at=now())
        return added


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def test_lan_sees_all_she_needs_at_the_door(phone_of: PhoneOf, lan: Actor, phuc: uuid.UUID) -> None:
    page = phone_of(lan).get(f"/customers/{phuc}", headers=ENGLISH).text
    assert f'id="customer-{phuc}"' in page
    for link in (
        "tel:+84905412777", "https://zalo.me/84905412777", "mailto:hanh@shop.vn", "tel:+842363812345",
        "https://www.google.com/maps/dir/?api=1&amp;destination=16.070000%2C108.220000", "tel:+84987654321",
        "/customers?tag=m%E1%BA%B7t%20ti%E1%BB%81n", 'href="https://shop.vn"',
    ):  # fmt: skip
        assert link in page, link
    said = words(page)
    for text in (
        "Nhà thuốc Hồng Phúc", "Tier A · Chị Hạnh, owner", "16 days overdue", "last visit", "118 Hải Phòng, Hải Châu",
        "16.07000, 108.22000 by GPS", "KH-42", "0401234567", "every 14 days", "mở mới", "Sau 9 giờ", "Chị Hạnh Owner",
        "Birthday 20 Nov", "Nguyễn Thị Lan since", "Customer added",
    ):  # fmt: skip
        assert text in said, text


def test_a_customer_of_whom_nothing_is_known_has_a_page(phone_of: PhoneOf, house: House, lan: Actor) -> None:
    with house(), writing():
        bare = shop("Chỉ có tên", lan)
    said = words(phone_of(lan).get(f"/customers/{bare}", headers=ENGLISH).text)
    for text in ("No rhythm set", "No pin yet", "Nobody is named here yet.", "Set the pin"):
        assert text in said, text


def test_strangers_get_404_and_learn_nothing(
    phone_of: PhoneOf, outsider: Actor, hung: Actor, binh: Actor, phuc: uuid.UUID
) -> None:
    for stranger in (outsider, hung, binh):
        for address in (f"/customers/{phuc}", f"/customers/{phuc}/timeline"):
            answer = phone_of(stranger).get(address)
            assert answer.status_code == 404
            assert "Hồng Phúc" not in answer.text


def test_mai_and_tuan_see_it_too(phone_of: PhoneOf, mai: Actor, tuan: Actor, phuc: uuid.UUID) -> None:
    for person in (mai, tuan):
        assert phone_of(person).get(f"/customers/{phuc}").status_code == 200


def test_branches_and_head_office_are_named_to_those_who_may_see_them(
    phone_of: PhoneOf, house: House, lan: Actor, hung: Actor, mai: Actor, phuc: uuid.UUID
) -> None:
    with house(), writing():
        shop("Chi nhánh của Lan", lan, parent_id=phuc)
        hungs = shop("Chi nhánh của Hùng", hung, parent_id=phuc)
    lans = phone_of(lan).get(f"/customers/{phuc}").text
    assert "Chi nhánh của Lan" in lans
    assert "Chi nhánh của Hùng" not in lans
    assert "Chi nhánh của Hùng" in phone_of(mai).get(f"/customers/{phuc}").text
    assert "Nhà thuốc Hồng Phúc" not in phone_of(hung).get(f"/customers/{hungs}").text
    assert "Nhà thuốc Hồng Phúc" in phone_of(mai).get(f"/customers/{hungs}").text


class TestTimeline:
    KINDS: ClassVar[list[tuple[str, dict[str, Any], str]]] = [
        ("visit.finished", {"outcome": "order_taken", "minutes": 18, "verdict": "on_site"},
         "Visit · Order taken On site, 18 minutes"),
        ("visit.finished", {"outcome": "closed", "minutes": 1, "verdict": "unproven"},
         "Visit · Closed Location unproven, 1 minute"),
        ("visit.finished", {}, "Visit"),
        ("visit.started", {"kind": "in_person", "verdict": "away", "distance_m": 420},
         "Visiting now 420 m away from the pin"),
        ("visit.started", {"kind": "zalo"}, "On Zalo now"),
        ("visit.left", {"kind": "in_person", "estimated": True}, "Visit, result not told yet end estimated"),
        ("visit.finished", {"kind": "phone", "outcome": "no_order", "minutes": 4}, "Call · No order 4 minutes"),
        ("visit.finished", {"kind": "in_person", "outcome": "own_1", "outcome_label": "Hẹn lại", "helper": True,
                            "attendees": ["Chị Ba"], "next_on": "2001-01-02"},
         "Visit · Hẹn lại helped out, with Chị Ba, next on 2 Jan 2001"),
        ("note.written", {"text": "Kệ dưới còn 2 lốc <b>"}, "Note Kệ dưới còn 2 lốc &lt;b&gt;"),
        ("call.logged", {"minutes": 4}, "Call 4 minutes"),
        ("customer.changed", {"fields": ["phones", "parent_id"]}, "Changed: phones, head office"),
        ("customer.archived", {}, "Put away"),
        ("customer.restored", {}, "Brought back"),
        ("pin.moved", {"from": [16.07, 108.22], "to": [16.08, 108.22]}, "Pin moved by 1.1 km"),
        ("pin.moved", {"from": None}, "Pin moved"),
        ("pin.removed", {}, "Pin taken away"),
        ("assignment.started", {"person": "Lan", "line": "Trà"}, "Lan looks after them Trà"),
        ("assignment.ended", {"person": "Lan", "line": ""}, "Lan no longer looks after them"),
        ("deal.won", {}, "Something happened deal.won"),
    ]  # fmt: skip

    def test_every_kind_is_said_in_words(
        self, phone_of: PhoneOf, house: House, lan: Actor, phuc: uuid.UUID
    ) -> None:
        with house(), writing():
            customer = db.session.get_one(Customer, phuc)
            for kind, payload, _said in self.KINDS:
                timeline.record(customer, kind, by=lan, at=now(), payload=payload)
        said = words(phone_of(lan).get(f"/customers/{phuc}/timeline", headers=ENGLISH).text)
        for _kind, _payload, text in self.KINDS:
            assert text in said, text

    def test_it_is_read_page_by_page(
        self, phone_of: PhoneOf, house: House, lan: Actor, phuc: uuid.UUID
    ) -> None:
        with house(), writing():
            customer = db.session.get_one(Customer, phuc)
            for number in range(70):
                timeline.record(
                    customer, "note.written", by=lan, at=now(), payload={"text": f"Ghi {number:02}."}
                )
        client = phone_of(lan)
        page = client.get(f"/customers/{phuc}", headers=ENGLISH).text
        assert "All 72" in page
        seen: list[str] = []
        address = f"/customers/{phuc}/timeline"
        while address:
            page = client.get(address).text
            seen += re.findall(r"Ghi (\d\d)\.", page)
            more = re.search(r'href="(/customers/[^"]+/timeline\?before=\d+)"', page)
            address = more[1] if more else ""
        assert seen == [f"{number:02}" for number in range(69, -1, -1)]
        fragment = client.get(f"/customers/{phuc}/timeline?before=5", headers={"HX-Request": "true"}).text
        assert "<html" not in fragment
        for before in ("-1", "-" + "9" * 30, "9" * 30, "x", ""):
            assert client.get(f"/customers/{phuc}/timeline?before={before}").status_code == 200

    def test_the_last_three_notes_stand_on_top_however_old(
        self, phone_of: PhoneOf, house: House, lan: Actor, phuc: uuid.UUID
    ) -> None:
        with house(), writing():
            customer = db.session.get_one(Customer, phuc)
            for number in range(4):
                timeline.record(
                    customer, "note.written", by=lan, at=now(), payload={"text": f"Ghi {number}."}
                )
            for _ in range(40):
                timeline.record(customer, "call.logged", by=lan, at=now())
        page = phone_of(lan).get(f"/customers/{phuc}").text
        assert re.findall(r"Ghi (\d)\.", page) == ["3", "2", "1"]

    def test_an_entry_that_came_late_says_so(
        self, phone_of: PhoneOf, house: House, lan: Actor, phuc: uuid.UUID
    ) -> None:
        with house(), writing():
            customer = db.session.get_one(Customer, phuc)
            timeline.record(customer, "call.logged", by=lan, at=now() - timedelta(hours=30))
        assert "sent today" in words(phone_of(lan).get(f"/customers/{phuc}", headers=ENGLISH).text)


def test_reading_a_customer_writes_nothing(
    app: Flask, phone_of: PhoneOf, lan: Actor, phuc: uuid.UUID
) -> None:
    written: list[str] = []
    client = phone_of(lan)
    with app.app_context():

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.lstrip().upper().startswith(("SELECT", "BEGIN", "ROLLBACK", "PRAGMA", "WITH")):
                written.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
    for address in ("", "/edit", "/timeline", "/contacts/new"):
        client.get(f"/customers/{phuc}{address}")
    client.get("/customers?q=phuc")
    assert written == []
