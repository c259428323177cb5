"""Erasing what is held about somebody, by the one registry; and doing it again on a database from before.

Each erasure is a row here and a line of the register in the data folder. Where the register knows more than the
database, the database was restored: what is missing is erased again, at the restore and at each start.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import audit, files
from crmweb.config import current_settings
from crmweb.db import Model, db, new_id, writing
from crmweb.holdings.register import REGISTER, Line, add, read
from crmweb.holdings.registry import ALSO, CONTACT, CUSTOMER, HOLDINGS, PERSON, Holding, Part, Subject
from crmweb.scope import system_access

ABOUT = {PERSON: "user"}
"""What the audit calls a kind, where it is called otherwise there."""

OWN = {PERSON: "users", CUSTOMER: "customers", CONTACT: "contacts"}
"""The table that holds the subject itself."""


class Erasure(Model):
    """What was erased, when and by whom. `files` are names of files that are still to go."""

    __tablename__ = "erasures"
    __table_args__ = (Index("ix_erasures_subject", "kind", "subject_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[uuid.UUID]
    called: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    files: Mapped[list[str]] = mapped_column(JSON, default=list)

    @classmethod
    def of(cls, kind: str, subject_id: uuid.UUID) -> Erasure | None:
        """The first of this subject, if there was one."""
        theirs = select(cls).where(cls.kind == kind, cls.subject_id == subject_id)
        return db.session.scalar(theirs.order_by(cls.at).limit(1))

    @property
    def line(self) -> Line:
        return Line(self.id, self.kind, self.subject_id, self.at, self.called)


def erase(
    subject: Subject, *, by: audit.models.Doer | None, at: datetime, id: uuid.UUID | None = None
) -> Erasure:
    """Let go what is only theirs, in the caller's transaction; `finish` what follows it. Asked by the house."""
    parts = [(holding, holding.parts[subject.kind]) for holding in _in_order(subject)]
    gone = [name for holding, part in parts if part.goes for name in _files(holding, part, subject)]
    for forget in ALSO.get(subject.kind, {}).values():
        forget(subject)
    for _holding, part in parts:
        if part.empty:
            part.empty(subject)
    db.session.flush()
    for holding, part in parts:
        if part.goes:
            rows = delete(holding.model).where(part.fits(subject.id))
            db.session.execute(rows.execution_options(synchronize_session=False))
    db.session.expire_all()
    erasure = Erasure(
        id=id or new_id(), kind=subject.kind, subject_id=subject.id, called=subject.called, at=at,
        by_id=by.id if by else None, files=gone,
    )  # fmt: skip
    db.session.add(erasure)
    about = ABOUT.get(subject.kind, subject.kind)
    audit.forget(about, [subject.id])
    audit.record(f"{about}.erased", by=by, at=at, about=audit.Reference(about, subject.id, subject.called))
    return erasure


def _in_order(subject: Subject) -> list[Holding]:
    """Rows that hang on no other first, for they are found by what others say; then from the leaves to the root.

    The subject's own row goes last: with it would go by what the others are found.
    """
    tables = [table for table in Model.metadata.sorted_tables if subject.kind in _parts(table.name)]
    own = [table for table in tables if table.name == OWN[subject.kind]]
    loose = [table for table in tables if not table.foreign_keys and table not in own]
    rest = [table for table in reversed(tables) if table.foreign_keys and table not in own]
    return [HOLDINGS[table.name] for table in (*loose, *rest, *own)]


def _parts(table: str) -> Any:
    return HOLDINGS[table].parts if table in HOLDINGS else ()


def _files(holding: Holding, part: Part, subject: Subject) -> Iterator[str]:
    if holding.file:
        yield from db.session.scalars(
            select(getattr(holding.model, holding.file)).where(part.fits(subject.id))
        )


def finish() -> None:
    """What follows a commit, as often as it is asked: the files go, and the register hears of what it lacks."""
    with system_access("erasures"):
        known = list(db.session.scalars(select(Erasure)))
        lines, waiting = (
            [each.line for each in known],
            [(each.id, list(each.files)) for each in known if each.files],
        )
    add(current_settings().home / REGISTER, lines)
    for erasure_id, names in waiting:
        for name in names:
            files.delete(name)
        with system_access("erasures"), writing():
            db.session.get_one(Erasure, erasure_id).files = []


def erase_again() -> int:
    """What the register knows and this database does not, for it is from before. Returns how many."""
    with system_access("erasures made before"):
        known = set(db.session.scalars(select(Erasure.id)))
    lacking = [line for line in read(current_settings().home / REGISTER) if line.id not in known]
    for line in lacking:
        with system_access("an erasure that a restore undid"), writing():
            erase(Subject(line.kind, line.subject_id, line.called), by=None, at=line.at, id=line.id)
    finish()
    return len(lacking)


__all__ = ["Erasure", "erase", "erase_again", "finish"]
