"""A shop of Lan's, and her phone in it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.db import db, new_id, writing
from crmweb.visits.models import Visit
from tests.customers.shops import House, PhoneOf, shop

HERE = (21.0285, 105.8542)
NEAR = {"lat": "21.0286", "lng": "105.8542", "accuracy_m": "12"}  # 11 m north of the pin
FAR = {"lat": "21.0385", "lng": "105.8542", "accuracy_m": "12"}  # 1.1 km north


@pytest.fixture
def co_ba(house: House, lan: Actor) -> uuid.UUID:
    """Lan's shop, with a pin that came with the import; tier A, every 14 days."""
    with house(), writing():
        return shop("Tạp hóa Cô Ba", lan, tier="A", at=HERE)


@pytest.fixture
def lans_phone(phone_of: PhoneOf, lan: Actor) -> FlaskClient:
    return phone_of(lan)


CheckIn = Callable[..., TestResponse]


@pytest.fixture
def check_in(lans_phone: FlaskClient) -> CheckIn:
    """`check_in(shop, **fields)` as Lan's page sends it, with an id and a key of its own."""

    def send(customer: uuid.UUID, *, phone: FlaskClient | None = None, **fields: Any) -> TestResponse:
        visit = fields.pop("id", new_id())
        data = {"id": str(visit), "client_at": clock.now().isoformat(), **fields}
        answer = (phone or lans_phone).post(
            f"/customers/{customer}/visits", data=data, headers={"Idempotency-Key": f"key {visit}"}
        )
        answer.visit_id = visit  # type: ignore[attr-defined]
        return answer

    return send


@pytest.fixture
def visit(house: House) -> Callable[[uuid.UUID], Visit]:
    """`visit(id)` as it stands in the database now."""

    def find(visit_id: uuid.UUID) -> Visit:
        with house():
            found = db.session.get_one(Visit, visit_id)
            db.session.refresh(found)
            db.session.expunge(found)
            return found

    return find
