"""The first screen of the day. Until routes are there, it is filled with who is due."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.customers.due import Due
from crmweb.customers.tiers import Tier
from crmweb.customers.words import days_since, rhythm_words
from crmweb.today.due import DueCustomer, count_due, due_customers, team_behind
from crmweb.web import needs, page

today = Blueprint("today", __name__)


@today.get("/")
@needs("customers:read")
def show() -> ResponseReturnValue:
    day = current_user.today(clock.now())
    overdue, due = count_due(current_user.id, day)
    return page(
        "today/show.html",
        date=day,
        rows=[
            (customer, Due.seen_from(day, customer.next_due), _rhythm(customer, day))
            for customer in due_customers(current_user.id, day)
        ],
        overdue=overdue,
        due_today=due,
        team=team_behind(day, but=current_user.id) if current_user.may("team:read") else [],
    )


def _rhythm(customer: DueCustomer, today: date) -> str:
    since = days_since(customer.last_visit_at, today, current_user.zone)
    return rhythm_words(since, Tier.intervals().get(customer.tier or ""))


def init_app(app: Flask) -> None:
    app.register_blueprint(today)
