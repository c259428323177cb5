"""Showing once more that it is you: what may be done only by somebody who has just signed in, or proved it since.

A phone that lies open on a table is signed in; it must not be enough to change an email, a role or a second factor.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.held import Held
from crmweb.accounts.second_factors import has_second_factor, mfa_needed
from crmweb.web import GATES, elsewhere_first, local_path, wants_fragment

P = ParamSpec("P")
R = TypeVar("R", bound=ResponseReturnValue)

FRESH_FOR = timedelta(minutes=10)

SET_UP = "/settings/security"
PROOF = "/session/proof"


def freshly_signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a view wants a person who proved within `FRESH_FOR` that it is they.

    Declare it on the GET that shows a form, too: who is asked there has not typed anything yet. From a POST people come
    back to the page that they sent it from. A script hears 401, `proof_needed`.
    """
    view.fresh = True  # type: ignore[attr-defined]
    return view


def before_second_factor(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a view is open to somebody who needs a second factor and has none yet: to get one, and to leave."""
    view.before_second_factor = True  # type: ignore[attr-defined]
    return view


def _second_factor_first(view: Any, who: Actor) -> ResponseReturnValue | None:
    held: Held | None = g.get("held")
    needed = held.second_needed if held else mfa_needed()
    if not needed or getattr(view, "before_second_factor", False) or who.second_at:
        return None
    path = PROOF if has_second_factor(who.id) else SET_UP
    return elsewhere_first(path, "second_factor_needed", back=came_for())


def _proof_first(view: Any, _who: Actor) -> ResponseReturnValue | None:
    return ask_for_proof() if getattr(view, "fresh", False) else None


def ask_for_proof() -> ResponseReturnValue | None:
    """For a view that wants a proof for a part of what it does; None where it was given lately."""
    return None if is_fresh() else elsewhere_first(PROOF, "proof_needed", back=came_for())


def is_fresh() -> bool:
    """Whether the person at work has proved lately that it is they."""
    proved_at = current_user.proved_at
    return bool(proved_at and clock.now() - proved_at < FRESH_FOR)


def came_for() -> str:
    """The page to come back to: the one asked for, or the one from which a form was sent."""
    if request.method == "GET" and not wants_fragment():
        return request.full_path.rstrip("?")
    sent_from = urlsplit(request.referrer or "")
    if sent_from.netloc != request.host:
        return "/"
    return local_path(sent_from.path + (f"?{sent_from.query}" if sent_from.query else ""))


def init_app() -> None:
    """Ask at every view that somebody may enter."""
    for gate in (_second_factor_first, _proof_first):
        if gate not in GATES:
            GATES.append(gate)
