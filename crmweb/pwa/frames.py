"""Frames: whole pages with gaps, which a phone fills where there is no signal.

A gap is `[[name]]`, which becomes escaped text, or `[[html:name]]`, which becomes markup that we rendered. A frame may
be three days old when it is shown: it says nothing that depends on the day, nor on one customer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from flask_login import current_user

from crmweb import clock
from crmweb.accounts.policies import policies_of
from crmweb.accounts.policy_kinds import ALWAYS
from crmweb.check_in.choices import Choice
from crmweb.customers.forms import CustomerForm
from crmweb.reminders.forms import Sent
from crmweb.reminders.words import lasting_choices
from crmweb.visits.evidence import WHYS
from crmweb.visits.outcomes import SHUT, Outcome
from crmweb.visits.verdicts import LATEST, UNPROVEN


def gap(name: str) -> str:
    """How a gap stands in a page."""
    return f"[[{name}]]"


@dataclass(frozen=True)
class _Customer:
    """In the place of a customer, on the pages that say no more than who it is."""

    id: str = gap("id")
    name: str = gap("name")


@dataclass(frozen=True)
class _Visit:
    """In the place of a visit that only the phone knows of."""

    id: str = gap("id")
    customer_id: str = gap("customer")
    customer_name: str = gap("name")
    verdict: str | None = UNPROVEN
    why: str | None = None
    owes_why: bool = False
    owes_photo: bool = False
    ended_at: str | None = "later"
    photos: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Seen:
    """The same with what stands around it: nothing that this phone knows."""

    visit: _Visit = field(default_factory=_Visit)
    mine: bool = True


def _check_in() -> dict[str, Any]:
    here = _Customer()
    row = Choice(here.id, here.name, "customer", None, None)  # type: ignore[arg-type]
    return {
        "rows": [row], "act": f"/customers/{here.id}/visits", "back": f"/customers/{here.id}", "shut": SHUT,
        "open_visit": None, "wrong": "",
    }  # fmt: skip


def _visit() -> dict[str, Any]:
    seen = _Seen()
    return {
        "seen": seen,
        "visit": seen.visit,
        "whys": WHYS,
        "seconds": round(LATEST.total_seconds()),
        "wrong": None,
    }


def _finish() -> dict[str, Any]:
    asks_photo = policies_of(current_user.id, at=clock.now())["photo_needed"] == ALWAYS
    return {
        "seen": _Seen(_Visit(verdict=None, owes_photo=asks_photo)), "outcomes": Outcome.offered(), "whys": WHYS,
        "today": None, "typed": {}, "promises": [("us", "", "")], "wrong": None,
    }  # fmt: skip


def _note() -> dict[str, Any]:
    return {"customer": _Customer(), "back": "", "about": "", "text": "", "wrong": {}}


def _reminder() -> dict[str, Any]:
    here = _Customer()
    return {
        "customer": here, "act": f"/customers/{here.id}/reminders", "sent": Sent(), "reminder": None, "back": "",
        "cause_id": "", "choices": lasting_choices(),
    }  # fmt: skip


def _lead() -> dict[str, Any]:
    return {"form": CustomerForm(people=[]), "twins": None}


READ, WRITE, ADD = "customers:read:own", "visits:write", "customers:write"


class Frame(NamedTuple):
    """The right that it asks for, its template (that of the page itself where that will do), and what fills it."""

    needs: str
    template: str
    filled: Callable[[], dict[str, Any]] = dict


FRAMES: Final = {
    "customers": Frame(READ, "pwa/frames/customers.html"),
    "customer": Frame(READ, "pwa/frames/customer.html"),
    "check-in": Frame(WRITE, "pwa/frames/check-in.html", _check_in),
    "visit": Frame(WRITE, "pwa/frames/visit.html", _visit),
    "visit-done": Frame(WRITE, "pwa/frames/visit-done.html", _visit),
    "finish": Frame(WRITE, "pwa/frames/finish.html", _finish),
    "note": Frame(WRITE, "notes/new.html", _note),
    "reminder": Frame(WRITE, "reminders/new.html", _reminder),
    "lead": Frame(ADD, "customers/here.html", _lead),
    "saved": Frame(READ, "pwa/frames/saved.html"),
    "away": Frame(READ, "pwa/frames/away.html"),
}
"""Each frame by its name."""
