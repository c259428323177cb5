"""What a token opens: read by one statement at each request, straight from the driver."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, case, column, null, or_, select, table

from crmweb.accounts.actor import Actor
from crmweb.accounts.held import Held
from crmweb.accounts.limits import SAID, Limits
from crmweb.accounts.models import User
from crmweb.accounts.policies import said_by_company
from crmweb.accounts.policy_kinds import POLICIES
from crmweb.accounts.roles import Role, rights
from crmweb.accounts.session_tokens import ON_THE_WAY, SessionToken
from crmweb.accounts.sessions import DeviceSession, token_hash
from crmweb.db import Id, UtcDateTime
from crmweb.straight import Straight, connection


def held_by(token: str, *, at: datetime) -> Held | None:
    """What this token opens, by one cheap statement; None when it is unknown or over.

    Only one that was offered and has not settled yet, or is nobody's, is looked up twice.
    """
    used = token_hash(token)
    return _found(_WHO, at, token=used) or _found(_WHO_BESIDE, at, token=used, under_way=at - ON_THE_WAY)


def _found(statement: Straight[_Opened], at: datetime, **asked: Any) -> Held | None:
    found = statement.rows(connection(), **asked)
    if not found:
        return None
    held, begun_at, limits = found[0]
    lasts = limits.let_in(seen_at=held.seen_at, begun_at=begun_at, shared=held.shared, at=at)
    return held if lasts else None


# Named, not imported: a preview knows the session that it belongs to.
_PREVIEWS = table(
    "previews", column("session_id", Id()), column("person_id", Id()), column("begun_at", UtcDateTime())
)


class _Opened(NamedTuple):
    """A session that a token opens, unless its time is over."""

    held: Held
    begun_at: datetime
    limits: Limits


def _opened(*told: Any) -> _Opened:
    person, name, role, zone, made, locale, theme, email, *of_session, begun_at, idle, absolute = told
    session_id, proved_at, second_at, *rest = of_session
    permissions = rights(role, made)
    actor = Actor(
        person, name, role, zone, permissions, locale, theme, email, session_id, proved_at, second_at
    )
    return _Opened(Held(actor, *rest), begun_at, Limits.said(idle, absolute))


def _who(offered_at: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """What `_opened` takes, in its order: of the person, of the session, and how long it lasts."""
    return (
        select(
            User.id,
            User.name,
            User.role,
            User.zone,
            Role.permissions,
            User.locale,
            User.theme,
            User.email,
            DeviceSession.id,
            DeviceSession.proved_at,
            DeviceSession.second_at,
            DeviceSession.seen_at,
            DeviceSession.rotated_at,
            DeviceSession.last_offer_at,
            DeviceSession.shared,
            offered_at,
            _PREVIEWS.c.person_id,
            _PREVIEWS.c.begun_at,
            said_by_company(POLICIES["mfa_needed"]),
            DeviceSession.created_at,
            *SAID,
        )
        .join(User, User.id == DeviceSession.user_id)
        .outerjoin(Role, Role.name == User.role)
        .outerjoin(_PREVIEWS, _PREVIEWS.c.session_id == DeviceSession.id)
        .where(DeviceSession.ended_at.is_(None), User.deactivated_at.is_(None))
    )


_WHO = Straight(_who(null()).where(DeviceSession.token == bindparam("token")), _opened)

_WHO_BESIDE = Straight(
    _who(case((SessionToken.retired_at.is_(None), SessionToken.offered_at)))
    .join(SessionToken, SessionToken.session_id == DeviceSession.id)
    .where(
        SessionToken.token == bindparam("token"),
        or_(SessionToken.retired_at.is_(None), SessionToken.retired_at > bindparam("under_way")),
    ),
    _opened,
)
