"""On which days a team works: its week, and its days off. Who manages policies sets those of the company."""

from __future__ import annotations

import uuid
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_login import current_user
from sqlalchemy import select
from wtforms import SelectMultipleField, StringField, ValidationError
from wtforms.widgets import CheckboxInput

from crmweb import clock, jobs
from crmweb.accounts.public_holidays import (
    HUNG_KINGS,
    LABOUR,
    LUNAR,
    NATIONAL,
    NEW_YEAR,
    REUNIFICATION,
    TET,
    Holiday,
    holidays_of,
)
from crmweb.accounts.working_days import Calendar, DayOff, WorkingWeek
from crmweb.customers.fields import Line, one_line, read_date
from crmweb.db import db, writing
from crmweb.forms import Form, options
from crmweb.idempotency import acknowledged
from crmweb.languages import LOCALES, lazy_gettext
from crmweb.languages import gettext as _
from crmweb.routes.words import weekday_short
from crmweb.web import NOTICES, Notice, needs, page

working_days = Blueprint("working_days", __name__)

HERE = "/team/working-days"


def _taken_away(about: str) -> Notice:
    """`about` is the day and its name; the browser says it, so it is not believed blindly."""
    day, _space, name = about.partition(" ")
    try:
        undo = f"{HERE}/days-off?day={date.fromisoformat(day)}&name={quote(name)}"
    except ValueError:
        undo = None
    return Notice(_("Day off taken away"), undo)


NOTICES["week_saved"] = lambda _about: Notice(_("Saved"))
NOTICES["day_off_added"] = lambda _about: Notice(_("Added to the days off"))
NOTICES["day_off_removed"] = _taken_away
NOTICES["holidays_added"] = lambda _about: Notice(_("Holidays added"))


class WeekForm(Form):
    """The weekdays of a team."""

    weekdays = SelectMultipleField(lazy_gettext("Works on"), coerce=int, option_widget=CheckboxInput())

    def __init__(self, sent: Any = None, **known: Any) -> None:
        super().__init__(sent, **known)
        self.weekdays.choices = options((day, weekday_short(day)) for day in range(7))

    def validate_weekdays(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(_("Choose at least one day."))


class DayOffForm(Form):
    """A day and why nobody works on it."""

    day = StringField(lazy_gettext("Day"), filters=[one_line])
    name = Line(lazy_gettext("Name"), most=80)

    def validate_day(self, field: Any) -> None:
        today = _today()
        try:
            day = read_date(field.data or "")
        except ValueError:
            day = None
        if day is None:
            raise ValidationError(_("A date looks like 20/11/2026."))
        if not today <= day <= date(today.year + 1, 12, 31):
            raise ValidationError(_("Days off are set from today until the end of next year."))


@working_days.get(HERE)
@needs("team:plan")
def show() -> ResponseReturnValue:
    return _show()


@working_days.post(f"{HERE}/week")
@needs("team:plan")
def set_week() -> ResponseReturnValue:
    form = WeekForm(request.form)
    if not form.validate():
        return _show(status=422, week=form)
    with writing():
        WorkingWeek.set(form.weekdays.data or [], head_id=_head())
    return acknowledged(HERE, notice="week_saved")


@working_days.post(f"{HERE}/days-off")
@needs("team:plan")
def add() -> ResponseReturnValue:
    form = DayOffForm(request.values)
    if not form.validate():
        return _show(status=422, day_off=form)
    day = read_date(form.day.data or "")
    assert day is not None
    with writing():
        DayOff.add(day, form.name.data or "", head_id=_head())
        _plan_anew()
    return acknowledged(HERE, notice="day_off_added")


@working_days.post(f"{HERE}/days-off/remove")
@needs("team:plan")
def remove() -> ResponseReturnValue:
    """A day that is no day off any more, or never was one, comes to the same."""
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        return _show(status=422)
    with writing():
        known = db.session.scalar(_days_off_of(_head()).where(DayOff.day == day))
        name = known.name if known else ""
        DayOff.remove(day, head_id=_head())
        _plan_anew()
    return acknowledged(HERE, notice="day_off_removed", about=f"{day} {name}")


@working_days.post(f"{HERE}/holidays")
@needs("team:plan")
def add_holidays() -> ResponseReturnValue:
    """Vietnam's public holidays of a year that are still to come; those with a name already keep it."""
    today, year = _today(), request.form.get("year", type=int)
    if year not in _years(today):
        return _show(status=422)
    with writing():
        for holiday in _to_add(year, today):
            DayOff.add(holiday.day, holiday_name(holiday.kind), head_id=_head())
        _plan_anew()
    return acknowledged(HERE, notice="holidays_added")


def day_off_name(day_off: DayOff) -> str:
    """A public holiday in the reader's words, whoever added it; any other name as it was typed."""
    kind = _kinds_by_name().get(day_off.name)
    return holiday_name(kind) if kind else day_off.name


@cache
def _kinds_by_name() -> dict[str, str]:
    kinds: dict[str, str] = {}
    for locale in LOCALES:
        with force_locale(locale):
            kinds |= {name: kind for kind, name in _holiday_names().items()}
    return kinds


def holiday_name(kind: str) -> str:
    return _holiday_names()[kind]


def _holiday_names() -> dict[str, str]:
    return {
        NEW_YEAR: _("New Year’s Day"), TET: _("Tết"), HUNG_KINGS: _("Hùng Kings’ Day"),
        REUNIFICATION: _("Reunification Day"), LABOUR: _("Labour Day"), NATIONAL: _("National Day"),
    }  # fmt: skip


def _show(
    *, status: int = 200, week: WeekForm | None = None, day_off: DayOffForm | None = None
) -> ResponseReturnValue:
    today, head = _today(), _head()
    works = Calendar.of(current_user.id, around=today).weekdays
    ahead = DayOff.day >= today
    return page(
        "team/working_days.html",
        status=status,
        today=today,
        company=head is None,
        week=week or WeekForm(weekdays=[day for day in range(7) if works >> day & 1]),
        form=day_off or DayOffForm(),
        own=list(db.session.scalars(_days_off_of(head).where(ahead))),
        companys=[] if head is None else list(db.session.scalars(_days_off_of(None).where(ahead))),
        years=[year for year in _years(today) if _to_add(year, today)],
    )


def _days_off_of(head_id: uuid.UUID | None) -> Any:
    return select(DayOff).where(DayOff.head_id.is_not_distinct_from(head_id)).order_by(DayOff.day)


def _plan_anew() -> None:
    """Routes do not run on days off; a worker tells the customers."""
    head = _head()
    jobs.after_commit("crmweb.routes.jobs.plan_anew", str(head) if head else None, queue="slow")


def _head() -> uuid.UUID | None:
    """Whose days the person at work sets: those of their team, or of the company."""
    head: uuid.UUID | None = None if current_user.may("policies:manage") else current_user.id
    return head


def _today() -> date:
    today: date = current_user.today(clock.now())
    return today


def _years(today: date) -> list[int]:
    return [year for year in (today.year, today.year + 1) if year in LUNAR]


def _to_add(year: int, today: date) -> list[Holiday]:
    """The holidays to come on which this team works still."""
    off = Calendar.of(current_user.id, around=today).days_off if _head() else _companys_days()
    return [holiday for holiday in holidays_of(year) if holiday.day >= today and holiday.day not in off]


def _companys_days() -> frozenset[date]:
    return frozenset(day_off.day for day_off in db.session.scalars(_days_off_of(None)))


def init_app(app: Flask) -> None:
    app.register_blueprint(working_days)
    app.jinja_env.filters["day_off_name"] = day_off_name
