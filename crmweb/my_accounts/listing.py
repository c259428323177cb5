"""My accounts: one person's customers by tier, the most pressing first, in as many statements for 60 as for 10,000."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, Subquery, func, select

from crmweb.customers import asking
from crmweb.customers.asking import Args, BadQuestion
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.due import Due, late_before
from crmweb.customers.faces import Face, faces
from crmweb.customers.models import Customer
from crmweb.customers.quiet import Quiet, is_too_quiet
from crmweb.customers.tiers import Tier
from crmweb.db import db
from crmweb.languages import gettext as _
from crmweb.reminders.models import Reminder

ALL, DUE, QUIET = "all", "due", "quiet"
VIEWS: Final = (QUIET, DUE, ALL)
NO_TIER: Final = "none"
A_PAGE: Final = 20
"""Accounts of each tier that are shown at once."""
MOST_PAGES: Final = 10_000


class Count(NamedTuple):
    """How many accounts of one tier, or of all, there are, are due, and have been quiet for too long."""

    all: int
    due: int
    quiet: int

    def of(self, view: str) -> int:
        """The one that a view shows."""
        return {ALL: self.all, DUE: self.due, QUIET: self.quiet}[view]


class Account(NamedTuple):
    """One row. `last_touch` is how somebody was last in contact; `next_step` what is to be done first; `sites` how many
    branches one sees.
    """

    face: Face
    last_touch_at: datetime | None
    last_touch: str | None
    quiet: Quiet
    next_step: Reminder | None
    sites: int


class TierOf(NamedTuple):
    """The accounts of one tier: the first of them, and the address of those that follow, if there are any."""

    tier: str | None
    many: int
    every_days: int | None
    accounts: Sequence[Account]
    more: str | None


@dataclass(frozen=True)
class MyAccounts:
    """One look at somebody's accounts. The fields but `zone` are the parameters of its address."""

    person: uuid.UUID
    zone: str
    view: str = ALL
    tier: str = ""
    page: int = 0
    of_another: bool = False

    @classmethod
    def read(cls, args: Args, *, person: uuid.UUID, zone: str, of_another: bool) -> MyAccounts:
        """What the address asks. Raises `BadQuestion`."""
        page = asking.only(args, "page") or "0"
        if not (page.isascii() and page.isdigit() and int(page[:6]) < MOST_PAGES):
            raise BadQuestion(_("This page of the list does not exist."))
        return cls(
            person=person,
            zone=zone,
            view=asking.one_of(args, "view", VIEWS) or ALL,
            tier=asking.one_of(args, "tier", (*Tier.intervals(), NO_TIER)) or "",
            page=int(page),
            of_another=of_another,
        )

    def address(self, *, view: str | None = None, tier: str = "", page: int = 0) -> str:
        """The address of another look at the same person's accounts."""
        asked = {"view": view or self.view, "tier": tier, "page": page}
        if asked["view"] == ALL:
            del asked["view"]
        told = {name: value for name, value in asked.items() if value}
        if self.of_another:
            told["person"] = str(self.person)
        return f"/my-accounts?{urlencode(told)}" if told else "/my-accounts"

    def counts(self, today: date) -> dict[str | None, Count]:
        """By tier, the best first and those without one last."""
        held = self._held()
        due, quiet = _is_due(held.c.due, today), is_too_quiet(held.c.quiet_after, today)
        asked = (
            select(held.c.tier, func.count(), func.count().filter(due), func.count().filter(quiet))
            .select_from(held)
            .group_by(held.c.tier)
        )
        found = {row[0]: Count(*row[1:]) for row in db.session.execute(asked)}
        return {tier: found[tier] for tier in sorted(found, key=lambda tier: (tier is None, tier or ""))}

    def tiers(self, today: date, counts: dict[str | None, Count]) -> list[TierOf]:
        """What this look shows, tier by tier."""
        rows = db.session.execute(self._ranked(today)).all()
        accounts = dict(
            zip([row.id for row in rows], self._accounts([row.id for row in rows], today), strict=True)
        )
        shown = []
        for tier, count in counts.items():
            theirs = [accounts[row.id] for row in rows if row.tier == tier]
            if theirs:
                every_days = Tier.intervals().get(tier or "")
                more = self._more(tier, len(theirs))
                shown.append(TierOf(tier, count.of(self.view), every_days, theirs[:A_PAGE], more))
        return shown

    def _more(self, tier: str | None, many: int) -> str | None:
        return self.address(tier=tier or NO_TIER, page=self.page + 1) if many > A_PAGE else None

    def _held(self, *further: ColumnElement[bool]) -> Subquery:
        """Each customer once, by the most pressing of the dates that this person has there."""
        theirs = (
            Assignment.person_id == self.person,
            Assignment.started_at.is_not(None),
            Assignment.ended_at.is_(None),
            Assignment.status != "former",
            *further,
        )
        return (
            select(
                Customer.id,
                func.max(Assignment.tier).label("tier"),
                func.min(Assignment.next_due).label("due"),
                func.min(Assignment.quiet_after).label("quiet_after"),
                func.max(Customer.sort_name).label("sort_name"),
            )
            .join(Customer, Customer.id == Assignment.customer_id)
            .where(*theirs, Customer.archived_at.is_(None))
            .group_by(Customer.id)
            .subquery("held")
        )

    def _ranked(self, today: date) -> Select[Any]:
        """The rows of this page, and one more of each tier, which tells that there are further ones."""
        held = self._held(*self._asked(today))
        first = held.c.due if self.view == DUE else held.c.quiet_after
        order = (first.is_(None), first, held.c.sort_name, held.c.id)
        place = func.row_number().over(partition_by=held.c.tier, order_by=order).label("place")
        ranked = select(held.c.id, held.c.tier, place).subquery("ranked")
        begin = self.page * A_PAGE
        return (
            select(ranked.c.id, ranked.c.tier)
            .where(ranked.c.place > begin, ranked.c.place <= begin + A_PAGE + 1)
            .order_by(ranked.c.tier, ranked.c.place)
        )

    def _asked(self, today: date) -> list[ColumnElement[bool]]:
        asked: list[ColumnElement[bool]] = []
        if self.view == DUE:
            asked.append(_is_due(Assignment.next_due, today))
        if self.view == QUIET:
            asked.append(is_too_quiet(Assignment.quiet_after, today))
        if self.tier:
            asked.append(Assignment.tier.is_(None) if self.tier == NO_TIER else Assignment.tier == self.tier)
        return asked

    def _accounts(self, ids: list[uuid.UUID], today: date) -> list[Account]:
        own, steps, sites = self._own(ids), next_steps(ids), site_counts(ids)
        late, intervals = late_before(today), Tier.intervals()
        made = []
        for face in faces(ids, today):
            first = own[face.id][0]
            due = min((row.next_due for row in own[face.id] if row.next_due), default=None)
            quiet = Quiet.seen_from(
                today, last_touch=first.last_touch_at, after=first.quiet_after, late_before=late, zone=self.zone,
                every_days=intervals.get(face.tier or ""),
            )  # fmt: skip
            seen = face._replace(due=Due.seen_from(today, due, late))
            step, many = steps.get(face.id), sites.get(face.id, 0)
            made.append(Account(seen, first.last_touch_at, first.last_touch, quiet, step, many))
        return made

    def _own(self, ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Any]]:
        """What this person has there, the longest silence first where they have several lines; a colleague's date is
        not theirs.
        """
        columns = (
            Assignment.customer_id, Assignment.last_touch_at, Assignment.last_touch, Assignment.quiet_after,
            Assignment.next_due,
        )  # fmt: skip
        theirs = select(*columns).where(
            Assignment.customer_id.in_(ids),
            Assignment.person_id == self.person,
            Assignment.started_at.is_not(None),
            Assignment.ended_at.is_(None),
        )
        found: dict[uuid.UUID, list[Any]] = defaultdict(list)
        for row in db.session.execute(
            theirs.order_by(Assignment.quiet_after.is_(None), Assignment.quiet_after)
        ):
            found[row.customer_id].append(row)
        return found


def _is_due(column: Any, today: date) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column <= today
    return condition


def next_steps(ids: list[uuid.UUID]) -> dict[uuid.UUID, Reminder]:
    """What is to be done first at each of these customers: a promise of either side, or somebody's reminder."""
    place = (
        func.row_number()
        .over(partition_by=Reminder.customer_id, order_by=(Reminder.due_at, Reminder.id))
        .label("place")
    )
    waiting = (Reminder.customer_id.in_(ids), Reminder.done_at.is_(None), Reminder.dropped_at.is_(None))
    ranked = select(Reminder.id, place).where(*waiting).subquery("ranked")
    first = select(Reminder).join(ranked, ranked.c.id == Reminder.id).where(ranked.c.place == 1)
    return {each.customer_id: each for each in db.session.scalars(first) if each.customer_id}


def site_counts(ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many branches of each one sees."""
    asked = select(Customer.parent_id, func.count()).where(
        Customer.parent_id.in_(ids), Customer.archived_at.is_(None)
    )
    rows = db.session.execute(asked.group_by(Customer.parent_id))
    return {parent: many for parent, many in rows if parent}
