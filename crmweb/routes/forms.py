"""What is said about a route, and about who runs it in somebody's stead."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import SelectMultipleField, StringField, ValidationError
from wtforms.widgets import CheckboxInput

from crmweb.accounts.colleagues import Colleague
from crmweb.customers.fields import Choice, Line, one_line, read_date
from crmweb.forms import Form, options
from crmweb.languages import gettext
from crmweb.languages import lazy_gettext as _
from crmweb.routes.cover import LONGEST
from crmweb.routes.models import Route
from crmweb.routes.weeks import EVEN, EVERY, ODD
from crmweb.routes.words import weekday_short

TODAY, TOMORROW, BOTH, DATES = "today", "tomorrow", "both", "dates"


class Choices(SelectMultipleField):
    """Some of a few, as chips."""

    option_widget = CheckboxInput()


class RouteForm(Form):
    """Its days, its weeks, and a name if it needs one."""

    name = Line(_("Name"), most=80)
    weekdays = Choices(_("Weekdays"), coerce=int)
    weeks = Choice(
        _("Weeks"),
        choices=options([(EVERY, _("Every week")), (ODD, _("Odd weeks")), (EVEN, _("Even weeks"))]),
        default=EVERY,
    )

    def __init__(self, sent: MultiDict[str, str] | None = None, *, route: Route | None = None) -> None:
        super().__init__(sent, data=_data_of(route) if route else None)
        self.weekdays.choices = options((day, weekday_short(day)) for day in range(7))

    def validate_weekdays(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(gettext("Choose at least one day."))

    @property
    def facts(self) -> dict[str, Any]:
        """As `Route.lay` and `Route.change` take them."""
        days = sum(1 << day for day in set(self.weekdays.data or []))
        return {"weekdays": days, "weeks": self.weeks.data, "name": self.name.data or ""}


def _data_of(route: Route) -> dict[str, Any]:
    days = [day for day in range(7) if route.weekdays >> day & 1]
    return {"name": route.name, "weekdays": days, "weeks": route.weeks}


class CoverForm(Form):
    """From when until when, and who goes. The two dates count where no nearer words are chosen."""

    when = Choice(
        _("When"),
        choices=options([
            (TODAY, _("Today")), (TOMORROW, _("Tomorrow")), (BOTH, _("Today and tomorrow")),
            (DATES, _("Other dates")),
        ]),
        default=TODAY,
    )  # fmt: skip
    since = StringField(_("From"), filters=[one_line])
    until = StringField(_("Until"), filters=[one_line])
    people = Choices(_("Who goes"), validate_choice=False)

    def __init__(
        self, sent: MultiDict[str, str] | None = None, *, colleagues: list[Colleague], today: date
    ) -> None:
        super().__init__(sent)
        self.colleagues, self.today = colleagues, today
        self.people.choices = options((str(each.id), each.name) for each in colleagues)

    @property
    def people_ids(self) -> list[uuid.UUID]:
        return [each.id for each in self.colleagues if str(each.id) in (self.people.data or [])]

    def validate_people(self, _field: Any) -> None:
        if not self.people_ids:
            raise ValidationError(gettext("Choose somebody of your team."))

    def validate_since(self, field: Any) -> None:
        if self.when.data == DATES and _date(field) < self.today:
            raise ValidationError(gettext("What is past cannot be handed over any more."))

    def validate_until(self, field: Any) -> None:
        if self.when.data != DATES:
            return
        until = _date(field)
        try:
            since = _date(self.since)
        except ValidationError:
            return
        if until < since:
            raise ValidationError(gettext("The last day lies before the first."))
        if until - since > LONGEST:
            raise ValidationError(gettext("At most three months. For longer, hand the customers over."))

    @property
    def dates(self) -> tuple[date, date]:
        """First and last day of a form that is valid."""
        tomorrow = self.today + timedelta(days=1)
        near = {
            TODAY: (self.today, self.today), TOMORROW: (tomorrow, tomorrow), BOTH: (self.today, tomorrow),
        }  # fmt: skip
        return near.get(self.when.data) or (_date(self.since), _date(self.until))


def _date(field: Any) -> date:
    try:
        day = read_date(field.data or "")
    except ValueError:
        day = None
    if day is None:
        raise ValidationError(gettext("A date looks like 20/11/2026."))
    return day
