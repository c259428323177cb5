"""English and Vietnamese: which one a person reads, and how dates, numbers and distances are said in it."""

from __future__ import annotations

from datetime import date
from typing import Any

import flask_babel
from flask import Flask, g, request
from flask_babel import Babel, get_locale
from flask_login import current_user

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
    try:
        return _CATALOGUES[g._flask_babel.babel_locale]
    except (AttributeError, KeyError, RuntimeError):
        words = flask_babel.get_translations()
        if locale := get_locale():
            _CATALOGUES[locale] = words
        return words


_CATALOGUES: dict[Any, Any] = {}
"""Language → its words; also inside `force_locale`, which changes flask-babel's note of the language."""


def chosen_locale() -> str:
    """What the person chose, else what their browser asks for, else English."""
    chosen = getattr(current_user, "locale", None) or request.cookies.get("lang")
    return chosen if chosen in LOCALES else request.accept_languages.best_match(LOCALES) or "en"


def chosen_zone() -> str:
    return getattr(current_user, "zone", None) or "Asia/Ho_Chi_Minh"


def distance(metres: float) -> str:
    """`400 m` below a kilometre, then one decimal: `1.2 km`, `1,2 km` in Vietnamese; whole from 100 km."""
    if metres < 995:
        return f"{round(metres, -1) if metres >= 100 else round(metres):.0f} m"
    kilometres = metres / 1000
    number = flask_babel.format_decimal(kilometres, "#,##0" if kilometres >= 100 else "#,##0.0")
    return f"{number} km"


def short_date(day: date) -> str:
    """`20 Nov`, `20/11`; with the year when it is another one than this."""
    if day.year == clock.now().year:
        return day_and_month(day)
    return str(flask_babel.format_date(day, "d/M/y" if str(get_locale()) == "vi" else "d MMM y"))


def day_and_month(day: date) -> str:
    """`20 Nov`, `20/11`, whatever the year."""
    return str(flask_babel.format_date(day, "d/M" if str(get_locale()) == "vi" else "d MMM"))


WINDS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")


def wind(direction: str) -> str:
    """One of the eight directions in words."""
    words = {
        "n": gettext("north"),
        "ne": gettext("northeast"),
        "e": gettext("east"),
        "se": gettext("southeast"),
        "s": gettext("south"),
        "sw": gettext("southwest"),
        "w": gettext("west"),
        "nw": gettext("northwest"),
    }
    return words[direction]


def init_app(app: Flask) -> None:
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=chosen_locale, timezone_selector=chosen_zone)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _spoken().gettext(text),
        ngettext=lambda one, many, num: _spoken().ngettext(one, many, num),
        newstyle=True,
    )
    app.jinja_env.filters.update(
        initials=initials, given_name=given_name, distance=distance, short_date=short_date, wind=wind
    )
    app.context_processor(lambda: {"locale": str(get_locale()), "language_names": NAMES})
