"""Jinja as we use it: quick, and with fragments that are rendered once for all who see the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache, partial
from typing import Any

from flask import Flask, current_app
from flask.templating import Environment
from markupsafe import Markup, escape

from crmweb import clock
from crmweb.assets import asset
from crmweb.browser import person_of_pages
from crmweb.languages import language

MOST_KEPT = 4_000
"""Fragments kept by a process: what a dozen reps look at in a day, 5 MB."""

Tells = Callable[..., Mapping[str, Any]]


class Templates(Environment):
    """Templates that share what is global to all.

    Jinja lays an empty map over it for each, and compares the two name by name at every `{% from … import %}`: 20 µs,
    a dozen times a page.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


class Gaps:
    """In a fragment `{{ gap.metres }}` stands where each of its uses says something else. Nobody's data holds a NUL."""

    def __getattr__(self, name: str) -> Markup:
        return Markup(f"\0{name}\0")  # nosec B704  # noqa: S704 - a name of ours


GAP = Gaps()


class Kept:
    """A fragment like a macro, but rendered once for all who see the same: it is kept by what it says.

    `tells` makes the content that it may speak of from what it is kept by, and from nothing else, above all not from
    who looks. It is asked where nothing is kept yet.
    """

    def __init__(self, template: str, tells: Tells) -> None:
        self._template, self._tells = template, tells
        self._text = lru_cache(MOST_KEPT)(self._written)

    def here(self) -> Callable[..., str]:
        """The fragment in the language at work and with the icons of now, to be called by what it is kept by.

        What it returns, `filled` completes.
        """
        return partial(self._text, language(), asset("sprite.svg"))

    def anew(self, *said: Any) -> str:
        """The same, for what would take too much room to be kept."""
        return self._written("", "", *said)

    def _written(self, _language: str, _icons: str, *said: Any) -> str:
        """A text with `%(metres)s` in its gaps; in another language, and with other icons, it is another one."""
        template = current_app.jinja_env.get_template(self._template)
        words, names = _apart(template.render(self._tells(*said), gap=GAP).split("\0"))
        return "".join(f"{piece}%({name})s" for piece, name in zip(words, names, strict=False)) + words[-1]


def _apart(pieces: list[str]) -> tuple[list[str], list[str]]:
    """What lies between the gaps, and their names."""
    return [piece.replace("%", "%%") for piece in pieces[::2]], pieces[1::2]


def filled(text: str, **gaps: object) -> Markup:
    """A fragment with what its gaps say here."""
    return Markup(text % {name: escape(said) for name, said in gaps.items()})  # nosec B704  # noqa: S704 - escaped


DAY_S = 86_400


def served_at() -> int:
    """The day on which this page is sent, in milliseconds since 1970: ids are dated by it where a phone's clock runs
    ahead. No finer, so that a repeated answer is the same one.
    """
    return int(clock.now().timestamp()) // DAY_S * DAY_S * 1000


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(person_of_pages=person_of_pages, served_at=served_at)
