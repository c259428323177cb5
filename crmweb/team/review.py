"""Review: what waits for a manager, a few a day, the most doubtful first."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate, groupby
from typing import Self

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.team.asking import asked_day, asked_number
from crmweb.team.proposals import waiting_proposals
from crmweb.visits.doubts import A_DAY, Matter, Waiting, asked, count_by_day, doubted_people, matters
from crmweb.web import may, needs, page

reviewing = Blueprint("reviewing", __name__)

A_PAGE = 30
"""Matters after which older days, or the less doubtful of one day, wait for the next page."""


@reviewing.get("/review")
@needs("visits:review")
def review() -> ResponseReturnValue:
    """The most doubtful of each day, newest first, a page at a time; of one day all."""
    now, today = clock.now(), current_user.today(clock.now())
    person, day = request.args.get("person", type=uuid.UUID), asked_day(until=today)
    if day:
        found = Look.at_day(current_user, day, after=asked_number("after"), at=now, person=person)
    else:
        found = Look.at_all(
            current_user, until=asked_day("until", until=today) or today, at=now, person=person
        )
    return page(
        "team/review.html", day=day, person=person, people=doubted_people(current_user, at=now), found=found,
        asked=asked(current_user), proposals=waiting_proposals(current_user) if may("customers:approve") else [],
        here=request.full_path.rstrip("?"), wrong="", typed="",
    )  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What a page of Review shows: matters by their days, each with how many less doubtful ones that day has besides.

    `older`: days that wait for the next page; `looked_through`: days of which only the less doubtful are left; `after`:
    the place in the day behind which its next page begins, if there is one.
    """

    days: Sequence[tuple[date, list[Matter], int]]
    older: Sequence[Waiting] = ()
    looked_through: Sequence[Waiting] = ()
    after: int | None = None

    @classmethod
    def at_all(cls, actor: Actor, *, until: date, at: datetime, person: uuid.UUID | None) -> Self:
        """Whole days, from that one back until they fill a page."""
        waiting = count_by_day(actor, at=at, person_id=person)
        reached = [each for each in waiting if each.day <= until and each.shown]
        filled = accumulate(each.shown for each in reached)
        most = next((place for place, count in enumerate(filled, 1) if count >= A_PAGE), len(reached))
        rest = {each.day: each.rest for each in waiting}
        shown = matters(
            actor, at=at, days=[each.day for each in reached[:most]], person_id=person, most=A_DAY
        )
        days = [(day, list(those), rest[day]) for day, those in groupby(shown, lambda each: each.day)]
        return cls(days, reached[most:], [each for each in waiting if not each.shown])

    @classmethod
    def at_day(cls, actor: Actor, day: date, *, after: int, at: datetime, person: uuid.UUID | None) -> Self:
        """All of one day, a page of them."""
        waiting = count_by_day(actor, at=at, person_id=person)
        last = next((each.last for each in waiting if each.day == day), 0)
        shown = matters(actor, at=at, days=[day], person_id=person, after=after, most=A_PAGE)
        return cls(
            [(day, shown, 0)] if shown else [], after=after + A_PAGE if last > after + A_PAGE else None
        )
