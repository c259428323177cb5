"""How an account's silence is said, and the brief as a text to send to oneself or to somebody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask import Flask

from crmweb.customers.quiet import Quiet
from crmweb.customers.words import due_words, role_name, status_name
from crmweb.languages import gettext as _
from crmweb.languages import ngettext, short_date
from crmweb.my_accounts.brief import Brief, Stakeholder
from crmweb.reminders.models import Reminder
from crmweb.reminders.words import falls
from crmweb.timeline.message_words import channel_name, moment_words
from crmweb.timeline.words import said, when
from crmweb.visits.words import local_date, outcome_words


def touch_words(how: str | None, at: datetime | None) -> str:
    """`Call, yesterday 09:40`; that there was none yet."""
    if at is None:
        return _("No contact yet")
    names = {"visit": _("Visit"), "phone": _("Call"), "zalo": "Zalo", "answer": _("They answered")}
    return f"{names.get(how or '') or channel_name(how or '')}, {when(at)}"


def quiet_words(quiet: Quiet) -> str:
    """`Quiet for 23 days, 9 too many`, `Quiet for 3 of 14 days`; nothing where silence is not counted."""
    if quiet.days is None:
        return _("Never in contact") if quiet.too_long else ""
    if quiet.too_long:
        return ngettext(
            "Quiet for %(num)s day, %(over)s too many", "Quiet for %(num)s days, %(over)s too many", quiet.days,
            over=quiet.days_over,
        )  # fmt: skip
    if quiet.every_days is None:
        return ngettext("Quiet for %(num)s day", "Quiet for %(num)s days", quiet.days)
    if quiet.days == 0:
        return _("In contact today")
    return ngettext(
        "Quiet for %(days)s of %(num)s day",
        "Quiet for %(days)s of %(num)s days",
        quiet.every_days,
        days=quiet.days,
    )


def met_words(at: datetime | None) -> str:
    """`met 21 Oct`, `not met yet`."""
    return _("met %(day)s", day=short_date(local_date(at))) if at else _("not met yet")


def as_text(brief: Brief) -> str:
    """The same as the page says, in the reader's language."""
    return "\n".join([*_head(brief), *_body(brief)])


def _head(brief: Brief) -> Iterator[str]:
    customer = brief.customer
    tier = _("Tier %(tier)s", tier=customer.tier) if customer.tier else status_name(customer.status)
    yield f"{customer.name} · {tier}"
    if customer.address:
        yield customer.address
    yield ". ".join(filter(None, [due_words(brief.due, customer.status), quiet_words(brief.quiet)]))


def _body(brief: Brief) -> Iterator[str]:
    yield from _part(_("Who is who"), map(_who, brief.stakeholders))
    yield from _part(_("We promised"), map(_promise, brief.ours))
    yield from _part(_("They promised"), map(_promise, brief.theirs))
    yield from _part(_("To ask next"), next_words(brief))
    yield from _part(_("Last contacts"), (f"{said(each).title}, {when(each.at)}" for each in brief.touches))
    yield from _part(
        _("Last notes"), (f"{each.payload.get('text', '')} ({when(each.at)})" for each in brief.notes)
    )
    yield from _part(_("To do"), map(_promise, brief.to_do))
    planned = (
        f"{channel_name(each.channel)} · {each.to_name}, {moment_words(each.due_at)}"
        for each in brief.followups
    )
    yield from _part(_("Follow-ups"), planned)
    yield from _part(
        _("Sites due"), (f"{site.name}: {due_words(site.due, site.status)}" for site in brief.sites_due)
    )


def _part(title: str, lines: Iterator[str] | list[str] | map[str]) -> Iterator[str]:
    """Nothing at all where there is nothing to say."""
    found = [f"- {' '.join(line.split())}" for line in lines]
    if found:
        yield from ("", title, *found)


def _who(somebody: Stakeholder) -> str:
    contact = somebody.place.contact
    return f"{contact.name}, {role_name(somebody.place.role).lower()}, {met_words(somebody.met_at)}"


def _promise(reminder: Reminder) -> str:
    return f"{reminder.text} ({falls(reminder).words})"


def next_words(brief: Brief) -> list[str]:
    """What came of the last visit, when it is to go on, and in whose words."""
    visit = brief.last_visit
    if visit is None:
        return []
    told = [f"{outcome_words(visit.outcome or '')}, {when(visit.started_at)}"]
    if visit.next_on:
        told.append(_("Agreed for %(day)s", day=short_date(visit.next_on)))
    if visit.attendees:
        told.append(_("with %(people)s", people=", ".join(each.name for each in visit.attendees)))
    return told


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        touch_words=touch_words, account_quiet_words=quiet_words, met_words=met_words
    )
