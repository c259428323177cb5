"""The list of customers: what may be asked of it, and its pages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, literal, null, or_, select, tuple_
from sqlalchemy.orm import aliased
from werkzeug.datastructures import MultiDict

from crmweb.accounts.models import Oversight
from crmweb.customers import asking
from crmweb.customers.asking import Args, BadQuestion
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.due import DUE_STATES, OVERDUE, by_state
from crmweb.customers.faces import Face, faces
from crmweb.customers.models import STATUSES, Customer, CustomerTag
from crmweb.customers.search import Search
from crmweb.customers.tiers import Tier
from crmweb.db import Id, db
from crmweb.languages import gettext as _
from crmweb.names import nfc
from crmweb.scope import VIEWER, principal

PAGE = 30
COUNTED = 10_000
"""Customers up to which somebody who sees everyone gets an exact count."""

BY_NAME, BY_DUE = "name", "due"
NO_DATE = "none"

_LAST = aliased(Customer)


class Page(NamedTuple):
    """Some rows of the list, and the address of the next ones, if there are any."""

    rows: list[Face]
    more: str | None


class Counts(NamedTuple):
    """How many customers a list has, and how many of them are overdue where that can be told quickly.

    `customers` may be just past `COUNTED`, which then means "more".
    """

    customers: int
    overdue: int | None


@dataclass(frozen=True)
class Listing:
    """One look at the list. The fields are the parameters of its address."""

    q: str = ""
    tier: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    due: str | None = None
    tag: str = ""
    person: uuid.UUID | None = None
    pin: str | None = None
    archived: str | None = None
    sort: str = BY_NAME
    after: str = ""

    @classmethod
    def read(cls, args: Args) -> Listing:
        """What the address asks. Raises `BadQuestion`."""
        return cls(
            q=asking.only(args, "q"),
            tier=asking.several_of(args, "tier", tuple(Tier.intervals())),
            status=asking.several_of(args, "status", STATUSES),
            due=asking.one_of(args, "due", DUE_STATES),
            tag=nfc(asking.only(args, "tag").replace("\0", ""))[:60],
            person=asking.person(args),
            pin=asking.one_of(args, "pin", ("none",)),
            archived=asking.one_of(args, "archived", ("1",)),
            sort=asking.one_of(args, "sort", (BY_NAME, BY_DUE)) or BY_NAME,
            after=asking.only(args, "after"),
        )

    def address(self, **changes: Any) -> str:
        """The address that asks the same but for `changes`, from the first page on."""
        asked = replace(self, **{"after": "", **changes}).parameters()
        return f"/customers?{urlencode(asked, doseq=True)}" if asked else "/customers"

    def parameters(self) -> dict[str, Any]:
        """As in an address, without what goes without saying."""
        asked = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in asked.items() if value and (name, value) != ("sort", BY_NAME)}

    def kept(self, *but: str) -> list[tuple[str, Any]]:
        """What a form hands on unchanged: every parameter `but` those it asks for itself, from the first page on."""
        pairs = MultiDict(replace(self, after="").parameters())
        return [(name, value) for name, value in pairs.items(multi=True) if name not in but]

    @property
    def tiers(self) -> list[str]:
        """The tiers to choose from."""
        return list(Tier.intervals())

    def toggled(self, name: str, value: str) -> tuple[str, ...]:
        """The chosen values of `tier` or `status` with this one added, or taken away."""
        chosen: tuple[str, ...] = getattr(self, name)
        return tuple(each for each in chosen if each != value) if value in chosen else (*chosen, value)

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the order narrows the list."""
        return replace(self, sort=BY_NAME, after="") != Listing()

    def page(self, today: date) -> Page:
        """The rows after `after`. Raises `BadQuestion`."""
        return self._searched(today) if self.q else self._listed(today)

    def count(self, today: date) -> Counts:
        """How many there are, whatever is searched for."""
        found = replace(self, q="")._asked(today)
        if self._asks_everyone:
            few = found.limit(COUNTED + 1).subquery()
            return Counts(db.session.scalar(select(func.count()).select_from(few)) or 0, None)
        every = found.subquery()
        late = func.count().filter(by_state(every.c.due, today)[OVERDUE])
        customers, overdue = db.session.execute(select(func.count(), late).select_from(every)).one()
        return Counts(customers, overdue)

    def _searched(self, today: date) -> Page:
        ranked = [found.id for found in Search(self.q).run()]
        if replace(self, q="").is_filtered:
            kept = set(db.session.scalars(self._asked(today).where(Customer.id.in_(ranked))))
            ranked = [found for found in ranked if found in kept]
        begin = self._offset()
        more = self.address(after=str(begin + PAGE)) if len(ranked) > begin + PAGE else None
        return Page(faces(ranked[begin : begin + PAGE], today), more)

    def _offset(self) -> int:
        if not self.after:
            return 0
        if not (self.after.isascii() and self.after.isdigit() and len(self.after) < 5):
            raise _no_such_page()
        return int(self.after)

    def _listed(self, today: date) -> Page:
        found = self._asked(today)
        due = found.selected_columns.due
        ordered = self._by_due(found, due) if self.sort == BY_DUE else self._by_name(found)
        rows = db.session.execute(ordered.limit(PAGE + 1)).all()
        more = self.address(after=self._mark(rows[PAGE - 1])) if len(rows) > PAGE else None
        return Page(faces([row.id for row in rows[:PAGE]], today), more)

    def _mark(self, last: Any) -> str:
        """Where the next page begins: after this customer, and in the order by date after this date."""
        return f"{last.due or NO_DATE}.{last.id}" if self.sort == BY_DUE else str(last.id)

    def _asked(self, today: date) -> Select[Any, Any]:
        """Every customer asked for: the id, and the date on which a visit is due."""
        if self._asks_everyone:
            return select(Customer.id, null().label("due")).where(*self._facts())
        held = self._held()
        asked = select(Customer.id, held.c.due).join(held, held.c.customer_id == Customer.id)
        return asked.where(*self._facts(), *([by_state(held.c.due, today)[self.due]] if self.due else []))

    @property
    def _asks_everyone(self) -> bool:
        """Whether assignments have no say: the viewer sees all, and asks for no person or date."""
        return principal().sees_all and not (self.person or self.due or self.sort == BY_DUE)

    def _held(self) -> Subquery:
        """The customers whom those in question look after, each with the most pressing date."""
        held = (
            select(Assignment.customer_id, func.min(Assignment.next_due).label("due"))
            .where(Assignment.started_at.is_not(None), Assignment.ended_at.is_(None))
            .group_by(Assignment.customer_id)
        )
        if not principal().sees_all:
            overseen = Oversight.person_id == Assignment.person_id
            held = held.join(Oversight, overseen).where(Oversight.viewer_id == VIEWER)
        if self.person:
            held = held.where(Assignment.person_id == self.person)
        return held.subquery("held")

    def _facts(self) -> list[ColumnElement[bool]]:
        """What the customer's own row must say. A search finds those put away too, unless it asks for them alone."""
        asked: list[ColumnElement[bool]] = []
        if self.archived:
            asked.append(Customer.archived_at.is_not(None))
        elif not self.q:
            asked.append(Customer.archived_at.is_(None))
        if self.tier:
            asked.append(Customer.tier.in_(self.tier))
        if self.status:
            asked.append(Customer.status.in_(self.status))
        if self.pin:
            asked.append(or_(Customer.lat.is_(None), Customer.pin_flaw.is_not(None)))
        if self.tag:
            asked.append(Customer.id.in_(select(CustomerTag.customer_id).where(CustomerTag.tag == self.tag)))
        return asked

    def _by_name(self, found: Select[Any, Any]) -> Select[Any, Any]:
        if self.after:
            found = found.where(_after(_id(self.after)))
        return found.order_by(Customer.sort_name, Customer.id)

    def _by_due(self, found: Select[Any, Any], due: ColumnElement[Any]) -> Select[Any, Any]:
        if self.after:
            found = found.where(_after_date(self.after, due))
        return found.order_by(due.is_(None), due, Customer.sort_name, Customer.id)


def _after_date(mark: str, due: ColumnElement[Any]) -> ColumnElement[bool]:
    """Those that follow a mark in the order by date, customers without a date last."""
    day, _dot, last = mark.partition(".")
    later = _after(_id(last))
    if day == NO_DATE:
        return and_(due.is_(None), later)
    try:
        reached = date.fromisoformat(day)
    except ValueError:
        raise _no_such_page() from None
    return or_(due.is_(None), due > reached, and_(due == reached, later))


def _after(last: uuid.UUID) -> ColumnElement[bool]:
    """Those that follow a customer in the order of names."""
    name = select(_LAST.sort_name).where(_LAST.id == last).scalar_subquery()
    return tuple_(Customer.sort_name, Customer.id) > tuple_(name, literal(last, Id()))


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise _no_such_page() from None


def _no_such_page() -> BadQuestion:
    return BadQuestion(_("This page of the list does not exist."))
