"""My accounts, and the brief before a meeting."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.colleagues import Colleague, colleagues
from crmweb.customers import asking, showing
from crmweb.customers.asking import BadQuestion
from crmweb.customers.finding import found_customer
from crmweb.my_accounts import words
from crmweb.my_accounts.brief import Brief
from crmweb.my_accounts.listing import ALL, DUE, QUIET, Count, MyAccounts
from crmweb.web import may, needs, not_found_unless, page, wants_fragment

my_accounts = Blueprint("my_accounts", __name__)


@my_accounts.get("/my-accounts")
@needs("accounts:keep")
def index() -> ResponseReturnValue:
    """One's own; whoever leads sees those of their people, too."""
    today = current_user.today(clock.now())
    people = colleagues(current_user) if may("team:read") else []
    try:
        whose = _whose(people)
        look = _look(whose)
    except BadQuestion as wrong:
        own = MyAccounts(person=current_user.id, zone=current_user.zone)
        return page(
            "my_accounts/index.html", status=422, look=own, whose=None, people=people, counts={}, all=_sum([]),
            tiers=[], wrong=str(wrong),
        )  # fmt: skip
    counts = look.counts(today)
    tiers = look.tiers(today, counts)
    if wants_fragment() and look.page:
        return page("my_accounts/index/_rows.html", group=tiers[0] if tiers else None)
    return page(
        "my_accounts/index.html", look=look, whose=whose, people=people, counts=counts, all=_sum(counts.values()),
        tiers=tiers,
    )  # fmt: skip


def _whose(people: list[Colleague]) -> Colleague:
    """Oneself, or one of those whom one oversees. 404 for anybody else."""
    asked = asking.person(request.args)
    if asked is None or asked == current_user.id:
        return Colleague(current_user.id, current_user.name)
    found: Colleague = not_found_unless(next((each for each in people if each.id == asked), None))
    return found


def _look(whose: Colleague) -> MyAccounts:
    return MyAccounts.read(
        request.args, person=whose.id, zone=current_user.zone, of_another=whose.id != current_user.id
    )


def _sum(counts: Iterable[Count]) -> Count:
    each = list(counts)
    return Count(*(sum(count.of(view) for count in each) for view in (ALL, DUE, QUIET)))


@my_accounts.get("/customers/<uuid:id>/brief")
@needs("customers:read:own")
def brief(id: uuid.UUID) -> ResponseReturnValue:
    """All that one has to know before a meeting, to be read at arm's length, printed, or sent."""
    customer = found_customer(id)
    found = Brief.of(customer, today=current_user.today(clock.now()), zone=current_user.zone)
    return page(
        "my_accounts/brief.html", brief=found, text=words.as_text(found), next=words.next_words(found),
        open_visit=showing.BESIDE["open_visit"](customer),
    )  # fmt: skip


def init_app(app: Flask) -> None:
    words.init_app(app)
    app.register_blueprint(my_accounts)
