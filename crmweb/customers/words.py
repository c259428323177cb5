"""How a customer's state is said, the same on every screen, and where a tap on Call, Zalo or Navigate leads."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask

from crmweb.customers.due import AHEAD, OVERDUE, TODAY, Due
from crmweb.customers.reaching.emails import EmailFlaw, mailto_url
from crmweb.customers.reaching.emails import flaw_words as email_flaw_words
from crmweb.customers.reaching.models import CustomerEmail, CustomerPhone
from crmweb.customers.reaching.phone_words import flaw_words as phone_flaw_words
from crmweb.customers.reaching.phones import PhoneFlaw, display, tel_url, zalo_url
from crmweb.languages import day_and_month, lazy_gettext, ngettext
from crmweb.languages import gettext as _

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


def rhythm_words(days_since_visit: int | None, every_days: int | None) -> str:
    """`23 d since visit, every 14 d`."""
    if days_since_visit is None:
        since = _("not visited yet")
    elif days_since_visit == 0:
        since = _("visited today")
    else:
        since = ngettext("%(num)s d since visit", "%(num)s d since visit", days_since_visit)
    if every_days is None:
        return since
    if every_days == 1:
        return _("%(since)s, every day", since=since)
    return _("%(since)s, every %(days)s d", since=since, days=every_days)


def every_days_words(days: int) -> str:
    """`every 14 days`, `every day`."""
    return _("every day") if days == 1 else _("every %(days)s days", days=days)


def days_since(moment: datetime | None, today: date, zone: str) -> int | None:
    """Days from a moment to the date of somebody in that zone."""
    return max((today - moment.astimezone(ZoneInfo(zone)).date()).days, 0) if moment else None


def status_name(status: str) -> str:
    return {"lead": _("Lead"), "customer": _("Customer"), "former": _("Former customer")}[status]


def kind_name(kind: str) -> str:
    return {"shop": _("Shop"), "company": _("Company"), "person": _("Person")}[kind]


def role_name(role: str) -> str:
    """What a contact is to the customer; a role that somebody made up stays as typed."""
    return str(_ROLES.get(role, role))


_ROLES = {
    "owner": lazy_gettext("Owner"),
    "decides": lazy_gettext("Decides"),
    "influences": lazy_gettext("Has a say"),
    "pays": lazy_gettext("Pays"),
    "uses": lazy_gettext("Uses it"),
    "blocks": lazy_gettext("Is against it"),
    "other": lazy_gettext("Contact"),
}


def role_kind(role: str) -> str:
    """How the drop of a contact is drawn: whoever decides stands out, and so does who is against it."""
    return {"owner": "tier-a", "decides": "tier-a", "blocks": "late"}.get(role, "")


def birthday_words(day: date, lunar: bool) -> str:
    """`20/11`, and by which calendar."""
    spoken = day_and_month(day)
    return _("%(day)s by the lunar calendar", day=spoken) if lunar else spoken


def pin_source_words(source: str | None) -> str:
    """How a pin was got."""
    words = {
        "gps": _("by GPS"),
        "map": _("set on the map"),
        "typed": _("typed in"),
        "import": _("from a file"),
        "geocoded": _("from the address"),
    }
    return words.get(source or "", "")


def pin_flaw_words(flaw: str) -> str:
    """What is doubtful about a pin, and how to right it."""
    words = {
        "zero": _("The pin says 0, 0, which is in the sea off Africa. Set it anew."),
        "swapped": _("Latitude and longitude look swapped. Set the pin anew."),
    }
    return words.get(flaw, _("The pin cannot be right. Set it anew."))


def reach_flaw_words(row: CustomerPhone | CustomerEmail) -> Any:
    """What is wrong with a number or an address, or nothing."""
    if not row.flaw:
        return ""
    if isinstance(row, CustomerPhone):
        return phone_flaw_words(cast(PhoneFlaw, row.flaw), row.typed)
    return email_flaw_words(cast(EmailFlaw, row.flaw))


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
        mailto_url=mailto_url,
        zalo_url=zalo_url,
        status_name=status_name,
        kind_name=kind_name,
        rhythm_words=rhythm_words,
        role_name_at_customer=role_name,
        role_kind=role_kind,
        birthday_words=birthday_words,
        every_days_words=every_days_words,
        pin_source_words=pin_source_words,
        pin_flaw_words=pin_flaw_words,
        reach_flaw_words=reach_flaw_words,
    )
    app.jinja_env.globals["navigate_url"] = navigate_url
