"""Looks at everything the product stands on: for `crmweb doctor` and, every ten minutes, for the admin's lights."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from crmweb.audit.seals import seal_what_is_settled
from crmweb.clock import now
from crmweb.db import db, writing
from crmweb.doctor import ground, keeping, leaving, work
from crmweb.lights.findings import Finding, Said, _l, bad
from crmweb.lights.models import Light
from crmweb.lights.telling import tell
from crmweb.scope import system_access

LOOKS: Final[dict[str, Callable[[], Said]]] = {
    "settings": ground.settings,
    "database": ground.database,
    "redis": work.redis,
    "workers": work.workers,
    "queues": work.queues,
    "clock": ground.clock,
    "tasks": work.tasks,
    "deliveries": leaving.deliveries,
    "mail": leaving.mail,
    "sms": leaving.sms,
    "push": leaving.push,
    "disk": ground.disk,
    "backup": keeping.backup,
    "seals": keeping.seals,
    "certificate": ground.certificate,
    "assets": ground.assets,
}


def examine() -> list[Finding]:
    """Look at everything, within an app context. A look that fails is a finding too."""
    return [Finding(what, _looked(look)) for what, look in LOOKS.items()]


def _looked(look: Callable[[], Said]) -> Said:
    try:
        return look()
    except Exception as error:
        db.session.rollback()
        reason = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        return bad(_l("Could not be looked at: %(reason)s"), _l("See the log."), reason=reason)


def look_after_the_house() -> None:
    """What the clock does: look, keep what was found, and call whom it concerns.

    What can be sealed is sealed before: it is no alarm that nobody did while the house stood still.
    """
    with suppress(SQLAlchemyError):  # of which the look at the seals will tell
        seal_what_is_settled()
    found, at = examine(), now()
    with system_access("lights"), writing():
        tell(Light.keep(found, at=at), at=at)
