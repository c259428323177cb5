"""Lan's phone, which brings late and out of order what it kept."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.clock import HeldClock
from crmweb.db import db, new_id, writing
from crmweb.outbox.models import OutboxWrite
from tests.customers.shops import House, PhoneOf, shop
from tests.followups.conftest import minted
from tests.visits.photos import photo

MORNING = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
"""Ten in the morning in Saigon, when the phone lost its signal."""

HERE = (21.0285, 105.8542)
NEAR = {"lat": "21.0286", "lng": "105.8542", "accuracy_m": "12"}


def fresh_id(at: datetime) -> uuid.UUID:
    """A UUIDv7 that a phone mints at that moment, another one each time."""
    return uuid.UUID(int=uuid.UUID(minted(at)).int | (new_id().int & (1 << 62) - 1))


@dataclass
class Item:
    """One write as a phone keeps it; sent again, it is the same."""

    path: str
    fields: dict[str, Any]
    picture: bytes | None = None
    key: str = field(default_factory=lambda: str(new_id()))


class Phone:
    """A phone, which sends what it kept when it is told to; its person signs in again where that is asked."""

    def __init__(self, phone_of: PhoneOf, person: Actor) -> None:
        self.phone_of, self.person = phone_of, person
        self.client = phone_of(person)

    def sign_in(self) -> FlaskClient:
        self.client = self.phone_of(self.person)
        return self.client

    def send(self, item: Item, **headers: str) -> TestResponse:
        answer = self._send(item, headers)
        if answer.json == {"error": "signed_out"}:
            self.sign_in()
            answer = self._send(item, headers)
        return answer

    def _send(self, item: Item, headers: dict[str, str]) -> TestResponse:
        data = dict(item.fields)
        if item.picture is not None:
            data["photo"] = (io.BytesIO(item.picture), "p.jpg")
        told = {"Idempotency-Key": item.key, "Person": str(self.person.id), "App-Version": "b1", **headers}
        answer = self.client.post(item.path, data=data, headers=told)
        if answer.status_code < 300:
            assert answer.headers["Idempotency-Key"] == item.key
        return answer


@dataclass
class Kept:
    """A visit as the phone kept it: begun `at`, its place a moment later, its result after 20 minutes, then a photo."""

    customer: uuid.UUID
    at: datetime
    outcome: str = "no_order"
    note: str = "Chưa cần hàng"
    more: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.id = fresh_id(self.at)
        self.check_in = self._item(
            f"/customers/{self.customer}/visits", timedelta(), id=str(self.id), kind="in_person"
        )
        self.place = self._item(
            f"/visits/{self.id}/place", timedelta(seconds=5), **NEAR,
            fixed_at=(self.at + timedelta(seconds=5)).isoformat(),
        )  # fmt: skip
        self.finish = self._item(
            f"/visits/{self.id}/finish",
            timedelta(minutes=20),
            outcome=self.outcome,
            note=self.note,
            **self.more,
        )
        self.photo = self._item(f"/visits/{self.id}/photos", timedelta(minutes=21))
        self.photo.picture = photo()

    def _item(self, path: str, later: timedelta, **fields: Any) -> Item:
        return Item(path, {"client_at": (self.at + later).isoformat(), **fields})

    @property
    def items(self) -> tuple[Item, Item, Item, Item]:
        return self.check_in, self.place, self.finish, self.photo


@pytest.fixture(autouse=True)
def time(app: Flask) -> Iterator[HeldClock]:
    with clock.frozen(MORNING) as held:
        yield held


@pytest.fixture
def co_ba(time: HeldClock, house: House, lan: Actor) -> uuid.UUID:
    """Lan's shop, with a pin; hers for half a year."""
    with clock.frozen(MORNING - timedelta(days=180)), house(), writing():
        return shop("Tạp hóa Cô Ba", lan, tier="A", at=HERE)


@pytest.fixture
def others(time: HeldClock, house: House, outsider: Actor) -> uuid.UUID:
    with clock.frozen(MORNING - timedelta(days=180)), house(), writing():
        return shop("Shop of the outsider", outsider, at=HERE)


@pytest.fixture
def phone(phone_of: PhoneOf, lan: Actor) -> Phone:
    return Phone(phone_of, lan)


@pytest.fixture
def kept(co_ba: uuid.UUID, time: HeldClock) -> Kept:
    """A visit of this morning; it comes an hour later."""
    made = Kept(co_ba, MORNING)
    time.move(timedelta(hours=1))
    return made


Writes = Callable[[], list[OutboxWrite]]


@pytest.fixture
def writes(house: House) -> Writes:
    """All that is held or in quarantine, in the order in which it came."""

    def find() -> list[OutboxWrite]:
        with house():
            found = list(db.session.scalars(select(OutboxWrite).order_by(OutboxWrite.id)))
            for write in found:
                db.session.refresh(write, ["files"])
                db.session.expunge(write)
            return found

    return find
