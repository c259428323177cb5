"""Rows whose every change by a person is written down by itself: what holds for everyone, and is changed by few."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from crmweb import clock
from crmweb.audit.models import Reference, record
from crmweb.scope import Principal


class Audited:
    """A trait of such a row. `audited_as` is the kind of record that the audit calls it."""

    audited_as: ClassVar[str]

    @property
    def audited_name(self) -> str:
        """What it is called."""
        return str(getattr(self, "name", "") or "")


class _By:
    """Whoever the session at work speaks for."""

    def __init__(self, principal: Principal) -> None:
        assert principal.viewer_id is not None
        self.id = principal.viewer_id


@event.listens_for(Session, "before_flush")
def _write_down(session: Session, _context: Any, _instances: Any) -> None:
    who = session.info.get("principal")
    if not isinstance(who, Principal) or who.is_system:
        return
    marks = ((session.new, "added"), (session.dirty, "changed"), (session.deleted, "removed"))
    for rows, what in marks:
        for row in [each for each in rows if isinstance(each, Audited)]:
            before, after = _told(row, what)
            if before != after:
                about = Reference(row.audited_as, getattr(row, "id", None), row.audited_name)
                action = f"{row.audited_as}.{what}"
                record(action, by=_By(who), at=clock.now(), about=about, before=before, after=after)


def _told(row: object, what: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """What the row's own columns said and say: all of them where it comes or goes, else those that changed."""
    state = inspect(row)
    columns = [each for each in state.mapper.column_attrs if not each.columns[0].primary_key]
    now = {each.key: getattr(row, each.key) for each in columns}
    if what == "added":
        return None, now
    if what == "removed":
        return now, None
    history = {key: state.attrs[key].history for key in now}
    changed = {
        key: found.deleted[0] for key, found in history.items() if found.has_changes() and found.deleted
    }
    return changed, {key: now[key] for key in changed}
