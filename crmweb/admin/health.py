"""How the house is, as an admin reads it: a light for each part, what it says and what to do."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from crmweb import clock
from crmweb.admin.places import offer
from crmweb.languages import gettext as _
from crmweb.languages import lazy_gettext, ngettext
from crmweb.lights import telling, words
from crmweb.lights.models import STALE, Light
from crmweb.web import needs, page

health = Blueprint("house_health", __name__)

HERE: Final = telling.HERE


def _badge() -> str:
    """What stands beside its name on the admin's home while something is red."""
    red = Light.count_red(at=clock.now())
    return ngettext("%(num)s red", "%(num)s red", red) if red else ""


offer(
    HERE, icon="activity", needs=telling.RIGHT, order=45, badge=_badge,
    name=lazy_gettext("Health"), line=lazy_gettext("Whether everything runs, and what to do where it does not"),
)  # fmt: skip


@health.get(HERE)
@needs(telling.RIGHT)
def index() -> ResponseReturnValue:
    """What the clock found at its last look. Nothing is looked at here: a page waits for no server of others."""
    looked = Light.looked()
    blind = looked is None or clock.now() - looked > STALE
    return page("admin/health.html", lights=Light.all(), looked=looked, blind=blind, verdict=_verdict(blind))


def _verdict(blind: bool) -> tuple[str, str]:
    """The kind of state that the house is drawn as, and its words."""
    red = Light.count_red(at=clock.now())
    if blind:
        return "late", _("Nobody looks")
    if red:
        return "late", ngettext("%(num)s light is red", "%(num)s lights are red", red)
    return "ok", _("Everything runs")


def init_app(app: Flask) -> None:
    telling.listen()
    app.jinja_env.filters.update(
        light_name=words.name_of, light_says=words.said, light_todo=words.todo, light_state=words.state_of
    )
    app.register_blueprint(health)
