"""What is held of routes and days."""

from __future__ import annotations

from sqlalchemy import select

from crmweb.holdings import Part, hold, of
from crmweb.languages import lazy_gettext as _
from crmweb.routes.models import Route, RouteStop
from crmweb.routes.plans import DayPlan, Stop

PAST_DAYS = _("The team's past days count them.")


def init() -> None:
    hold(Route, _("Routes"), person=Part(of(Route.person_id), PAST_DAYS))
    hold(
        RouteStop, _("Customers on routes"), customer=Part(of(RouteStop.customer_id)),
        person=Part(lambda who: RouteStop.route_id.in_(select(Route.id).where(Route.person_id == who)), PAST_DAYS),
    )  # fmt: skip
    hold(DayPlan, _("Days that were planned"), person=Part(of(DayPlan.person_id), PAST_DAYS))
    hold(
        Stop, _("Stops of days"), customer=Part(of(Stop.customer_id)),
        person=Part(of(Stop.person_id), PAST_DAYS),
    )  # fmt: skip
