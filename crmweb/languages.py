"""English and Vietnamese: which one a person reads, and how dates, numbers and distances are said in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any

import flask_babel
from babel import Locale
from flask import Flask, g, has_app_context, has_request_context, request
from flask_babel import Babel, get_locale
from flask_login import current_user
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from crmweb import clock
from crmweb.names import given_name, initials

LOCALES = ("en", "vi")
NAMES = {"en": "English", "vi": "Tiếng Việt"}


def gettext(text: str, **values: Any) -> str:
    """`text` in the language of the person at work, with `%(name)s` filled in."""
    said: str = _spoken().gettext(text)
    return said % values if values else said


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """The form that goes with `num`, which fills `%(num)s`."""
    said: str = _spoken().ngettext(one, many, num)
    return said % {"num": num, **values}


def lazy_gettext(text: str, **values: Any) -> Any:
    """The same, worked out when it is shown: for what is said at import, before anyone is at work."""
    return flask_babel.LazyString(gettext, text, **values)


def _spoken() -> Any:
    """The words of the language at work. A page says a hundred of them, and flask-babel looks for its own at each."""
    return _words_of(language())


@cache
def _words_of(_language: str) -> Any:
    return flask_babel.get_translations()


def _written(text: str, **values: Any) -> Markup:
    """`gettext` for templates, where what fills the gaps is escaped. Jinja's own way there is three times as long."""
    said = _markup(text, language())
    return said % values if values else said


@cache
def _markup(text: str, language: str) -> Markup:
    return Markup(_words_of(language).gettext(text))  # nosec B704  # noqa: S704 - our own words


def _written_count(one: str, many: str, num: int, **values: Any) -> Markup:
    return Markup(_spoken().ngettext(one, many, num)) % {"num": num, **values}  # nosec B704  # noqa: S704 - escaped


def language() -> str:
    """The language at work, one of `LOCALES`; flask-babel's note of it is read first, which `force_locale` changes."""
    noted = g.get("_flask_babel") if has_app_context() else None
    locale: Locale | None = getattr(noted, "babel_locale", None)
    if locale is not None:
        return str(locale.language)
    return _note(chosen_locale()) if has_request_context() else str(get_locale())


def _note(language: str) -> str:
    """Note it where flask-babel would, which reads the locale's file anew each time."""
    g.setdefault("_flask_babel", SimpleNamespace()).babel_locale = _locale(language)
    return language


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)


def chosen_locale() -> str:
    """What the person chose, else what their browser asks for, else English."""
    chosen = getattr(current_user, "locale", None) or request.cookies.get("lang")
    return chosen if chosen in LOCALES else _asked_for(request.headers.get("Accept-Language", ""))


@lru_cache(1000)
def _asked_for(languages: str) -> str:
    """Browsers ask in the same few words, which take their time to read."""
    return parse_accept_header(languages, LanguageAccept).best_match(LOCALES) or LOCALES[0]


def chosen_zone() -> str:
    spoken: str | None = g.get("spoken_zone")
    return spoken or getattr(current_user, "zone", None) or "Asia/Ho_Chi_Minh"


@contextmanager
def speaking(locale: str | None, zone: str) -> Iterator[None]:
    """Say everything in this language (English where none is known) and by this zone's clock: for words that go to
    somebody else.
    """
    before, g.spoken_zone = g.get("spoken_zone"), zone
    try:
        with flask_babel.force_locale(locale or LOCALES[0]):
            yield
    finally:
        g.spoken_zone = before


def distance(metres: float) -> str:
    """`400 m` below a kilometre, then one decimal: `1.2 km`, `1,2 km` in Vietnamese; whole from 100 km."""
    return distance_in(language(), metres)


def distance_in(spoken: str, metres: float) -> str:
    """The same in a language that one has asked for already: a list says twenty."""
    if metres < 995:
        return f"{round(metres, -1) if metres >= 100 else round(metres):.0f} m"
    kilometres = metres / 1000
    number = f"{kilometres:,.0f}" if kilometres >= 100 else f"{kilometres:.1f}"
    return f"{number.translate(_SIGNS[spoken])} km"


_SIGNS = {"en": {}, "vi": str.maketrans(",.", ".,")}
"""How Python's signs in a number are written; Babel takes its time for each."""


def short_date(day: date) -> str:
    """`20 Nov`, `20/11`; with the year when it is another one than this."""
    if day.year == clock.now().year:
        return day_and_month(day)
    return _dated(day, "d/M/y" if language() == "vi" else "d MMM y", language())


def day_and_month(day: date) -> str:
    """`20 Nov`, `20/11`, whatever the year."""
    return _dated(day, "d/M" if language() == "vi" else "d MMM", language())


@lru_cache(1000)
def _dated(day: date, pattern: str, _language: str) -> str:
    """A page says the same thirty days again and again."""
    return str(flask_babel.format_date(day, pattern))


def wind(direction: str) -> str:
    """One of the eight directions in words."""
    return str(_WINDS[direction])


_WINDS = {
    "n": lazy_gettext("north"),
    "ne": lazy_gettext("northeast"),
    "e": lazy_gettext("east"),
    "se": lazy_gettext("southeast"),
    "s": lazy_gettext("south"),
    "sw": lazy_gettext("southwest"),
    "w": lazy_gettext("west"),
    "nw": lazy_gettext("northwest"),
}


def init_app(app: Flask) -> None:
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=chosen_locale, timezone_selector=chosen_zone)
    app.jinja_env.globals.update(_=_written, gettext=_written, ngettext=_written_count)
    app.jinja_env.filters.update(
        initials=initials, given_name=given_name, distance=distance, short_date=short_date, wind=wind
    )
    app.context_processor(lambda: {"locale": language(), "language_names": NAMES})
