"""Reps with shops that agreed to be written to, and what a visit's outcome begins."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Flask

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.location import LocationAnswer
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.accounts.working_days import WorkingWeek
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.followups.addressees import addressees
from crmweb.followups.consents import Consent
from crmweb.followups.message_templates import CHANNELS, MessageTemplate
from crmweb.followups.sequences import Sequence, Step
from crmweb.scope import system_access

OUTCOME = "interested"
"""With it a visit plans two messages: an email at once, an SMS at one moment for everybody."""


@dataclass(frozen=True)
class Shop:
    id: uuid.UUID
    email: str
    number: str


@dataclass(frozen=True)
class Rep:
    id: uuid.UUID
    zone: str
    cookie: str
    shops: list[Shop]


def settle(app: Flask, *, reps: int, shops: int, sms_in: timedelta) -> list[Rep]:
    """So many reps with so many shops each, in a company that works every day."""
    with app.app_context(), system_access("a drill"):
        with writing():
            WorkingWeek.set(range(7), head_id=None)
        people = [_rep(number, shops) for number in range(reps)]
        with writing():
            _sequence(clock.now() + sms_in)
        return people


def _rep(number: int, shops: int) -> Rep:
    with writing():
        user = User.add(f"Rep {number}", role="rep", email=f"rep{number}@example.com", at=clock.now())
        db.session.flush()
        LocationAnswer.give(True, by=Actor.of(user), at=clock.now())
        cookie = DeviceSession.start(user, at=clock.now(), device="drill")
        return Rep(
            user.id, user.zone, cookie, [_shop(number * shops + place, user) for place in range(shops)]
        )


def _shop(number: int, rep: User) -> Shop:
    shop = Shop(new_id(), f"shop{number}@example.com", f"+84901{number:06}")
    customer = Customer.add(
        by=None, at=clock.now(), id=shop.id, responsible=rep, name=f"Shop {number}", phones=[shop.number],
        emails=[shop.email],
    )  # fmt: skip
    db.session.flush()
    for channel in CHANNELS:
        whom = addressees(customer)[-1]
        Consent.give(customer, whom, channel, how="written", by=Actor.of(rep), at=clock.now())
    return shop


def _sequence(sms_at: datetime) -> None:
    here = sms_at.astimezone(ZoneInfo(User.add("Head", role="admin", at=clock.now()).zone))
    template = MessageTemplate(id=new_id(), name="Thanks", purpose="", created_at=clock.now())
    template.say("email", subject="Thanks, {customer}", text="Thanks, {customer}")
    template.say("sms", subject="", text="How do you like it, {customer}?")
    moments = (("email", time.min), ("sms", here.time()))
    steps = [
        Step(position=place, after_days=0, at_time=at, channel=channel, template=template)
        for place, (channel, at) in enumerate(moments)
    ]
    sequence = Sequence(
        id=new_id(), name="Thanks", outcome=OUTCOME, active=True, created_at=clock.now(), steps=steps
    )
    db.session.add(sequence)
