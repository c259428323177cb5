"""What holds for the person at work, and what they say to the notice about their place."""

from __future__ import annotations

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts import policy_words
from crmweb.accounts.location import LocationAnswer, latest_answer, may_ask_place, needs_notice
from crmweb.accounts.policies import policies_of, policy
from crmweb.accounts.policy_kinds import AT_A_VISIT, AT_THE_DOOR, KEPT, RHYTHMS
from crmweb.db import writing
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, go, local_path, needs, page

binding = Blueprint("binding", __name__)

HERE = "/settings/location"

NOTICES["place_shared"] = lambda _about: Notice(_("Your place is read when you check in"))
NOTICES["place_kept_back"] = lambda _about: Notice(_("Your place is not read any more"))


@binding.get("/settings/policies")
@needs("own:settings")
def policies() -> ResponseReturnValue:
    """In words, for whom they bind."""
    groups = (
        (_("At a visit"), AT_A_VISIT), (_("How often"), RHYTHMS), (_("Signing in"), AT_THE_DOOR),
        (_("How long things are kept"), KEPT),
    )  # fmt: skip
    return page("accounts/policies.html", groups=groups, said=policies_of(current_user.id))


@binding.get(HERE)
@needs("own:settings")
def location() -> ResponseReturnValue:
    return _show()


@binding.post(HERE)
@needs("own:settings")
def answer_location() -> ResponseReturnValue:
    """Agree or refuse; nothing in between, and nothing is taken for a yes."""
    said = request.form.getlist("answer")
    if said not in (["agree"], ["refuse"]):
        return _show(status=422, wrong=_("Choose one of the two."))
    agreed = said == ["agree"]
    with writing():
        LocationAnswer.give(agreed, by=current_user, at=clock.now())
    return go(_next() or HERE, notice="place_shared" if agreed else "place_kept_back")


def _show(*, status: int = 200, wrong: str = "") -> ResponseReturnValue:
    return page(
        "accounts/location.html", status=status, answer=latest_answer(current_user.id), next=_next(),
        days=policy("location_days"), asked=needs_notice(current_user.id), wrong=wrong,
    )  # fmt: skip


def _next() -> str:
    """Where they came from, if it is a page of ours."""
    target = request.values.get("next")
    return local_path(target) if target else ""


def here() -> str:
    """The page at work, to come back to; after a form that was refused, the settings."""
    return request.full_path.rstrip("?") if request.method == "GET" else HERE


def init_app(app: Flask) -> None:
    policy_words.init_app(app)
    app.register_blueprint(binding)
    app.jinja_env.globals.update(
        may_ask_place=lambda: may_ask_place(current_user.id), location_next=here,
        needs_location_notice=lambda: needs_notice(current_user.id),
    )  # fmt: skip
