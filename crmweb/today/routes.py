"""The first screen of the day: where next, what is open, what must not be forgotten."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.customers.due import Due, late_before
from crmweb.notifications.inbox import not_delivered_to
from crmweb.routes.cover import covers_on
from crmweb.today.agenda import Agenda
from crmweb.today.due import count_due, count_quiet, due_customers, has_customers, team_behind
from crmweb.today.stop_routes import stops
from crmweb.visits.helping import NEWS_FOR, helped_lately
from crmweb.visits.reviews import questions_for
from crmweb.web import needs, page

today = Blueprint("today", __name__)

OFFERED = 5
"""Overdue customers outside the plan that Today offers."""
ASKED_AT_ONCE = 5
"""Visits whose result Today asks for."""


@today.get("/")
@needs("own:settings")
def show() -> ResponseReturnValue:
    """Everybody begins here. Whose role sees no customers has no day to plan, and goes on to what they may open."""
    if not current_user.may("customers:read:own"):
        return redirect("/settings", 303)
    now = clock.now()
    day = current_user.today(now)
    agenda = Agenda(current_user, day)
    if request.args.get("edit") and agenda.ahead:
        return page("today/edit.html", agenda=agenda, date=day)
    planned, late = set(agenda.planned), late_before(day)
    waiting = [each for each in due_customers(current_user.id, day) if each.id not in planned]
    return page(
        "today/show.html",
        agenda=agenda,
        date=day,
        waiting=[(customer, Due.seen_from(day, customer.next_due, late)) for customer in waiting[:OFFERED]],
        due=count_due(current_user.id, day),
        quiet=count_quiet(current_user.id, day) if current_user.may("accounts:keep") else 0,
        asked=questions_for(current_user.id),
        undelivered=not_delivered_to(current_user),
        asked_at_once=ASKED_AT_ONCE,
        helped=helped_lately(current_user.id, now - NEWS_FOR),
        away=covers_on([current_user.id], day, after=now),
        has_customers=bool(planned) or has_customers(current_user.id),
        team=team_behind(day, head=current_user) if current_user.may("team:read") else [],
    )


def init_app(app: Flask) -> None:
    app.register_blueprint(today)
    app.register_blueprint(stops)
