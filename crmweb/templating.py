"""Jinja as we use it: quick, and with fragments that are rendered once for all who see the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from flask import Flask, current_app
from flask.templating import Environment
from markupsafe import Markup

from crmweb import clock
from crmweb.assets import asset
from crmweb.browser import person_of_pages
from crmweb.languages import language

MOST_KEPT = 4_000
"""Fragments of a template kept by a process: what a dozen reps look at in a day, 5 MB."""

MOST_SEEN = 1_000
"""What so many people see at once: whoever looks again after as many others finds nothing kept."""

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


class Fragment(NamedTuple):
    """A text with gaps, as it is sent: the words before the first, between two, and after the last; and what is wanted
    in each. A page of twenty is copied once so, and not at each step.
    """

    words: tuple[bytes, ...]
    gaps: tuple[str, ...]

    def pieces(self, said: Mapping[str, bytes]) -> list[bytes]:
        """The text in pieces, with these in its gaps as they stand: numbers, words of ours, what is escaped."""
        pieces: list[bytes] = []
        for word, gap in zip(self.words, self.gaps, strict=False):
            pieces += word, said[gap]
        pieces.append(self.words[-1])
        return pieces


class _Seen:
    """What fragments have in common, told apart by which it is: looking one up does not compare all of it."""

    def __init__(self, *said: Any) -> None:
        self.said = said


_seen = lru_cache(MOST_SEEN)(_Seen)


class Kept:
    """A fragment like a macro, but rendered once for all who see the same: it is kept by what it says.

    `tells` makes the content that it may speak of from what it is kept by, and from nothing else, above all not from
    who looks. It is asked where nothing is kept yet.
    """

    def __init__(self, template: str, tells: Tells) -> None:
        self._template, self._tells = template, tells
        self._text = lru_cache(MOST_KEPT)(self._written)

    def here(self, *of_all: Any) -> Callable[..., Fragment]:
        """The fragment in the language at work and with the icons of now, to be called by what it is kept by; its last
        parts, if they are the same for all that one draws, are given here.
        """
        return partial(self._text, _seen(language(), asset("sprite.svg"), of_all))

    def anew(self, *said: Any) -> Fragment:
        """The same, for what would take too much room to be kept."""
        return self._written(_Seen("", "", ()), *said)

    def _written(self, seen: _Seen, *own: Any) -> Fragment:
        """In another language, and with other icons, it is another text."""
        _language, _icons, of_all = seen.said
        template = current_app.jinja_env.get_template(self._template)
        pieces = template.render(self._tells(*own, *of_all), gap=GAP).encode().split(b"\0")
        return Fragment(tuple(pieces[::2]), tuple(map(bytes.decode, pieces[1::2])))


DAY_S = 86_400


def served_at() -> int:
    """The day on which this page is sent, in milliseconds since 1970: ids are dated by it where a phone's clock runs
    ahead. No finer, so that a repeated answer is the same one.
    """
    return int(clock.now().timestamp()) // DAY_S * DAY_S * 1000


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(person_of_pages=person_of_pages, served_at=served_at)
