"""What people fill in about a reminder: what, when, and whether it comes again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.fields import is_blank, one_line
from crmweb.languages import gettext as _
from crmweb.reminders.models import Reminder
from crmweb.reminders.moments import (
    HOUR,
    OTHER,
    REPEATS,
    ROUTE,
    TOMORROW,
    BadMoment,
    checked,
    chosen,
    exact,
    typed,
)

LONGEST: Final = 500


@dataclass
class Sent:
    """What was sent, as it was typed, and what is wrong with it, by field."""

    text: str = ""
    when: str = TOMORROW
    day: str = ""
    hour: str = ""
    repeats: str = ""
    wrong: dict[str, str] = field(default_factory=dict)
    due_at: datetime | None = None
    whole_day: bool = False

    @classmethod
    def of(cls, reminder: Reminder, *, zone: str) -> Sent:
        """A reminder as it stands, to be changed."""
        here = reminder.due_at.astimezone(ZoneInfo(zone))
        hour = "" if reminder.whole_day else f"{here:%H:%M}"
        return cls(reminder.text, OTHER, here.date().isoformat(), hour, reminder.repeats or "")

    @classmethod
    def read(
        cls, form: MultiDict[str, str], *, by: Actor, route_day: date | None, kept: datetime | None = None
    ) -> Sent:
        """Read and judge it. `kept`: the moment that stands already, and may stay though it has passed."""
        day, hour = form.get("day", ""), form.get("time", "")
        when = form.get("when", OTHER if day or form.get("due_at") else TOMORROW)
        sent = cls(one_line(form.get("text")), when, day, hour, form.get("repeats", ""))
        if is_blank(sent.text):
            sent.wrong["text"] = _("Say what is to be done.")
        elif len(sent.text) > LONGEST:
            sent.wrong["text"] = _(
                "%(typed)s characters are too many. At most %(most)s fit.", typed=len(sent.text), most=LONGEST
            )
        sent.repeats = sent.repeats if sent.repeats in REPEATS else ""
        sent._judge_moment(form, by, route_day, kept)
        return sent

    def _judge_moment(
        self, form: MultiDict[str, str], by: Actor, route_day: date | None, kept: datetime | None
    ) -> None:
        at = clock.on_the_phone(form.get("client_at"))
        try:
            self.due_at = _moment(form, self.when, by.zone, at, route_day, kept)
        except BadMoment as bad:
            self.wrong["when"] = said(bad)
        self.whole_day = self.when == ROUTE or (
            self.when == OTHER and bool(self.day) and not self.hour.strip()
        )


def _moment(
    form: MultiDict[str, str],
    when: str,
    zone: str,
    at: datetime,
    route_day: date | None,
    kept: datetime | None,
) -> datetime:
    """The moment that was chosen as of `at`, when the form was filled in: a phone without signal sends it later."""
    if whole := form.get("due_at") or form.get("until"):
        return checked(exact(whole, zone), at)
    if when == OTHER:
        moment = typed(form.get("day", ""), form.get("time", ""), zone)
        return moment if moment == kept else checked(moment, at)
    tapped = chosen(when, zone=zone, at=at, route_day=route_day)
    if tapped is None:
        raise BadMoment("unread")
    return tapped


def snoozed(form: MultiDict[str, str], *, by: Actor, route_day: date | None) -> datetime:
    """Until when: in an hour where nothing was said, as the button of a notification says nothing. Raises
    `BadMoment`.
    """
    when = form.get("to") or (OTHER if form.get("day") else HOUR)
    at = clock.on_the_phone(form.get("client_at"))
    return _moment(form, when, by.zone, at, route_day, None)


def said(bad: BadMoment) -> str:
    """What to do about a moment that is none."""
    return {
        "past": _("That has passed. Choose a moment ahead."),
        "far": _("That is more than ten years away. Look at the year."),
    }.get(str(bad), _("Choose a day, and a time if it matters."))
