"""What the team proposes waits in Review for its manager, and for nobody else."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.customers.proposals import GONE, PIN, Proposal
from crmweb.db import db, writing
from tests.customers.shops import ENGLISH, House, PhoneOf


def test_mai_decides_what_lan_proposed_and_binh_sees_nothing_of_it(
    phone_of: PhoneOf, mai: Actor, lan: Actor, binh: Actor, shops: list[uuid.UUID], house: House
) -> None:
    with house(), writing():
        first, second = (db.session.get_one(Customer, each) for each in shops[:2])
        Proposal.make(first, PIN, by=lan, at=clock.now(), place=(10.78, 106.7, 9.0))
        Proposal.make(second, GONE, by=lan, at=clock.now())
    with house():
        pin = db.session.scalars(select(Proposal.id).where(Proposal.kind == PIN)).one()
    phone = phone_of(mai)
    page = phone.get("/review", headers=ENGLISH).text
    assert f"/proposals/{pin}/approve" in page
    assert "waiting for you:</span> 2<" in page.replace(
        "waiting for you: </span>", "waiting for you:</span> "
    )
    assert "/proposals/" not in phone_of(binh).get("/review").text
    phone.post(f"/proposals/{pin}/approve")
    page = phone.get("/review", headers=ENGLISH).text
    assert f"/proposals/{pin}/approve" not in page
    assert "Tạp hóa số 2" in page


def test_what_mai_proposed_herself_waits_for_somebody_else(
    phone_of: PhoneOf, mai: Actor, shops: list[uuid.UUID], house: House
) -> None:
    with house(), writing():
        Proposal.make(db.session.get_one(Customer, shops[0]), GONE, by=mai, at=clock.now())
    assert "/proposals/" not in phone_of(mai).get("/review").text
