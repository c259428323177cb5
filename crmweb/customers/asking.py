"""Reading what an address asks: one value or several, of a few known ones."""

from __future__ import annotations

import uuid
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from crmweb.languages import gettext as _

Args = MultiDict[str, str]
T = TypeVar("T", bound=str)


class BadQuestion(ValueError):
    """Something in the address cannot be; `str()` says what, to the person."""


def only(args: Args, name: str) -> str:
    """The one value of a parameter, or nothing. Raises `BadQuestion` when it was given twice."""
    values = args.getlist(name)
    if len(values) > 1:
        raise BadQuestion(_("%(name)s was given twice.", name=name))
    return values[0].strip() if values else ""


def one_of(args: Args, name: str, allowed: tuple[T, ...]) -> T | None:
    """A value that must be one of those allowed. Raises `BadQuestion`."""
    text = only(args, name)
    for value in allowed:
        if text == value:
            return value
    if text:
        raise BadQuestion(_("%(name)s can be %(allowed)s.", name=name, allowed=", ".join(allowed)))
    return None


def several_of(args: Args, name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Values that must be among those allowed, repeated or parted by commas. Raises `BadQuestion`."""
    values = {part for value in args.getlist(name) for part in value.split(",") if part}
    if values - set(allowed):
        raise BadQuestion(_("%(name)s can be %(allowed)s.", name=name, allowed=", ".join(allowed)))
    return tuple(value for value in allowed if value in values)


def person(args: Args, name: str = "person") -> uuid.UUID | None:
    """The id of a person. Raises `BadQuestion`."""
    text = only(args, name)
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise BadQuestion(_("Nobody is known by that person.")) from None
