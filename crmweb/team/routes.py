"""Team day and Review for managers, My day for everyone."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate, groupby
from typing import Any

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.notifications.inbox import not_delivered_below
from crmweb.team import words
from crmweb.team.days import first_tier, team_day
from crmweb.team.my_day import MyDay
from crmweb.team.people import Member, member, team_of
from crmweb.team.proposals import count_proposals, waiting_proposals
from crmweb.team.tree import MOST_AT_ONCE, tree
from crmweb.visits.doubts import A_DAY, Doubt, asked, count_by_day, count_doubts, doubts
from crmweb.web import may, needs, not_found_unless, page

team = Blueprint("team", __name__)

BESIDE = 3
"""Doubtful check-ins that stand beside the team's day."""
A_PAGE = 30
"""Doubtful check-ins after which the older days wait for the next page."""
DayCount = tuple[date, int]
"""A day, and how many doubtful check-ins of it are shown."""

FIRST_DAY = date(2000, 1, 1)
AHEAD = timedelta(days=366)


@team.get("/team")
@needs("team:read")
def show() -> ResponseReturnValue:
    today = current_user.today(clock.now())
    day, people = _day(until=today + AHEAD) or today, team_of(current_user)
    teams = [
        (name, list(theirs))
        for (name, _), theirs in groupby(people, lambda each: (each.manager, each.manager_id))
    ]
    return page(
        "team/show.html", day=day, today=today, now=clock.now(), teams=teams, tier=first_tier(),
        found=team_day([each.id for each in people], day, today=today), **_beside(day),
    )  # fmt: skip


def _beside(day: date) -> dict[str, Any]:
    """The doubtful check-ins of that day, for those who review, and whom news did not reach."""
    found = doubts(current_user, at=clock.now(), days=[day]) if may("visits:review") else []
    undelivered = not_delivered_below(current_user)
    return {"look_at": found[:BESIDE], "to_review": len(found), "undelivered": undelivered}


@team.get("/team/people")
@needs("team:read")
def people() -> ResponseReturnValue:
    """Who works under whom. Of a large company only who leads somebody, each with a link to their people."""
    under = request.args.get("under", type=uuid.UUID)
    tops = tree(current_user, under)
    not_found_unless(tops or (None if under else True))
    count = sum(1 + branch.people for branch in tops)
    return page("team/people.html", tops=tops, under=under, count=count, whole=count <= MOST_AT_ONCE)


@team.get("/team/<uuid:person_id>")
@needs("team:read")
def person(person_id: uuid.UUID) -> ResponseReturnValue:
    who: Member = not_found_unless(member(current_user, person_id))
    today = current_user.today(clock.now())
    day = _day(until=today + AHEAD) or today
    return page("team/person.html", today=today, **_looked_back(who, day))


@team.get("/my-day")
@needs("visits:write")
def my_day() -> ResponseReturnValue:
    today = current_user.today(clock.now())
    day = _day(until=today) or today
    who: Member = not_found_unless(member(current_user, current_user.id))
    shown = _looked_back(who, day)
    return page(
        "team/my_day.html",
        today=today,
        text=words.as_text(shown["found"], name=who.name, zone=who.zone),
        **shown,
    )


def _looked_back(who: Member, day: date) -> dict[str, Any]:
    return {
        "person": who, "day": day, "found": MyDay.of(who.id, day, who.zone), "zone": who.zone,
        "on_map": "map" in request.args, "before": day - timedelta(days=1), "after": day + timedelta(days=1),
    }  # fmt: skip


@team.get("/review")
@needs("visits:review")
def review() -> ResponseReturnValue:
    """Of one day all, else the most doubtful of each day, newest first, a page at a time."""
    today = current_user.today(clock.now())
    day = _day(until=today)
    waiting = [] if day else count_by_day(current_user, at=clock.now())
    days, older = ([day], []) if day else _page(waiting, until=_day("until", until=today) or today)
    shown = doubts(current_user, at=clock.now(), days=days, most=None if day else A_DAY)
    return page(
        "team/review.html", day=day, days=_by_day(shown), older=older,
        asked=asked(current_user), proposals=waiting_proposals(current_user) if may("customers:approve") else [],
        here=request.full_path.rstrip("?"), wrong="", typed="",
    )  # fmt: skip


def _page(waiting: Sequence[DayCount], *, until: date) -> tuple[list[date], list[DayCount]]:
    """Whole days from that one back, until they fill a page; and those that are older."""
    reached = [each for each in waiting if each[0] <= until]
    filled = accumulate(count for _, count in reached)
    most = next((place for place, count in enumerate(filled, 1) if count >= A_PAGE), len(reached))
    return [day for day, _ in reached[:most]], reached[most:]


def _by_day(shown: Sequence[Doubt]) -> list[tuple[date, list[Doubt], int]]:
    """Each day, its check-ins, and how many more there are that are less doubtful."""
    found = []
    for day, theirs in groupby(shown, lambda each: each.visit.day):
        those = list(theirs)
        teams = {each.manager_id: each.of_the_day for each in those}
        found.append((day, those, sum(teams.values()) - len(those)))
    return found


def _day(name: str = "day", *, until: date) -> date | None:
    """The date that the address asks for; None where it asks for none, or for one that no page shows."""
    try:
        asked_for = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return asked_for if FIRST_DAY <= asked_for <= until else None


def to_review() -> int:
    """What waits for the person at work: the number beside Review."""
    doubtful = count_doubts(current_user, at=clock.now()) if may("visits:review") else 0
    return doubtful + (count_proposals(current_user) if may("customers:approve") else 0)


def init_app(app: Flask) -> None:
    app.register_blueprint(team)
    words.init_app(app)
    app.jinja_env.globals.update(to_review_now=to_review, timedelta=timedelta)
