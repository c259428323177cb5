"""The admin's list of what may come of a visit."""

from __future__ import annotations

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue

from crmweb import clock
from crmweb.admin.places import offer
from crmweb.customers.fields import is_blank, one_line
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.languages import lazy_gettext
from crmweb.visits.outcomes import Outcome
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page

outcomes = Blueprint("outcomes", __name__)

HERE = "/admin/outcomes"
LONGEST = 40
"""Characters; more do not fit on a chip."""

offer(
    HERE, icon="flag", needs="policies:manage", order=40,
    name=lazy_gettext("Results of a visit"), line=lazy_gettext("What may come of a visit"),
)  # fmt: skip

NOTICES["outcomes_changed"] = lambda _about: Notice(_("Saved"))
NOTICES["outcome_needed"] = lambda _about: Notice(_("One has to stay, or nobody could finish a visit."))


@outcomes.get(HERE)
@needs("policies:manage")
def index() -> ResponseReturnValue:
    return page("admin/outcomes.html", outcomes=Outcome.all(), wrong="", wrong_at="", typed="")


@outcomes.post(HERE)
@needs("policies:manage")
def create() -> ResponseReturnValue:
    label = one_line(request.form.get("label"))
    if wrong := _wrong(label):
        return _refused(wrong, "", label)
    with writing():
        Outcome.add(label, productive=bool(request.form.get("productive")))
    return _done()


@outcomes.post(f"{HERE}/<name>")
@needs("policies:manage")
def update(name: str) -> ResponseReturnValue:
    """Rename it, and say whether something was sold then."""
    outcome, label = _found(name), one_line(request.form.get("label"))
    if (wrong := _wrong(label)) and not (outcome.is_built_in and not label):
        return _refused(wrong, name, label)
    with writing():
        _found(name).change(label=label, productive=bool(request.form.get("productive")))
    return _done()


@outcomes.post(f"{HERE}/<name>/place")
@needs("policies:manage")
def move(name: str) -> ResponseReturnValue:
    """One place up or down."""
    _found(name)
    with writing():
        if not (outcome := _found(name)).retired_at:
            outcome.move(-1 if request.form.get("to") == "up" else 1)
    return go(f"{HERE}#outcome-{name}")


@outcomes.post(f"{HERE}/<name>/retire")
@needs("policies:manage")
def retire(name: str) -> ResponseReturnValue:
    _found(name)
    try:
        with writing():
            _found(name).retire(at=clock.now())
    except ValueError:
        return go(HERE, notice="outcome_needed")
    return _done()


@outcomes.post(f"{HERE}/<name>/restore")
@needs("policies:manage")
def restore(name: str) -> ResponseReturnValue:
    _found(name)
    with writing():
        _found(name).restore()
    return _done()


def _found(name: str) -> Outcome:
    outcome: Outcome = not_found_unless(db.session.get(Outcome, name))
    return outcome


def _wrong(label: str) -> str:
    if is_blank(label):
        return _("Type a name.")
    if len(label) > LONGEST:
        return _("%(typed)s characters are too many. At most %(most)s fit.", typed=len(label), most=LONGEST)
    return ""


def _refused(wrong: str, at: str, typed: str) -> ResponseReturnValue:
    return page(
        "admin/outcomes.html", status=422, outcomes=Outcome.all(), wrong=wrong, wrong_at=at, typed=typed
    )


def _done() -> ResponseReturnValue:
    return go(HERE, notice="outcomes_changed")


def init_app(app: Flask) -> None:
    app.register_blueprint(outcomes)
