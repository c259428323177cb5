"""Team day and Review for managers, My day for everyone."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.notifications.inbox import not_delivered_below
from crmweb.routes.cover import covers_of, covers_on
from crmweb.team import words
from crmweb.team.asking import asked_day, asked_number
from crmweb.team.days import first_tier, team_day
from crmweb.team.handing_routes import handing_customers
from crmweb.team.my_day import MyDay, bounds
from crmweb.team.people import Member, TeamPage, member, team_of
from crmweb.team.proposals import count_proposals
from crmweb.team.review import reviewing
from crmweb.team.tree import MOST_AT_ONCE, tree
from crmweb.visits.doubts import count_matters, matters, waiting_of
from crmweb.web import may, needs, not_found_unless, page

team = Blueprint("team", __name__)

BESIDE = 3
"""Matters for review that stand beside the team's day."""

AHEAD = timedelta(days=366)


@team.get("/team")
@needs("team:read")
def show() -> ResponseReturnValue:
    """Everybody's day, some sixty people a page, or those of one sub-team (`head`)."""
    now, today = clock.now(), current_user.today(clock.now())
    day, head = asked_day(until=today + AHEAD) or today, request.args.get("head", type=uuid.UUID)
    people = TeamPage.of(team_of(current_user), head=head, number=asked_number("page"))
    ids = [each.id for each in people.people]
    return page(
        "team/show.html", day=day, today=today, now=now, people=people, head=head, tier=first_tier(),
        found=team_day(ids, day, today=today), covers=covers_on(ids, day, after=bounds(day, current_user.zone)[1]),
        **_beside(day),
    )  # fmt: skip


def _beside(day: date) -> dict[str, Any]:
    """What is doubtful of that day, for those who review, and whom news did not reach."""
    now, reviews = clock.now(), may("visits:review")
    found = matters(current_user, at=now, days=[day]) if reviews else []
    return {
        "look_at": found[:BESIDE], "to_review": len(found),
        "doubtful": waiting_of(current_user, day, at=now) if reviews else {},
        "undelivered": not_delivered_below(current_user),
    }  # fmt: skip


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
    day = asked_day(until=today + AHEAD) or today
    covers = [each for each in covers_of(who.id) if each.since <= day <= each.until]
    return page("team/person.html", today=today, covers=covers, **_looked_back(who, day))


@team.get("/my-day")
@needs("visits:write")
def my_day() -> ResponseReturnValue:
    today = current_user.today(clock.now())
    day = asked_day(until=today) or today
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


def to_review() -> int:
    """What waits for the person at work: the number beside Review."""
    doubtful = count_matters(current_user, at=clock.now()) if may("visits:review") else 0
    return doubtful + (count_proposals(current_user) if may("customers:approve") else 0)


def init_app(app: Flask) -> None:
    app.register_blueprint(team)
    app.register_blueprint(reviewing)
    app.register_blueprint(handing_customers)
    words.init_app(app)
    app.jinja_env.globals.update(to_review_now=to_review, timedelta=timedelta)
