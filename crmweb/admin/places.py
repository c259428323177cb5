"""Where an admin goes: each page of the office says here, when it is imported, what it is for and who may open it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Flask

from crmweb.web import may


class Place(NamedTuple):
    """One page of the office; `name` and `line` are lazy texts, a smaller `order` stands nearer the top.

    `badge` says what calls for attention there, if anything does.
    """

    path: str
    icon: str
    needs: str
    name: Any
    line: Any
    order: int
    badge: Callable[[], str] = str


PLACES: dict[str, Place] = {}
"""Path → place."""


def offer(
    path: str, *, icon: str, needs: str, name: Any, line: Any, order: int, badge: Callable[[], str] = str
) -> None:
    """List a page on the admin's home and say what it needs."""
    PLACES[path] = Place(path, icon, needs, name, line, order, badge)


def places() -> list[Place]:
    """Those that the person at work may open, in order."""
    return sorted((place for place in PLACES.values() if may(place.needs)), key=lambda place: place.order)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["admin_places"] = places
