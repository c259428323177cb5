"""The page of one customer, also with a form on it that was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.colleagues import colleagues
from crmweb.customers.assignments.forms import AssignmentForm
from crmweb.customers.duplicates import twins_of
from crmweb.customers.models import Customer
from crmweb.customers.overview import Overview
from crmweb.customers.proposals import Proposal
from crmweb.customers.tiers import Tier
from crmweb.web import page

BESIDE: dict[str, Callable[[Customer], Any]] = {}
"""What slices above lay on a customer's page, by the name that their fragment there goes by."""


def show_customer(
    customer: Customer,
    *,
    status: int = 200,
    assignment: AssignmentForm | None = None,
    refused: str = "",
) -> ResponseReturnValue:
    """`assignment` is the form that was refused, `refused` what else could not be done, in words."""
    today = current_user.today(clock.now())
    if assignment is None and current_user.may("customers:assign"):
        assignment = AssignmentForm(people=colleagues(current_user), today=today)
    return page(
        "customers/show.html",
        status=status,
        overview=Overview.of(customer, by=current_user, today=today),
        every_days=Tier.intervals().get(customer.tier or ""),
        assignment_form=assignment,
        refused=refused,
        proposals=Proposal.waiting_at(customer),
        twins=twins_of(customer, by=current_user, at=clock.now()),
        **{name: found(customer) for name, found in BESIDE.items()},
    )
