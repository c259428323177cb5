"""Adding a customer: by hand, by script, without JavaScript."""

from __future__ import annotations

import html
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from tests.customers.shops import ENGLISH, House, PhoneOf, shop

KEY = {"Idempotency-Key": "0192-add-a-shop"}


def the(name: str) -> Customer:
    return db.session.scalars(select(Customer).where(Customer.name == name)).one()


def how_many() -> int:
    return db.session.scalar(select(func.count(Customer.id))) or 0


def errors(page: str) -> dict[str, str]:
    """Field id → what stands beside it."""
    found = re.findall(r'<span class="error" id="([\w-]+)-error">.*?<span>(.*?)</span>', page, re.S)
    return {field: html.unescape(words) for field, words in found}


def refused(client: FlaskClient, address: str = "/customers", **fields: Any) -> dict[str, str]:
    answer = client.post(address, data=fields, headers=ENGLISH)
    assert answer.status_code == 422, answer.status
    return errors(answer.text)


class TestWhatLanTypes:
    def test_a_name_is_enough(self, phone_of: PhoneOf, house: House, lan: Actor) -> None:
        client = phone_of(lan)
        answer = client.post("/customers", data={"name": "  Tạp   hóa Bảy "})
        assert answer.status_code == 303
        assert client.get(answer.location).status_code == 200
        with house():
            added = the("Tạp hóa Bảy")
            assert (added.kind, added.status, added.tier) == ("shop", "customer", None)
            assert [standing.person_id for standing in added.people] == [lan.id]

    def test_everything_else_is_kept_as_typed(self, phone_of: PhoneOf, house: House, lan: Actor) -> None:
        with house(), writing():
            shop("Trụ sở", lan, code="HQ")
        sent: dict[str, Any] = {
            "name": "Chi nhánh", "kind": "company", "tier": "A", "status": "lead", "code": "CN-1",
            "phones": ["0905 412 777", "", "0236 3812 345"], "emails": ["a@shop.vn"], "address": "1 Lê Lợi\nHuế",
            "lat": "16.4637", "lng": "107.5909", "website": "shop.vn", "tax_number": "0401234567", "parent": "HQ",
            "source": "hội chợ", "tags": "#sỉ, mặt tiền , sỉ", "preferences": "Sau 9 giờ",
        }  # fmt: skip
        assert phone_of(lan).post("/customers", data=sent).status_code == 303
        with house():
            added = the("Chi nhánh")
            assert [row.e164 for row in added.phones] == ["+84905412777", "+842363812345"]
            assert (added.lat, added.lng, added.pin_source) == (16.4637, 107.5909, "typed")
            assert (added.tags, added.website) == (["mặt tiền", "sỉ"], "https://shop.vn")
            assert added.parent is not None
            assert (added.parent.name, added.address) == ("Trụ sở", "1 Lê Lợi\nHuế")

    def test_a_script_may_say_phone_and_email(self, phone_of: PhoneOf, house: House, lan: Actor) -> None:
        fields = {"name": "Bảy", "phone": "0905412777", "email": "bay@shop.vn"}
        phone_of(lan).post("/customers", data=fields)
        with house():
            assert (the("Bảy").phone, the("Bảy").email) == ("+84905412777", "bay@shop.vn")

    @pytest.mark.parametrize(
        ("extra", "source"), [({"accuracy_m": "12"}, "gps"), ({"pin_source": "map"}, "map"), ({}, "typed")]
    )
    def test_the_pin_knows_how_it_was_got(
        self, phone_of: PhoneOf, house: House, lan: Actor, extra: dict[str, str], source: str
    ) -> None:
        phone_of(lan).post("/customers", data={"name": "Bảy", "lat": "16.4", "lng": "107.5", **extra})
        with house():
            assert the("Bảy").pin_source == source

    def test_a_place_copied_from_a_map_may_go_into_one_field(
        self, phone_of: PhoneOf, house: House, lan: Actor
    ) -> None:
        phone_of(lan).post("/customers", data={"name": "Bảy", "lat": "16.4637, 107.5909"})
        with house():
            assert (the("Bảy").lat, the("Bảy").lng) == (16.4637, 107.5909)

    def test_the_form_opens_with_what_the_address_says(self, phone_of: PhoneOf, lan: Actor) -> None:
        page = phone_of(lan).get("/customers/new?name=Bảy&lat=16.4637&lng=107.5909").text
        for value in ("Bảy", "16.4637", "107.5909"):
            assert f'value="{value}"' in page
        assert 'name="pin_source" value="map"' in page

    def test_marks_that_nobody_sees_are_dropped(self, phone_of: PhoneOf, house: House, lan: Actor) -> None:
        phone_of(lan).post(
            "/customers", data={"name": "T\x01ạp\x07 hóa\u202e\n Bảy", "preferences": "a\x1b\r\nb"}
        )
        with house():
            assert the("Tạp hóa Bảy").preferences == "a\nb"


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "name", "Type a name."),
    ({"name": " \u200b\t "}, "name", "Type a name."),
    ({"name": "\x07"}, "name", "Type a name."),
    ({"name": "x" * 301}, "name", "301 characters are too many. At most 300 fit."),
    ({"code": "x" * 61}, "code", "61 characters are too many. At most 60 fit."),
    ({"phones": "0905 412 77"}, "phones", "One digit short. Mobile numbers have 10 digits."),
    ({"phones": ["0905 412 777", "call me"]}, "phones", "This is not a phone number."),
    ({"phone": "12"}, "phones", "7 digits short. Mobile numbers have 10 digits."),
    ({"phones": [f"0905 412 7{n}" for n in range(10, 21)]}, "phones", "At most 10 fit here."),
    ({"emails": "hanh.shop.vn"}, "emails", "An address has an @ in it, as in name@shop.vn."),
    ({"lat": "abc", "lng": "1"}, "lat", "Latitude and longitude are numbers like 21.0285 and 105.8542."),
    ({"lat": "NaN", "lng": "1"}, "lat", "Latitude and longitude are numbers like 21.0285 and 105.8542."),
    ({"lat": "200", "lng": "200"}, "lat", "Latitude goes from -90 to 90, longitude from -180 to 180."),
    (
        {"lat": "106.7", "lng": "10.77"},
        "lat",
        "Latitude and longitude look swapped. Did you mean 10.77, 106.7?",
    ),
    (
        {"lat": "0", "lng": "0"},
        "lat",
        "0, 0 is in the sea off Africa. Type the real place, or leave both empty.",
    ),
    ({"lat": "10.77"}, "lng", "A place needs both numbers: latitude and longitude."),
    ({"lng": "106.7"}, "lat", "A place needs both numbers: latitude and longitude."),
    ({"tier": "Z"}, "tier", "Choose one of these."),
    ({"status": "boss"}, "status", "Choose one of these."),
    ({"kind": "ship"}, "kind", "Choose one of these."),
    ({"website": "javascript:alert(1)"}, "website", "A website looks like shop.vn or https://shop.vn/menu."),
    ({"website": "https://a b"}, "website", "A website looks like shop.vn or https://shop.vn/menu."),
    ({"parent": "nobody"}, "parent", "None of your customers has this code or name."),
    ({"tags": "x" * 61}, "tags", "A tag has at most 60 characters. Part tags by commas."),
    ({"tags": ",".join(map(str, range(31)))}, "tags", "At most 30 tags fit."),
]


class TestWhatCannotBe:
    def test_each_field_says_what_is_wrong_and_how_to_right_it(
        self, phone_of: PhoneOf, house: House, lan: Actor
    ) -> None:
        client = phone_of(lan)
        for fields, field, words in BAD:
            typed: dict[str, Any] = {"name": "Bảy"} | fields
            assert refused(client, **typed).get(field) == words, fields
        with house():
            assert how_many() == 0

    def test_what_was_typed_stays_and_the_summary_leads_to_it(self, phone_of: PhoneOf, lan: Actor) -> None:
        fields = {
            "name": "Bảy",
            "phones": ["0905 412 777", "0905 412 77"],
            "tier": "B",
            "address": "1 Lê Lợi",
        }
        page = phone_of(lan).post("/customers", data=fields, headers=ENGLISH).text
        for typed in ('value="Bảy"', 'value="0905 412 777"', 'value="0905 412 77"', "1 Lê Lợi</textarea>"):
            assert typed in page, typed
        assert re.search(r'<input checked[^>]*name="tier"[^>]*value="B"', page)
        assert "One thing to put right" in page
        assert '<a href="#phones">Phones: One digit short.' in page
        assert re.search(r'id="phones"[^>]*value="0905 412 77"[^>]*aria-invalid="true"', page)

    def test_a_code_is_given_once_and_a_strangers_is_not_told(
        self, phone_of: PhoneOf, house: House, lan: Actor, outsider: Actor
    ) -> None:
        with house(), writing():
            shop("Của tôi", lan, code="KH-1")
            shop("Của người khác", outsider, code="KH-2")
        client = phone_of(lan)
        assert (
            refused(client, name="x", code="KH-1")["code"] == "Của tôi has the code KH-1. Choose another one."
        )
        assert refused(client, name="x", code="KH-2")["code"] == "The code KH-2 is taken. Choose another one."

    def test_a_head_office_must_be_visible_and_meant(
        self, phone_of: PhoneOf, house: House, lan: Actor, outsider: Actor
    ) -> None:
        with house(), writing():
            stranger = shop("Của người khác", outsider, code="KH-2")
            for _ in range(2):
                shop("Hai lần", lan)
        client = phone_of(lan)
        for parent in ("KH-2", str(stranger), "Của người khác"):
            assert "parent" in refused(client, name="x", parent=parent), parent
        assert refused(client, name="x", parent="hai lan")["parent"].startswith("Several customers")

    def test_a_form_too_large_is_turned_away(self, phone_of: PhoneOf, lan: Actor) -> None:
        answer = phone_of(lan).post("/customers", data={"name": "x" * 3_000_000})
        assert answer.status_code == 413


class TestRepeats:
    def test_the_same_key_adds_one_customer_and_answers_alike(
        self, phone_of: PhoneOf, house: House, lan: Actor
    ) -> None:
        client, fields = phone_of(lan), {"name": "Bảy", "id": str(new_id())}
        first = client.post("/customers", data=fields, headers=KEY)
        again = client.post("/customers", data=fields, headers=KEY)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"] == KEY["Idempotency-Key"]
        assert first.location == again.location == f"/customers/{fields['id']}"
        assert f'id="customer-{fields["id"]}"' in again.text
        with house():
            assert how_many() == 1

    def test_a_plain_form_sent_twice_goes_to_the_same_page(
        self, phone_of: PhoneOf, house: House, lan: Actor
    ) -> None:
        client, fields = phone_of(lan), {"name": "Bảy", "Idempotency-Key": "k-1"}
        assert (
            client.post("/customers", data=fields).location == client.post("/customers", data=fields).location
        )
        with house():
            assert how_many() == 1

    def test_a_refused_form_may_be_righted_under_the_same_key(self, phone_of: PhoneOf, lan: Actor) -> None:
        client = phone_of(lan)
        assert client.post("/customers", data={"name": ""}, headers=KEY).status_code == 422
        assert client.post("/customers", data={"name": "Bảy"}, headers=KEY).status_code == 201

    def test_a_key_does_not_serve_for_something_else(self, phone_of: PhoneOf, lan: Actor) -> None:
        client = phone_of(lan)
        client.post("/customers", data={"name": "Bảy"}, headers=KEY)
        assert client.post("/customers", data={"name": "Tám"}, headers=KEY).status_code == 422

    def test_an_id_is_used_once_and_tells_nothing(
        self, phone_of: PhoneOf, house: House, lan: Actor, outsider: Actor
    ) -> None:
        with house(), writing():
            taken = shop("Của người khác", outsider)
        answer = phone_of(lan).post("/customers", data={"name": "x", "id": str(taken)}, headers=KEY)
        assert answer.status_code == 409
        assert "Của người khác" not in answer.text

    @pytest.mark.parametrize("minted", ["7", str(uuid.uuid4()), "0192" * 8])
    def test_an_id_that_no_phone_mints_is_refused(self, phone_of: PhoneOf, lan: Actor, minted: str) -> None:
        assert phone_of(lan).post("/customers", data={"name": "x", "id": minted}).status_code == 422


class TestWhoAnswersForIt:
    def test_mai_gives_it_to_lan(self, phone_of: PhoneOf, house: House, mai: Actor, lan: Actor) -> None:
        fields = {"name": "Bảy", "responsible": str(lan.id)}
        assert phone_of(mai).post("/customers", data=fields).status_code == 303
        with house():
            assert [standing.person_id for standing in the("Bảy").people] == [lan.id]

    def test_mai_cannot_give_it_to_another_team(self, phone_of: PhoneOf, mai: Actor, outsider: Actor) -> None:
        assert "responsible" in refused(phone_of(mai), name="Bảy", responsible=str(outsider.id))

    def test_lan_is_not_asked_and_cannot_choose(
        self, phone_of: PhoneOf, house: House, lan: Actor, hung: Actor
    ) -> None:
        client = phone_of(lan)
        assert 'name="responsible"' not in client.get("/customers/new").text
        client.post("/customers", data={"name": "Bảy", "responsible": str(hung.id)})
        with house():
            assert [standing.person_id for standing in the("Bảy").people] == [lan.id]

    def test_nobody_writes_fields_that_are_not_theirs(
        self, phone_of: PhoneOf, house: House, lan: Actor
    ) -> None:
        fields = {
            "name": "Bảy",
            "archived_at": "2020-01-01",
            "created_at": "2020-01-01",
            "parent_id": "x",
            "cell": "1",
        }
        phone_of(lan).post("/customers", data=fields)
        with house():
            added = the("Bảy")
            assert (added.archived_at, added.cell) == (None, None)
            assert clock.now() - added.created_at < timedelta(minutes=1)


class TestDuplicates:
    def test_the_team_is_warned_of_the_same_number(
        self, phone_of: PhoneOf, house: House, lan: Actor, hung: Actor
    ) -> None:
        with house(), writing():
            shop("Của Hùng", hung, phones=["0905 412 777"], preferences="mật")
        client, fields = phone_of(lan), {"name": "Bảy", "phones": "+84 905 412 777"}
        answer = client.post("/customers", data=fields, headers=ENGLISH)
        assert answer.status_code == 422
        assert "Is it the same one?" in answer.text
        assert "Của Hùng · Lê Văn Hùng" in answer.text
        assert 'value="Bảy"' in answer.text
        assert "mật" not in answer.text
        assert client.post("/customers", data={**fields, "anyway": "1"}).status_code == 303

    @pytest.mark.parametrize(
        ("fields", "warned"),
        [
            ({"lat": "16.0701", "lng": "108.2201"}, True),
            ({"lat": "16.0800", "lng": "108.2201"}, False),
            ({"address": "12 lê lợi - Huế"}, True),
            ({"address": "13 Lê Lợi, Huế"}, False),
            ({}, False),
        ],
    )
    def test_a_namesake_counts_at_the_same_place(
        self, phone_of: PhoneOf, house: House, lan: Actor, fields: dict[str, str], warned: bool
    ) -> None:
        with house(), writing():
            shop("Tạp hóa Bảy", lan, at=(16.07, 108.22), address="12 Lê Lợi, Huế")
        answer = phone_of(lan).post("/customers", data={"name": "TẠP HÓA BẢY", **fields})
        assert answer.status_code == (422 if warned else 303)

    def test_another_teams_customers_are_not_told(
        self, phone_of: PhoneOf, house: House, lan: Actor, outsider: Actor
    ) -> None:
        with house(), writing():
            shop("Của người khác", outsider, phones=["0905 412 777"])
        assert (
            phone_of(lan).post("/customers", data={"name": "Bảy", "phones": "0905412777"}).status_code == 303
        )

    def test_a_phone_that_sends_later_is_not_asked(self, phone_of: PhoneOf, house: House, lan: Actor) -> None:
        with house(), writing():
            shop("Đã có", lan, phones=["0905 412 777"])
        fields = {"name": "Bảy", "phones": "0905412777"}
        assert phone_of(lan).post("/customers", data=fields, headers=KEY).status_code == 201

    def test_its_page_says_for_a_week_who_may_be_the_same(
        self, phone_of: PhoneOf, house: House, lan: Actor, hung: Actor
    ) -> None:
        with house(), writing():
            shop("Đã có", hung, phones=["0905 412 777"], preferences="mật")
        phone, fields = phone_of(lan), {"name": "Bảy", "phones": "0905412777", "status": "lead"}
        address = phone.post("/customers", data=fields, headers=KEY).headers["Location"]
        page = phone.get(address, headers=ENGLISH).text
        assert "Is it the same one?" in page
        assert "Đã có · Lê Văn Hùng" in page
        assert "mật" not in page
        with clock.frozen(clock.now() + timedelta(days=8)):
            assert "Is it the same one?" not in phone.get(address, headers=ENGLISH).text

    def test_nobody_is_their_own_twin(self, phone_of: PhoneOf, lan: Actor) -> None:
        phone, fields = phone_of(lan), {"name": "Bảy", "phones": "0905412777", "status": "lead"}
        address = phone.post("/customers", data=fields, headers=KEY).headers["Location"]
        assert "Is it the same one?" not in phone.get(address, headers=ENGLISH).text
