"""How a customer's state is said, the same on every screen, and where a tap on Call, Zalo or Navigate leads."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask

from crmweb.customers.due import AHEAD, OVERDUE, TODAY, Due
from crmweb.customers.phones import display, tel_url, zalo_url
from crmweb.languages import gettext as _
from crmweb.languages import ngettext

KIND_OF_STATE = {OVERDUE: "late", TODAY: "due", AHEAD: "planned"}
"""The shape and colour in which a due state is drawn."""


def due_words(due: Due, status: str = "customer") -> str:
    """`16 days overdue`, `Due today`, `In 4 days`; without a date, why there is none."""
    if due.state == OVERDUE:
        return ngettext("%(num)s day overdue", "%(num)s days overdue", due.days)
    if due.state == TODAY:
        return _("Due today")
    if due.state == AHEAD:
        return ngettext("In %(num)s day", "In %(num)s days", due.days)
    return {"lead": _("Lead"), "former": _("Former customer")}.get(status, _("No rhythm set"))


def rhythm_words(today: date, last_visit: date | None, every_days: int | None) -> str:
    """`23 d since visit, due every 14`."""
    if last_visit is None:
        since = _("not visited yet")
    else:
        since = ngettext("%(num)s d since visit", "%(num)s d since visit", max((today - last_visit).days, 0))
    if every_days is None:
        return since
    if every_days == 1:
        return _("%(since)s, due every day", since=since)
    return _("%(since)s, due every %(days)s", since=since, days=every_days)


def local_day(moment: datetime | None, zone: str) -> date | None:
    """The date of a moment where a person is."""
    return moment.astimezone(ZoneInfo(zone)).date() if moment else None


def status_name(status: str) -> str:
    return {"lead": _("Lead"), "customer": _("Customer"), "former": _("Former customer")}[status]


def kind_name(kind: str) -> str:
    return {"shop": _("Shop"), "company": _("Company"), "person": _("Person")}[kind]


def navigate_url(lat: float | None, lng: float | None, address: str | None = "") -> str | None:
    """Directions to the pin, else to the address.

    A `geo:` link opens nothing on an iPhone; this one opens the map app on both, and a web page elsewhere.
    Source: Google Maps URLs, `dir` action.
    """
    goal = f"{lat:.6f},{lng:.6f}" if lat is not None and lng is not None else address
    return f"https://www.google.com/maps/dir/?{urlencode({'api': 1, 'destination': goal})}" if goal else None


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        due_words=due_words,
        due_kind=lambda due: KIND_OF_STATE.get(due.state, ""),
        phone=display,
        tel_url=tel_url,
        zalo_url=zalo_url,
        status_name=status_name,
        kind_name=kind_name,
    )
    app.jinja_env.globals["navigate_url"] = navigate_url
