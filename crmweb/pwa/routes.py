"""The manifest, by which a phone puts us on its home screen, and the service worker at its one address."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_login import current_user

from crmweb.assets import built
from crmweb.config import current_settings
from crmweb.languages import LOCALES, language
from crmweb.languages import gettext as _
from crmweb.outbox.models import OutboxWrite
from crmweb.outbox.showing import kept_writes
from crmweb.visits.outcomes import SHUT, Outcome
from crmweb.web import needs, open_to_all, page

pwa = Blueprint("pwa", __name__)

SHOWN = 10
"""So many of what could not be done stand on the page of the outbox itself."""

CANVAS = "#f2f5f0"
"""The colour of the page, as in the look's tokens; the bars of a phone take it."""


@pwa.get("/manifest.webmanifest")
@open_to_all
def manifest() -> ResponseReturnValue:
    """Source: W3C, Web Application Manifest."""
    return Response(json.dumps(_manifest(), ensure_ascii=False), content_type="application/manifest+json")


def _manifest() -> dict[str, Any]:
    return {
        "id": "/",
        "name": "crmweb",
        "short_name": "crmweb",
        "description": _("Customers, visits and what was promised"),
        "lang": language(),
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": CANVAS,
        "theme_color": CANVAS,
        "icons": [
            _icon("app-192", 192),
            _icon("app-512", 512),
            {**_icon("maskable-512", 512), "purpose": "maskable"},
        ],
        "shortcuts": [
            {"name": _("Check in"), "url": "/check-in"},
            {"name": _("Nearby"), "url": "/nearby"},
        ],
    }


def _icon(name: str, size: int) -> dict[str, str]:
    return {"src": f"/static/icons/{name}.png", "sizes": f"{size}x{size}", "type": "image/png"}


@pwa.get("/sw.js")
@open_to_all
def service_worker() -> ResponseReturnValue:
    """The built one with its words before it. The same for everyone; asked for anew each time.

    Switched off, it is one that keeps and answers nothing, and takes the place of whatever went wrong at once.
    """
    script = f"self.WORDS={json.dumps(_words(), ensure_ascii=False)};\n{worker_script()}"
    answer = Response(script, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    return answer.make_conditional(request)


def worker_script() -> str:
    return built("sw.js" if current_settings().service_worker == "on" else "sw-off.js").read_text()


def _words() -> dict[str, dict[str, str]]:
    """What it says by itself, when a push cannot be read or a button's word does not get through."""
    return {locale: _words_in(locale) for locale in LOCALES}


def _words_in(locale: str) -> dict[str, str]:
    with force_locale(locale):
        return {
            "lang": locale,
            "something": _("There is something new for you."),
            "unsent": _("No signal: not done yet. Tap again when it is back."),
        }


@pwa.get("/outbox")
@needs("own:settings")
def outbox() -> ResponseReturnValue:
    """What waits on the phone that asks, which fills it in alone; and what came here and could not be done."""
    mine = OutboxWrite.in_quarantine().where(OutboxWrite.person_id == current_user.id)
    rows, more = kept_writes(mine, SHOWN)
    return page("pwa/outbox.html", outcomes=[*(each.name for each in Outcome.offered()), *SHUT],
        rows=rows, more="/outbox/kept" if more else "",)  # fmt: skip


def init_app(app: Flask) -> None:
    app.register_blueprint(pwa)
