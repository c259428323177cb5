"""Writes that a phone kept while it had no signal: the views that take them, and who stands before those views.

Such a view says what it is (`kept_by_phones`); the outbox, which stands above the slices of the field, hangs itself
before all of them, and hears when a visit has come that others may wait for.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue

from crmweb import clock
from crmweb.errors import sent_by_script

View = Callable[..., ResponseReturnValue]


@dataclass(frozen=True)
class Act:
    """What people do in the field. `visit` and `customer` name the argument, or else the field, that holds the id."""

    name: str
    visit: str = ""
    customer: str = ""

    def visit_id(self, arguments: dict[str, Any]) -> uuid.UUID | None:
        """The visit that must be there first, if any."""
        return arguments.get(self.visit)

    def customer_id(self, arguments: dict[str, Any], field: Callable[[str], str | None]) -> uuid.UUID | None:
        """Whom it is about, where that is said."""
        if self.customer in arguments:
            found: uuid.UUID = arguments[self.customer]
            return found
        try:
            return uuid.UUID(field(self.customer) or "")
        except ValueError:
            return None


Door = Callable[[Act, dict[str, Any], Callable[[], ResponseReturnValue]], ResponseReturnValue]

DOORS: list[Door] = []
"""Who stands before the views that take what phones kept, one alone: it gets the act, its arguments, and the way in."""

WAITING: list[Callable[[uuid.UUID], None]] = []
"""Whom it concerns that a visit is there."""


def kept_by_phones(name: str, *, visit: str = "", customer: str = "") -> Callable[[View], View]:
    """Declare that a phone may have kept this write and brings it late, and what it is called then."""
    act = Act(name, visit, customer)

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(**arguments: Any) -> ResponseReturnValue:
            if not sent_by_script() or g.get("leaver") is not None or is_applied():
                return view(**arguments)
            return DOORS[0](act, arguments, lambda: view(**arguments))

        guarded.act = act  # type: ignore[attr-defined]
        return guarded

    return declare


def has_come(visit_id: uuid.UUID) -> None:
    """A visit is there, for good: what was held for it may follow. Called after the commit."""
    for tell in WAITING:
        tell(visit_id)


def is_applied() -> bool:
    """Whether this write was held, and is applied now: there is nobody to be asked anything."""
    return "arrived_at" in g


def came_at() -> datetime:
    """When this write reached us: now, or when it did if it was held since."""
    arrived: datetime = g.get("arrived_at") or clock.now()
    return arrived


def done_at() -> datetime:
    """When it was done by the phone's clock, never later than it came."""
    return min(clock.on_the_phone(request.form.get("client_at")), came_at())
