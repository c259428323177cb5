"""Founding the demo company in a database."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, inspect, select

from crmweb.accounts.actor import Actor
from crmweb.accounts.location import VERSION, LocationAnswer
from crmweb.accounts.models import User
from crmweb.config import current_settings
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer, ExternalId
from crmweb.customers.reaching.phones import read_phone
from crmweb.customers.tiers import Tier
from crmweb.db import db, new_id, writing
from crmweb.demo import Refused, letters
from crmweb.demo.accounts import learn_touches, tell_of_accounts
from crmweb.demo.books import Standing, demo_books
from crmweb.demo.calendar import any_moment, local_day, moment, workday_near
from crmweb.demo.chance import dice_for
from crmweb.demo.contacts import DemoContact, demo_contacts
from crmweb.demo.history import DemoHistory, Happening
from crmweb.demo.loose_ends import leave_open
from crmweb.demo.people import PEOPLE, SEED, demo_id
from crmweb.demo.places import HANOI
from crmweb.demo.routes import Routed, lay_routes
from crmweb.demo.shops import DemoShop, demo_shops
from crmweb.demo.visits import keep_records
from crmweb.scope import system_access
from crmweb.timeline import Event

DEMO = "demo"
"""The source under which every demo customer has an external id; removal goes by it."""


_AT_ONCE = 60
"""Shops written together: the checks on what is written grow faster than its number."""


@dataclass(frozen=True)
class Founded:
    """What was made."""

    people: int
    customers: int
    events: int


def found(at: dt.datetime) -> Founded | None:
    """Make the company as of `at`, unless somebody or something is here. Raises `Refused`."""
    refuse_where_unfit()
    founding = _Founding(at)
    with system_access("demo company"), writing():
        return founding.found() if is_empty() else None


def refuse_where_unfit() -> None:
    """Raises `Refused` where real people work, and where there are no tables yet."""
    if current_settings().env == "production":
        raise Refused("CRMWEB_ENV is production: the demo company is for development and trying out only")
    if not inspect(db.engine).has_table(User.__tablename__):
        raise Refused("the database has no tables yet: `crmweb run` makes them, and the demo company too")


def is_empty() -> bool:
    """Whether nobody works here and no customer is kept. Needs a session that sees everything."""
    return db.session.scalar(select(User.id).limit(1)) is None and (
        db.session.scalar(select(Customer.id).limit(1)) is None
    )


class _Founding:
    """The whole company as of a moment: drawn up first, then written in one go."""

    def __init__(self, at: dt.datetime) -> None:
        self._at, self._today = at, local_day(at)
        self._dice = dice_for(SEED, "founding")
        self._shops = demo_shops(SEED)
        contacts = demo_contacts(SEED, self._shops)
        standings = demo_books(SEED, self._shops, self._today)
        self._history = DemoHistory(SEED, standings, contacts, at)
        self._contacts_of: dict[str, list[DemoContact]] = defaultdict(list)
        for contact in contacts:
            for shop, _ in contact.places:
                self._contacts_of[shop].append(contact)
        self._standings_of: dict[str, list[Standing]] = defaultdict(list)
        for standing in standings:
            self._standings_of[standing.shop.key].append(standing)
        self._staff: dict[str, User] = {}
        self._people: dict[str, Contact] = {}
        self._events: list[dict[str, Any]] = []
        self._routed: dict[str, list[Routed]] = defaultdict(list)

    def found(self) -> Founded:
        """Write everything with customers' own verbs; the events go last, in the order of their time."""
        Tier.intervals()
        self._hire()
        with db.session.no_autoflush:
            for position, shop in enumerate(self._shops):
                self._open(shop)
                if position % _AT_ONCE == 0:
                    self._write()
            self._write()
        happened = [self._event(happening) for happening in self._history.happenings]
        shops = {shop.id: shop for shop in self._shops}
        keep_records(happened, shops, self._dice)
        letters.stand_ready(moment(self._workday(200), 0))
        sent = letters.were_sent(happened, shops, at=self._at)
        self._events = sorted([*self._events, *happened, *sent], key=_moment_of)
        db.session.execute(insert(Event), self._events)
        learn_touches(sent)
        lay_routes(self._routed, today=self._today, at=moment(self._workday(200), 0))
        leave_open({person.key: self._actor(person.key) for person in PEOPLE}, today=self._today, at=self._at)
        letters.plan_some(self._actor("lan"), at=self._at)
        tell_of_accounts(self._actor("hung"), today=self._today, at=self._at)
        return Founded(len(self._staff), len(self._shops), len(self._events))

    def _hire(self) -> None:
        hired_at = moment(self._workday(1000), 20)
        for person in PEOPLE:
            self._staff[person.key] = User.add(
                person.name,
                id=person.id,
                role=person.role,
                at=hired_at,
                email=person.email,
                phone=read_phone(person.phone).e164,
                manager=self._staff[person.manager] if person.manager else None,
            )
            agreed = LocationAnswer(person_id=person.id, agreed=True, version=VERSION, at=hired_at)
            db.session.add(agreed)

    def _workday(self, days_ago: int) -> dt.date:
        return workday_near(self._today - dt.timedelta(days=days_ago), self._today)

    def _open(self, shop: DemoShop) -> None:
        """The shop, the people there, who looks after it, and its end if it has been put away."""
        customer = self._add(shop)
        for contact in self._contacts_of[shop.key]:
            self._introduce(customer, contact, shop.key)
        customer.file()
        for standing in self._standings_of[shop.key]:
            self._assign(customer, standing)
        if shop.archived:
            when = any_moment(self._workday(self._dice.randint(20, 60)), self._dice)
            customer.archive(by=self._opener(shop), at=when)

    def _add(self, shop: DemoShop) -> Customer:
        standings = self._standings_of[shop.key]
        day = standings[0].since if standings else self._workday(30)
        by, at = self._opener(shop), moment(day, self._dice.uniform(0.0, 1.9))
        responsible = self._staff[shop.rep] if shop.rep else None
        customer = Customer.add(by=by, at=at, id=shop.id, responsible=responsible, **_facts(shop))
        db.session.add(ExternalId(customer_id=shop.id, source=DEMO, external_id=shop.key))
        if shop.pin is not None:
            # The manager has approved it: nobody is on site by a pin of their own.
            customer.move_pin(*shop.pin, source=shop.pin_source, by=self._manager(shop), at=at)
        return customer

    def _opener(self, shop: DemoShop) -> Actor:
        """Who brought the customer in: the list came with the administrator, the rest with the rep."""
        if shop.source == "danh sách cũ":
            return self._actor("tuan")
        return self._actor(shop.rep) if shop.rep else self._manager(shop)

    def _manager(self, shop: DemoShop) -> Actor:
        return self._actor("mai" if shop.ward.city == HANOI else "phuc")

    def _actor(self, key: str) -> Actor:
        return Actor.of(self._staff[key])

    def _introduce(self, customer: Customer, contact: DemoContact, shop: str) -> None:
        if contact.key not in self._people:
            self._people[contact.key] = _person(contact, customer.created_at)
        place = CustomerContact(
            customer_id=customer.id,
            contact=self._people[contact.key],
            role=dict(contact.places)[shop],
            position=len(customer.contacts),
        )
        customer.contacts.append(place)

    def _assign(self, customer: Customer, standing: Standing) -> None:
        """A rep's own shop came with them; the others were agreed later by the manager."""
        began = moment(standing.since, self._dice.uniform(2.0, 30.0))
        manager = self._manager(standing.shop)
        if standing.line or standing.is_cover:
            person = self._staff[standing.person]
            assignment = customer.assign(
                person, by=manager, at=began, line=standing.line, since=standing.since, until=standing.until
            )
        else:
            assignment = customer.assignments[0]
        self._date(assignment, standing, manager)

    def _date(self, assignment: Assignment, standing: Standing, manager: Actor) -> None:
        """Last visit and end; whoever stands in goes on from the last visit of the one who is away."""
        visitor = standing.shop.rep if standing.is_cover else standing.person
        last_visit = self._history.last_visits.get((standing.shop.key, visitor or ""))
        if last_visit is not None:
            assignment.visited(at=last_visit)
        if touch := self._history.touches.get(standing.shop.key):
            assignment.touched(touch.at, touch.how)
        if standing.is_cover and standing.shop.rep:
            assignment.stands_in_for_id = self._staff[standing.shop.rep].id
        if not standing.is_cover and not standing.line and assignment.next_due is not None:
            self._route(assignment, standing)
        if standing.until is not None and standing.until < self._today:
            assignment.end(by=manager, at=moment(standing.until + dt.timedelta(days=1), 0))

    def _route(self, assignment: Assignment, standing: Standing) -> None:
        """The rep's route leads there on the weekday on which the shop is due."""
        shop, seen = standing.shop, assignment.last_visit_at
        today = seen is not None and local_day(seen) == self._today
        day = self._today if today else assignment.next_due
        assert day is not None
        self._routed[standing.person].append(
            Routed(shop.id, shop.tier or "C", day, (shop.ward.name, shop.key))
        )

    def _write(self) -> None:
        """Send the shops to the database; their events wait, to be numbered among all the others."""
        for row in list(db.session.new):
            if isinstance(row, Event):
                self._events.append(_row(row.customer_id, row.kind, row.by_id, row.at, row.payload))
                db.session.expunge(row)
        db.session.flush()

    def _event(self, happening: Happening) -> dict[str, Any]:
        shop, by = demo_id("customer", happening.shop), self._staff[happening.by]
        return _row(shop, happening.kind, by.id, happening.at, happening.payload)


def _row(
    customer_id: uuid.UUID, kind: str, by_id: uuid.UUID | None, at: dt.datetime, payload: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "customer_id": customer_id,
        "kind": kind,
        "by_id": by_id,
        "at": at,
        "recorded_at": at,
        "payload": payload,
    }


def _moment_of(event: dict[str, Any]) -> dt.datetime:
    happened: dt.datetime = event["at"]
    return happened


def _facts(shop: DemoShop) -> dict[str, Any]:
    """What `Customer.add` takes directly."""
    return {
        "code": shop.code,
        "kind": shop.kind,
        "parent_id": shop.parent_id,
        "tax_number": shop.tax_number,
        "name": shop.name,
        "address": shop.address,
        "website": shop.website,
        "tier": shop.tier,
        "status": shop.status,
        "source": shop.source,
        "preferences": shop.preferences or "",
        "phones": shop.phones,
        "emails": (shop.email,) if shop.email else (),
        "tags": shop.tags,
    }


def _person(contact: DemoContact, at: dt.datetime) -> Contact:
    return Contact(
        id=contact.id,
        name=contact.name,
        phone=contact.phone,
        phone_e164=read_phone(contact.phone).e164 if contact.phone else None,
        email=contact.email,
        birthday=contact.birthday,
        birthday_lunar=contact.birthday_lunar,
        preferences=contact.preferences or "",
        created_at=at,
    )
