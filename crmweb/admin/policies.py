"""What holds for everyone, and for a team: set by the admin, and by a manager for their own people."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, Flask, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.accounts.policies import Standing, standings
from crmweb.accounts.policy_kinds import (
    AT_A_VISIT,
    AT_THE_DOOR,
    KEPT,
    POLICIES,
    RHYTHMS,
    BadValue,
    Policy,
    Value,
)
from crmweb.accounts.policy_words import how_to_right, policy_title
from crmweb.accounts.proof import ask_for_proof
from crmweb.accounts.rulings import LockedPolicy, Ruling
from crmweb.admin.places import offer
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.languages import lazy_gettext
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page

policies = Blueprint("policies", __name__)

HERE = "/admin/policies"
TEAMS = "/team/policies"


FAR_REACHING = (*AT_THE_DOOR, *KEPT)
"""What an open laptop on a table must not weaken: how people sign in, and how long it lasts what nobody brings back."""


class Team(NamedTuple):
    """A manager, by whom a team is called."""

    id: uuid.UUID
    name: str


@dataclass(frozen=True)
class Desk:
    """Where policies are set: for whom, and at which address. No team is the company."""

    path: str
    team: Team | None

    def address(self, name: str = "", deed: str = "", **more: str) -> str:
        """Of the page, of a policy, or of what is done to it."""
        team = {"team": str(self.team.id)} if self.team and self.path == HERE else {}
        return _address(self.path, name, deed, **team, **more)

    @property
    def head_id(self) -> uuid.UUID | None:
        return self.team.id if self.team else None


def _address(path: str, name: str, deed: str, **asked: str) -> str:
    """A team's own is no record with an address: the policy stands in the question there."""
    if path == TEAMS and name:
        name, asked = "", {"policy": name, **asked}
    path = "/".join(filter(None, (path, name, deed)))
    return f"{path}?{urlencode(asked)}" if asked else path


offer(
    HERE, icon="list", needs="policies:manage", order=30,
    name=lazy_gettext("Policies"), line=lazy_gettext("Radius, rhythm, sign-in, how long things are kept"),
)  # fmt: skip


def _saved(about: str) -> Notice:
    """`about`: where it was set, the policy, and what it said before; the browser says it, so it is looked at."""
    path, name, team, *before = [*about.split(" "), "", ""][:4]
    policy = POLICIES.get(name)
    if policy is None or path not in (HERE, TEAMS):
        return Notice(_("Saved"))
    asked = {"team": team} if team else {}
    back = {"value": before[0]} if before[0] else {}
    undo = _address(path, name, "" if back else "reset", **asked, **back)
    return Notice(_("%(policy)s: saved", policy=policy_title(name)), undo)


NOTICES["policy_saved"] = _saved
NOTICES["policy_locked"] = lambda _about: Notice(_("The same for every team now"))
NOTICES["policy_unlocked"] = lambda _about: Notice(_("Teams may have their own now"))
NOTICES["policy_stays"] = lambda _about: Notice(_("Your admin has set this for every team."))


@policies.get(HERE)
@needs("policies:manage")
def index() -> ResponseReturnValue:
    return _show(_asked_desk())


@policies.get(TEAMS)
@needs("team:plan")
def of_team() -> ResponseReturnValue:
    return redirect(HERE, 303) if current_user.may("policies:manage") else _show(_own_desk())


@policies.post(f"{HERE}/<name>")
@needs("policies:manage")
def change(name: str) -> ResponseReturnValue:
    return _change(_asked_desk(), _found(name))


@policies.post(TEAMS)
@needs("team:plan")
def change_for_team() -> ResponseReturnValue:
    return _change(_own_desk(), _found(request.values.get("policy", "")))


@policies.post(f"{HERE}/<name>/reset")
@needs("policies:manage")
def reset(name: str) -> ResponseReturnValue:
    """As if nobody had said anything: the default for the company, the company's for a team."""
    return _set(_asked_desk(), _found(name), None)


@policies.post(f"{TEAMS}/reset")
@needs("team:plan")
def reset_for_team() -> ResponseReturnValue:
    return _set(_own_desk(), _found(request.values.get("policy", "")), None)


@policies.post(f"{HERE}/<name>/lock")
@needs("policies:manage")
def lock(name: str) -> ResponseReturnValue:
    """The company's holds for every team."""
    policy = _of_teams(name)
    with writing():
        Ruling.lock(policy, by=current_user, at=clock.now())
    return go(f"{HERE}#policy-{name}", notice="policy_locked")


@policies.post(f"{HERE}/<name>/unlock")
@needs("policies:manage")
def unlock(name: str) -> ResponseReturnValue:
    policy = _of_teams(name)
    with writing():
        Ruling.unlock(policy, by=current_user, at=clock.now())
    return go(f"{HERE}#policy-{name}", notice="policy_unlocked")


def _change(desk: Desk, policy: Policy) -> ResponseReturnValue:
    """What cannot be is said beside the field, with what was typed."""
    typed = request.values.getlist("value")
    try:
        value = policy.read(typed[0] if len(typed) == 1 else "")
    except BadValue:
        wrong = {
            "wrong": how_to_right(policy),
            "wrong_at": policy.name,
            "typed": typed[0][:40] if typed else "",
        }
        return _show(desk, status=422, **wrong)
    return _set(desk, policy, value)


def _set(desk: Desk, policy: Policy, value: Value | None) -> ResponseReturnValue:
    not_found_unless(policy.teams or desk.team is None or None)
    if policy in FAR_REACHING and (asked := ask_for_proof()) is not None:
        return asked
    try:
        with writing():
            before = Ruling.set(policy, value, head_id=desk.head_id, by=current_user, at=clock.now())
    except LockedPolicy:
        return go(desk.address(), notice="policy_stays")
    team = desk.head_id if desk.path == HERE else None
    about = f"{desk.path} {policy.name} {team or ''} {policy.write(before) if before is not None else ''}"
    return go(f"{desk.address()}#policy-{policy.name}", notice="policy_saved", about=about)


def _show(desk: Desk, *, status: int = 200, **wrong: str) -> ResponseReturnValue:
    found = standings(desk.head_id)
    return page(
        "admin/policies.html", status=status, desk=desk, teams=_teams() if desk.path == HERE else [],
        groups=_groups(found, desk), **{"wrong": "", "wrong_at": "", "typed": "", **wrong},
    )  # fmt: skip


def _groups(found: dict[str, Standing], desk: Desk) -> list[tuple[str, list[Standing]]]:
    """Under their headings; a team sees what it may have its own of."""
    groups = (
        (_("At a visit"), AT_A_VISIT), (_("How often"), RHYTHMS), (_("Signing in"), AT_THE_DOOR),
        (_("How long things are kept"), KEPT),
    )  # fmt: skip
    shown = [(title, [found[each.name] for each in those]) for title, those in groups]
    if desk.team is None:
        return shown
    return [
        (title, some) for title, those in shown if (some := [each for each in those if each.policy.teams])
    ]


def _teams() -> list[Team]:
    """Whoever leads somebody, by name."""
    led = select(User.manager_id).where(User.manager_id.is_not(None), User.active)
    heads = select(User.id, User.name).where(User.id.in_(led), User.active).order_by(User.name, User.id)
    return [Team(*row) for row in db.session.execute(heads)]


def _asked_desk() -> Desk:
    """The company's, or that of the team that the address names. 404 for who leads nobody."""
    text = request.values.get("team", "")
    if not text:
        return Desk(HERE, None)
    found = next((team for team in _teams() if str(team.id) == text), None)
    return Desk(HERE, not_found_unless(found))


def _own_desk() -> Desk:
    return Desk(TEAMS, Team(current_user.id, current_user.name))


def _found(name: str) -> Policy:
    policy: Policy = not_found_unless(POLICIES.get(name))
    return policy


def _of_teams(name: str) -> Policy:
    policy = _found(name)
    not_found_unless(policy.teams or None)
    return policy


def init_app(app: Flask) -> None:
    app.register_blueprint(policies)
