"""Customers by the thousand, and the slow, plain answer to who is near."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, Self
from uuid import UUID

from flask import Flask
from sqlalchemy import String, delete, insert, text

from crmweb.accounts.models import Oversight, User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.customers.tiers import Tier
from crmweb.db import Model, db
from crmweb.geo import Point, cell, haversine_m
from crmweb.nearby.asking import Filters
from crmweb.scope import Principal, act_for

TODAY = date(2026, 3, 2)
LATE_BEFORE = date(2026, 3, 1)
"""Today is a Monday: what was due on Sunday is due still."""
NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)
Row = dict[str, Any]


@dataclass
class World:
    """What was put into the database, kept as plain rows."""

    random: Random = field(default_factory=lambda: Random(7))
    users: dict[str, Row] = field(default_factory=dict)
    customers: dict[UUID, Row] = field(default_factory=dict)
    assignments: list[Row] = field(default_factory=list)
    sees: dict[str, set[str]] = field(default_factory=dict)
    _answers: dict[tuple[str, Point, Filters], list[tuple[float, UUID]]] = field(default_factory=dict)

    def person(self, name: str, *, role: str = "rep", sees: Iterable[str] = ()) -> None:
        """A user who sees their own customers and those of the people named."""
        self.users[name] = {
            "id": self.new_id(), "name": name, "role": role, "zone": "Asia/Ho_Chi_Minh", "created_at": NOW,
        }  # fmt: skip
        self.sees[name] = {name, *sees}

    def customer(self, lat: float | None, lng: float | None, **changes: Any) -> UUID:
        """A customer at a place, or nowhere."""
        pinned = lat is not None and lng is not None and not changes.get("archived_at")
        row = {
            "id": self.new_id(), "name": f"Shop {len(self.customers)}", "folded": "", "address": "1 Main St",
            "phone": "+84901234567", "email": None, "tier": self.random.choice(["A", "B", "C", None]),
            "status": self.random.choice(["customer", "customer", "lead", "former"]), "kind": "shop",
            "lat": lat, "lng": lng, "cell": cell(lat, lng) if pinned else None,  # type: ignore[arg-type]
            "preferences": "", "created_at": NOW, "updated_at": NOW, "archived_at": None, **changes,
        }  # fmt: skip
        self.customers[row["id"]] = row
        return row["id"]  # type: ignore[no-any-return]

    def assign(self, customer_id: UUID, person: str, **changes: Any) -> None:
        """Lets a person look after a customer."""
        customer = self.customers[customer_id]
        days = self.random.choice([None, -9, -1, 0, 0, 1, 30])
        self.assignments.append(
            {
                "id": self.new_id(), "customer_id": customer_id, "person_id": self.users[person]["id"],
                "line": "", "since": TODAY, "until": None, "started_at": NOW, "ended_at": None,
                "created_at": NOW, "last_visit_at": NOW - timedelta(days=self.random.randint(1, 90)),
                "next_route_day": None,
                "next_due": None if days is None else TODAY + timedelta(days=days),
                **{name: customer[name] for name in ("cell", "lat", "lng", "tier", "status")}, **changes,
            }
        )  # fmt: skip

    def new_id(self) -> UUID:
        """A random id: ties must not go by order of insertion."""
        return UUID(int=self.random.getrandbits(128))

    def on_stage(self, app: Flask) -> Self:
        """This world and no other in the app's database; written only if another was there before."""
        if app.extensions.get("world") is not self:
            self._store()
            app.extensions["world"] = self
        return self

    def _store(self) -> None:
        act_for(Principal(viewer_id=None, sees_all=True, why="test data"))
        oversight = [
            {"viewer_id": self.users[viewer]["id"], "person_id": self.users[person]["id"]}
            for viewer, people in self.sees.items()
            for person in people
        ]
        for model in (Assignment, Customer, Oversight, User):
            db.session.execute(delete(model))
        if not db.session.get(Tier, "A"):
            db.session.execute(
                insert(Tier), [{"name": name, "visit_every_days": 30, "planned_days": 30} for name in "ABC"]
            )
        _insert(User, self.users.values())
        _insert(Oversight, oversight)
        _insert(Customer, self.customers.values())
        _insert(Assignment, self.assignments)
        db.session.execute(text("ANALYZE"))  # as the databases do by themselves after a while
        db.session.commit()

    def sign_in(self, name: str) -> None:
        """Lets the session at work speak for a person."""
        user = self.users[name]
        act_for(Principal(user["id"], sees_all=user["role"] == "admin", why=user["role"]))

    def nearest(self, viewer: str, at: Point, k: int, filters: Filters) -> list[tuple[float, UUID]]:
        """The slow answer: every customer measured. It is kept, for there are several ways to the quick one."""
        question = viewer, at, filters
        if question not in self._answers:
            shown = (each for each in self.customers.values() if self.shown(viewer, each, filters))
            found = [(haversine_m(at, Point(each["lat"], each["lng"])), each["id"]) for each in shown]
            self._answers[question] = sorted(found)
        return self._answers[question][:k]

    def shown(self, viewer: str, customer: Row, filters: Filters) -> bool:
        """Whether a customer counts for a viewer and their filters."""
        if customer["archived_at"] or customer["lat"] is None:
            return False
        if filters.tiers and customer["tier"] not in filters.tiers:
            return False
        if filters.statuses and customer["status"] not in filters.statuses:
            return False
        sees_all = self.users[viewer]["role"] == "admin"
        if sees_all and not filters.person_id and not filters.due:
            return True
        return bool(self.asked(viewer, customer["id"], filters))

    def asked(self, viewer: str, customer_id: UUID, filters: Filters) -> list[Row]:
        """The assignments of a customer that a viewer's question is about."""
        return [row for row in self.of_customer(customer_id) if self.fits(viewer, row, filters)]

    def of_customer(self, customer_id: UUID) -> list[Row]:
        """The assignments of a customer, whoever's and whenever."""
        if not hasattr(self, "_by_customer"):
            self._by_customer: dict[UUID, list[Row]] = {}
            for row in self.assignments:
                self._by_customer.setdefault(row["customer_id"], []).append(row)
        return self._by_customer.get(customer_id, [])

    def fits(self, viewer: str, assignment: Row, filters: Filters) -> bool:
        """Whether an assignment is current, within the viewer's sight, and as the filters ask."""
        seen = {self.users[name]["id"] for name in self.sees[viewer]}
        due = assignment["next_due"]
        return (
            assignment["started_at"] is not None
            and assignment["ended_at"] is None
            and (assignment["person_id"] in seen or self.users[viewer]["role"] == "admin")
            and filters.person_id in (None, assignment["person_id"])
            and (filters.due is None or (due is not None and _DUE[filters.due](due)))
        )


_DUE: dict[str, Callable[[date], bool]] = {
    "overdue": lambda due: due < LATE_BEFORE,
    "today": lambda due: LATE_BEFORE <= due <= TODAY,
    "ahead": lambda due: due > TODAY,
}


def _insert(model: type[Model], rows: Iterable[Row]) -> None:
    """Rows as they are, in bulk; a text that must be there and does not matter here is empty."""
    table = model.metadata.tables[model.__tablename__]
    must = {
        column.name: "" for column in table.columns if not column.nullable and isinstance(column.type, String)
    }
    remaining = iter(rows)
    while batch := [must | row for row in islice(remaining, 5_000)]:
        db.session.execute(insert(table), batch)


def spread(random: Random, count: int, around: Sequence[Point], metres: float) -> list[Point]:
    """Places scattered around some towns."""
    degrees = metres / 111_195
    return [
        Point(
            max(-90.0, min(90.0, random.gauss(town.lat, degrees))),
            (random.gauss(town.lng, degrees) + 180) % 360 - 180,
        )
        for town in random.choices(around, k=count)
    ]
