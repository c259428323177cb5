"""A handful of shops, so that there is something to see and something that is not one's own.

Every shop has a phone, a tag, an external id and a contact; each is named for who looks after it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer, ExternalId
from crmweb.db import db, new_id, writing
from tests import cast


@dataclass(frozen=True)
class Shops:
    """The ids of the shops. `coming` is Lan's from next week on, `over` was hers until last week."""

    lan: uuid.UUID
    hung: uuid.UUID
    outsider: uuid.UUID
    nobody: uuid.UUID
    coming: uuid.UUID
    over: uuid.UUID

    @classmethod
    def open(cls) -> Shops:
        """Put them into the database of the session at work."""
        with writing():
            people = {key: _user(key) for key in ("lan", "hung", "outsider")}
            shops = {key: _shop(key, responsible=user) for key, user in people.items()}
            shops |= {key: _shop(key) for key in ("nobody", "coming", "over")}
            today = clock.today(people["lan"].zone)
            shops["coming"].assign(people["lan"], by=None, at=clock.now(), since=today + timedelta(days=7))
            past = clock.now() - timedelta(days=7)
            shops["over"].assign(people["lan"], by=None, at=past).end(by=None, at=clock.now())
            return cls(**{key: shop.id for key, shop in shops.items()})


def shop_name(keeper: str) -> str:
    return f"Shop of {keeper}"


def _user(key: str) -> User:
    return db.session.scalars(select(User).where(User.email == cast.PARTS[key].email)).one()


def _shop(keeper: str, responsible: User | None = None) -> Customer:
    shop = Customer.add(
        by=None,
        at=clock.now(),
        responsible=responsible,
        name=shop_name(keeper),
        code=f"CODE-{keeper}",
        phones=[f"0901 234 567 {keeper}"],
        emails=[f"{keeper}@shops.example.com"],
        tags=[f"tag-{keeper}"],
        source=f"source-{keeper}",
    )
    keeps = Contact(id=new_id(), name=f"Keeper of {keeper}", created_at=clock.now())
    shop.contacts = [CustomerContact(contact=keeps, role="owner", position=0)]
    shop.move_pin(10.77, 106.69, source="map", by=None, at=clock.now())
    db.session.add(ExternalId(customer_id=shop.id, source="erp", external_id=f"erp-{keeper}"))
    return shop
