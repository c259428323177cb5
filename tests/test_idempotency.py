"""A write that comes twice happens once, and whoever repeats it hears the same again."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers import routes as customers_routes
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.idempotency import KEPT_FOR, KeptAnswer
from tests.shops import Shops

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
Form = dict[str, str]

KEY = "01a2017a-cc4d-775a-a077-27f10bf05602"
BY_SCRIPT = {"Idempotency-Key": KEY}


@pytest.fixture
def phone(lan: Actor, phone_of: PhoneOf) -> FlaskClient:
    return phone_of(lan)


@pytest.fixture
def shop() -> Form:
    """A new shop, as a phone would send it."""
    return {"id": str(new_id()), "name": "Tạp hóa Bình Minh", "kind": "shop", "status": "customer"}


def count(house: House) -> int:
    with house():
        return db.session.scalar(select(func.count()).select_from(Customer)) or 0


def minted(at: datetime, version: int = 7) -> str:
    """An id as a phone would mint it at that moment."""
    stamp = int(at.timestamp() * 1000) & (2**48 - 1)
    return str(uuid.UUID(int=stamp << 80 | version << 76 | 2 << 62 | 4711))


# --- the same again ---------------------------------------------------------------------------------


def test_a_plain_form_sent_twice_makes_one_shop(phone: FlaskClient, shop: Form, house: House) -> None:
    form = {**shop, "Idempotency-Key": KEY}
    first, again = phone.post("/customers", data=form), phone.post("/customers", data=form)
    assert (first.status_code, first.location) == (303, f"/customers/{shop['id']}")
    assert (again.status_code, again.location) == (303, f"/customers/{shop['id']}")
    assert count(house) == 1


@pytest.mark.parametrize("more", [{}, {"HX-Request": "true"}], ids=["the outbox", "htmx"])
def test_a_script_that_repeats_hears_the_same(
    phone: FlaskClient, shop: Form, house: House, more: dict[str, str]
) -> None:
    first, again = (phone.post("/customers", data=shop, headers={**BY_SCRIPT, **more}) for _ in range(2))
    for answer in (first, again):
        assert answer.status_code == 201
        assert answer.headers["Idempotency-Key"] == KEY
        assert answer.headers["Location"] == f"/customers/{shop['id']}"
        assert shop["name"] in answer.text
    assert first.text == again.text
    assert count(house) == 1


def test_the_form_and_the_outbox_may_send_the_same_write(
    phone: FlaskClient, shop: Form, house: House
) -> None:
    """A page was sent and its answer lost; the outbox then sends what it had kept."""
    assert phone.post("/customers", data={**shop, "Idempotency-Key": KEY}).status_code == 303
    assert phone.post("/customers", data=shop, headers=BY_SCRIPT).status_code == 201
    assert count(house) == 1


def test_a_repeat_need_not_come_on_the_same_device(
    lan: Actor, phone_of: PhoneOf, shop: Form, house: House
) -> None:
    for client in (phone_of(lan), phone_of(lan)):
        assert client.post("/customers", data=shop, headers=BY_SCRIPT).status_code == 201
    assert count(house) == 1


def test_a_repeat_after_weeks_is_answered(phone: FlaskClient, shop: Form, house: House) -> None:
    phone.post("/customers", data=shop, headers=BY_SCRIPT)
    with clock.frozen(clock.now() + timedelta(days=13)):
        assert phone.post("/customers", data=shop, headers=BY_SCRIPT).status_code == 201
    assert count(house) == 1


def test_a_repeat_is_answered_when_the_shop_has_gone_to_others(
    phone: FlaskClient, shop: Form, house: House
) -> None:
    """Or the phone would keep for ever what has long been written."""
    phone.post("/customers", data=shop, headers=BY_SCRIPT)
    with house(), writing():
        for assignment in db.session.scalars(select(Assignment)):
            assignment.end(by=None, at=clock.now())
    assert phone.get(f"/customers/{shop['id']}").status_code == 404
    again = phone.post("/customers", data=shop, headers=BY_SCRIPT)
    assert (again.status_code, again.headers["Idempotency-Key"]) == (201, KEY)
    assert again.json == {"id": shop["id"]}
    assert shop["name"] not in again.text


def test_two_at_once_make_one_shop(
    app: Flask, lan: Actor, phone_of: PhoneOf, shop: Form, house: House
) -> None:
    phones = [phone_of(lan) for _ in range(4)]
    with ThreadPoolExecutor(4) as crowd:
        answers = list(
            crowd.map(lambda phone: phone.post("/customers", data=shop, headers=BY_SCRIPT), phones)
        )
    assert [answer.status_code for answer in answers] == [201] * 4
    assert {answer.headers["Location"] for answer in answers} == {f"/customers/{shop['id']}"}
    assert count(house) == 1


def test_the_second_hears_the_first_ones_answer_who_was_quicker_by_a_moment(
    lan: Actor, phone_of: PhoneOf, shop: Form, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is looked for, then the first one commits, then the id is looked for."""
    first, second, look = phone_of(lan), phone_of(lan), customers_routes._refuse_taken
    waiting = [first]

    def late(id: uuid.UUID | None) -> None:
        if waiting:
            phone = waiting.pop()
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(phone.post, "/customers", data=shop, headers=BY_SCRIPT).result()
        look(id)

    monkeypatch.setattr(customers_routes, "_refuse_taken", late)
    assert second.post("/customers", data=shop, headers=BY_SCRIPT).status_code == 201
    assert count(house) == 1


# --- not the same -----------------------------------------------------------------------------------


def test_another_content_under_the_same_key_is_refused(phone: FlaskClient, shop: Form, house: House) -> None:
    phone.post("/customers", data=shop, headers=BY_SCRIPT)
    for other in (
        {**shop, "name": "Another"},
        {**shop, "address": "12 Lê Lợi"},
        {**shop, "id": str(new_id())},
    ):
        assert phone.post("/customers", data=other, headers=BY_SCRIPT).status_code == 422
    assert count(house) == 1


def test_the_same_key_at_another_address_is_refused(phone: FlaskClient, shop: Form) -> None:
    phone.post("/customers", data=shop, headers=BY_SCRIPT)
    for path in (f"/customers/{shop['id']}", f"/customers/{shop['id']}/archive"):
        assert phone.post(path, data=shop, headers=BY_SCRIPT).status_code == 422


def test_the_order_of_the_fields_does_not_matter(phone: FlaskClient, shop: Form) -> None:
    phone.post("/customers", data=shop, headers=BY_SCRIPT)
    turned = dict(reversed(shop.items()))
    assert phone.post("/customers", data=turned, headers=BY_SCRIPT).status_code == 201


def test_another_persons_key_is_their_own(
    lan: Actor, mai: Actor, phone_of: PhoneOf, shop: Form, house: House
) -> None:
    assert phone_of(lan).post("/customers", data=shop, headers=BY_SCRIPT).status_code == 201
    theirs = {**shop, "id": str(new_id()), "name": "Somewhere else"}
    assert phone_of(mai).post("/customers", data=theirs, headers=BY_SCRIPT).status_code == 201
    assert count(house) == 2


def test_a_refused_write_does_not_use_its_key_up(phone: FlaskClient, shop: Form, house: House) -> None:
    assert phone.post("/customers", data={**shop, "name": ""}, headers=BY_SCRIPT).status_code == 422
    assert phone.post("/customers", data=shop, headers=BY_SCRIPT).status_code == 201
    assert count(house) == 1


# --- ids --------------------------------------------------------------------------------------------


def test_an_id_that_is_taken_is_refused_and_nothing_is_told(
    lan: Actor, outsider: Actor, phone_of: PhoneOf, shop: Form, house: House
) -> None:
    phone_of(lan).post("/customers", data=shop, headers=BY_SCRIPT)
    for person in (lan, outsider):
        answer = phone_of(person).post(
            "/customers", data={**shop, "name": "Mine now"}, headers={"Idempotency-Key": f"of {person.role}"}
        )
        assert answer.status_code == 409
        assert shop["name"] not in answer.text
        assert lan.name not in answer.text
    assert count(house) == 1


def test_of_two_with_one_id_at_once_one_is_refused(
    lan: Actor, mai: Actor, phone_of: PhoneOf, shop: Form, house: House
) -> None:
    phones = [phone_of(person) for person in (lan, mai, lan, mai)]

    def send(number: int) -> TestResponse:
        key = {"Idempotency-Key": f"key {number}"}
        return phones[number].post("/customers", data={**shop, "name": f"Shop {number}"}, headers=key)

    with ThreadPoolExecutor(4) as crowd:
        answers = [answer.status_code for answer in crowd.map(send, range(4))]
    assert sorted(answers) == [201, 409, 409, 409]
    assert count(house) == 1


@pytest.mark.parametrize("days", [-90, -45, 0, 0.99])
def test_an_id_of_these_weeks_is_taken_as_it_is(phone: FlaskClient, shop: Form, days: float) -> None:
    fresh = minted(clock.now() + timedelta(days=days, minutes=1 if days < 0 else 0))
    answer = phone.post("/customers", data={**shop, "id": fresh}, headers=BY_SCRIPT)
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/customers/{fresh}")


@pytest.mark.parametrize(
    "id",
    [
        minted(clock.now() - timedelta(days=91)),
        minted(clock.now() + timedelta(days=2)),
        minted(clock.now(), version=4),
        minted(clock.now(), version=1),
        "ffffffff-ffff-7fff-bfff-ffffffffffff",
        "00000000-0000-7000-8000-000000000000",
        "00000000-0000-0000-0000-000000000000",
        str(uuid.uuid4()),
        "garbage",
        "1",
        "0" * 5000,
        "'; DROP TABLE customers --",
    ],
)
def test_an_id_that_no_phone_of_ours_mints_is_refused(
    phone: FlaskClient, shop: Form, house: House, id: str
) -> None:
    for headers in (BY_SCRIPT, {}):
        assert phone.post("/customers", data={**shop, "id": id}, headers=headers).status_code == 422
    assert count(house) == 0


def test_without_an_id_the_server_gives_one(phone: FlaskClient, shop: Form) -> None:
    answer = phone.post("/customers", data={**shop, "id": ""}, headers=BY_SCRIPT)
    assert answer.status_code == 201
    assert uuid.UUID(answer.headers["Location"].rpartition("/")[2]).version == 7
    assert (
        phone.post("/customers", data={**shop, "id": ""}, headers=BY_SCRIPT).headers["Location"]
        == (answer.headers["Location"])
    )


# --- keys -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "x" * 101, "é", "a\tb", "\x7f"])
def test_a_key_that_cannot_be_one_is_refused(phone: FlaskClient, shop: Form, house: House, key: str) -> None:
    assert phone.post("/customers", data=shop, headers={"Idempotency-Key": key}).status_code == 422
    assert count(house) == 0


def test_a_plain_form_needs_no_key(phone: FlaskClient, shop: Form, house: House) -> None:
    assert phone.post("/customers", data={**shop, "Idempotency-Key": ""}).status_code == 303
    assert count(house) == 1


def test_keys_are_kept_for_a_hundred_days(phone: FlaskClient, shop: Form, house: House) -> None:
    phone.post("/customers", data=shop, headers=BY_SCRIPT)
    for passed, left in ((KEPT_FOR - timedelta(hours=1), 1), (KEPT_FOR + timedelta(hours=1), 0)):
        with house(), writing():
            KeptAnswer.prune(at=clock.now() + passed)
        with house():
            assert db.session.scalar(select(func.count()).select_from(KeptAnswer)) == left


def test_keys_outlive_the_ids_that_phones_mint() -> None:
    from crmweb.idempotency import OLDEST_ID

    assert KEPT_FOR > OLDEST_ID


def test_what_is_kept_names_no_content(phone: FlaskClient, shop: Form, house: House, lan: Actor) -> None:
    phone.post("/customers", data=shop, headers=BY_SCRIPT)
    with house():
        kept = db.session.scalars(select(KeptAnswer)).one()
        assert (kept.user_id, kept.key, kept.status) == (lan.id, KEY, 201)
        assert str(kept.record_id) == shop["id"]
        assert len(kept.digest) == 32


def test_a_change_sent_twice_is_made_once(phone: FlaskClient, house: House, shops: Shops) -> None:
    for _ in range(2):
        answer = phone.post(f"/customers/{shops.lan}/archive", headers=BY_SCRIPT)
        assert (answer.status_code, answer.headers["Idempotency-Key"]) == (200, KEY)
    with house():
        assert db.session.get_one(Customer, shops.lan).archived_at is not None


@pytest.fixture
def shops(house: House) -> Shops:
    with house():
        return Shops.open()
