"""The demo's people do not work where real ones do: everybody knows who they are, and one of them is an admin."""

from __future__ import annotations

from sqlalchemy import inspect, select

from crmweb.accounts.models import User
from crmweb.config import current_settings
from crmweb.db import db
from crmweb.demo import Refused
from crmweb.demo.people import PEOPLE
from crmweb.scope import system_access


def refuse_in_production() -> None:
    """Raises `Refused`, with what to do, where production would start with people of the demo at work."""
    if current_settings().env != "production" or not (names := _at_work()):
        return
    raise Refused(
        f"people of the demo company are in this database ({', '.join(names)}): remove them with "
        "CRMWEB_ENV=development crmweb demo --remove, or deactivate them there, before production starts"
    )


def _at_work() -> list[str]:
    """Those who could sign in, by whatever name they go now; nobody where there are no tables yet."""
    ids = [person.id for person in PEOPLE]
    try:
        if not inspect(db.engine).has_table(User.__tablename__):
            return []
        with system_access("looking for the demo's people"):
            asked = select(User.name).where(User.id.in_(ids), User.active).order_by(User.name)
            return list(db.session.scalars(asked))
    finally:
        db.session.remove()
