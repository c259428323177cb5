"""What became of a day: the plan of each person beside their visits. Set-based, whatever the team's size."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crmweb.accounts.calendars import calendars_of
from crmweb.accounts.working_days import Calendar
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.tiers import Tier
from crmweb.db import db
from crmweb.routes.days import PlannedDay, planned_days, with_routes
from crmweb.visits.evidence import AT_THE_PLACE
from crmweb.visits.models import Visit
from crmweb.visits.outcomes import SHUT

DONE: Final = "done"
OPEN: Final = "open"
SKIPPED: Final = "skipped"
AHEAD: Final = "ahead"


@dataclass(frozen=True)
class PersonDay:
    """One person's plan for a date, and the visits of it in their order."""

    person_id: uuid.UUID
    plan: PlannedDay
    visits: Sequence[Visit]
    works: bool = True
    has_routes: bool = True

    @property
    def planned(self) -> int:
        """How many stops the day had, those included that were taken out of it."""
        return len(self.plan.customer_ids) + len(self._only_taken_out)

    @property
    def done(self) -> int:
        """Stops that were visited, or are being visited now."""
        states = self.states()
        return states[DONE] + states[OPEN]

    @property
    def skipped(self) -> Counter[str]:
        """Why stops were left out: a shut door's outcome, or `taken_out`, with how many."""
        reasons = Counter(
            self._reason(each) for each in self.plan.customer_ids if self.state(each) == SKIPPED
        )
        if self._only_taken_out:
            reasons["taken_out"] = len(self._only_taken_out)
        return reasons

    @property
    def off_route(self) -> int:
        """Customers who were visited and did not stand in the plan."""
        there = {visit.customer_id for visit in self.visits if visit.kind in AT_THE_PLACE}
        return len(there - {*self.plan.customer_ids})

    @property
    def last_check_in(self) -> Visit | None:
        """The last time they said where they were; a call says nothing of it."""
        placed = [visit for visit in self.visits if visit.kind in AT_THE_PLACE]
        return placed[-1] if placed else None

    @property
    def open_visit(self) -> Visit | None:
        """Where they are now, as far as they said."""
        there = self.last_check_in
        return there if there is not None and there.ended_at is None else None

    def states(self) -> Counter[str]:
        """How many stops are done, open, skipped and ahead."""
        found = Counter(self.state(each) for each in self.plan.customer_ids)
        found[SKIPPED] += len(self._only_taken_out)
        return found

    def steps(self) -> list[tuple[str, int]]:
        """The states in the order in which steps are drawn, with how many stops are in each."""
        states = self.states()
        return [(state, states[state]) for state in (DONE, SKIPPED, OPEN, AHEAD)]

    def state(self, customer_id: uuid.UUID) -> str:
        """What became of one stop. Where a shut door was tried again, the later visit says it."""
        theirs = self.visits_at(customer_id)
        if not theirs:
            return AHEAD
        if any(visit.ended_at is None for visit in theirs):
            return OPEN
        return SKIPPED if all(visit.outcome in SHUT for visit in theirs) else DONE

    def visits_at(self, customer_id: uuid.UUID) -> list[Visit]:
        return [visit for visit in self.visits if visit.customer_id == customer_id]

    def _reason(self, customer_id: uuid.UUID) -> str:
        return self.visits_at(customer_id)[-1].outcome or SHUT[0]

    @property
    def _only_taken_out(self) -> set[uuid.UUID]:
        """Taken out of the plan and not visited all the same."""
        return self.plan.taken_out - {visit.customer_id for visit in self.visits}


@dataclass(frozen=True)
class TeamDay:
    """The days of several people."""

    days: dict[uuid.UUID, PersonDay]
    overdue: int
    overdue_unplanned: int

    @property
    def planned(self) -> int:
        return sum(day.planned for day in self.days.values())

    @property
    def done(self) -> int:
        return sum(day.done for day in self.days.values())

    @property
    def share(self) -> float:
        """How much of the plan is done, from 0 to 1."""
        return self.done / self.planned if self.planned else 0.0

    @property
    def off_route(self) -> int:
        return sum(day.off_route for day in self.days.values())

    @property
    def skipped(self) -> Counter[str]:
        return sum((day.skipped for day in self.days.values()), Counter())


def team_day(person_ids: Sequence[uuid.UUID], day: date, *, today: date) -> TeamDay:
    """How the day of these people goes; `today` is where it is looked at."""
    calendars = calendars_of(person_ids, around=min(day, today))
    days = _person_days(person_ids, day, calendars)
    overdue = _overdue_of_first_tier(calendars, today)
    planned = {(person, each) for person, found in days.items() for each in found.plan.customer_ids}
    return TeamDay(days, len(overdue), len({each for _, each in overdue - planned}))


def person_day(person_id: uuid.UUID, day: date) -> PersonDay:
    """One person's."""
    return _person_days([person_id], day, calendars_of([person_id], around=day))[person_id]


def _person_days(
    person_ids: Sequence[uuid.UUID], day: date, calendars: dict[uuid.UUID, Calendar]
) -> dict[uuid.UUID, PersonDay]:
    planned = planned_days(person_ids, day, calendars)
    visits, routed = _visits(person_ids, day), with_routes(person_ids)
    return {
        each: PersonDay(each, planned[each], visits[each], calendars[each].works(day), each in routed)
        for each in person_ids
    }


def _visits(person_ids: Collection[uuid.UUID], day: date) -> dict[uuid.UUID, list[Visit]]:
    found: dict[uuid.UUID, list[Visit]] = defaultdict(list)
    theirs = select(Visit).where(Visit.day == day, Visit.person_id.in_(person_ids))
    for visit in db.session.scalars(
        theirs.options(joinedload(Visit.note)).order_by(Visit.started_at, Visit.id)
    ):
        found[visit.person_id].append(visit)
    return found


def first_tier() -> str:
    """The tier whose customers are seen most often."""
    return min(Tier.intervals(), default="A")


def _overdue_of_first_tier(
    calendars: dict[uuid.UUID, Calendar], today: date
) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """(person, customer) of the first tier whose visit is overdue by the person's own working days."""
    late_before = {person: calendar.late_before(today) for person, calendar in calendars.items()}
    late = select(Assignment.person_id, Assignment.customer_id, Assignment.next_due).where(
        Assignment.person_id.in_(late_before), Assignment.tier == first_tier(),
        Assignment.next_due < max(late_before.values(), default=today),
        Assignment.started_at.is_not(None), Assignment.ended_at.is_(None),
    )  # fmt: skip
    return {
        (person, customer)
        for person, customer, next_due in db.session.execute(late)
        if next_due is not None and next_due < late_before[person]
    }
