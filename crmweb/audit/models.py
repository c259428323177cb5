"""One entry a change, with its values beside it so that an erasure can empty them and leave the chain whole."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb.db import Model, SerialId, db
from crmweb.scope import principal

Values = Mapping[str, Any]

SALT = 16
"""Random bytes under a digest, so that nobody finds emptied values again by trying likely ones."""


class Doer(Protocol):
    """Whoever does something: a person at work."""

    @property
    def id(self) -> uuid.UUID: ...


class Reference(NamedTuple):
    """What an entry is about: the kind of record, its id, and its name at the time."""

    kind: str
    id: uuid.UUID | None = None
    name: str = ""


class Entry(Model):
    """One change. A trigger refuses UPDATE and DELETE."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_about", "about_kind", "about_id"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(SerialId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    why: Mapped[str] = mapped_column(String(60), default="")
    action: Mapped[str] = mapped_column(String(60), index=True)
    about_kind: Mapped[str] = mapped_column(String(30))
    about_id: Mapped[uuid.UUID | None]
    values_digest: Mapped[bytes] = mapped_column(LargeBinary(32))

    values: Mapped[EntryValues] = relationship(back_populates="entry")

    @property
    def digest(self) -> bytes:
        """SHA-256 over everything that the entry says, its values by their digest (FIPS 180-4)."""
        said = [
            self.seq,
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            str(self.by_id or ""),
            self.why,
            self.action,
            self.about_kind,
            str(self.about_id or ""),
            self.values_digest.hex(),
        ]
        return hashlib.sha256(_canonical(said)).digest()


class EntryValues(Model):
    """What the record was called, and what it said before and after. A trigger lets it be emptied and nothing else."""

    __tablename__ = "audit_values"

    seq: Mapped[int] = mapped_column(ForeignKey("audit_entries.seq"), primary_key=True)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(SALT))
    about_name: Mapped[str | None] = mapped_column(String(200))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    entry: Mapped[Entry] = relationship(back_populates="values")

    @property
    def emptied(self) -> bool:
        return self.salt is None

    @property
    def digest(self) -> bytes:
        return _digest(self.salt or b"", self.about_name, self.before, self.after)

    def empty(self) -> None:
        """Forget what it said; the entry keeps the digest, which tells nobody."""
        self.salt = self.about_name = self.before = self.after = None


def record(
    action: str,
    *,
    by: Doer | None,
    at: datetime,
    about: Reference,
    before: Values | None = None,
    after: Values | None = None,
) -> Entry:
    """Write down a change, in the transaction that makes it; `by` is None for the house itself.

    `action` is `noun.past` (`user.deactivated`). `before` and `after` hold what changed and no secrets; what JSON does
    not know (ids, moments) is kept as text.
    """
    salt = secrets.token_bytes(SALT)
    was, became = _plain(before), _plain(after)
    name = about.name[:200]
    entry = Entry(
        at=at,
        by_id=by.id if by else None,
        why="" if by else principal().why[:60],
        action=action,
        about_kind=about.kind,
        about_id=about.id,
        values_digest=_digest(salt, name, was, became),
    )
    entry.values = EntryValues(salt=salt, about_name=name, before=was, after=became)
    db.session.add(entry)
    return entry


def forget(kind: str, ids: Collection[uuid.UUID]) -> None:
    """Empty what entries about these records said, as when one is erased; the entries stay in the chain."""
    about = select(Entry.seq).where(Entry.about_kind == kind, Entry.about_id.in_(ids))
    nothing = dict.fromkeys(("salt", "about_name", "before", "after"))
    db.session.execute(update(EntryValues).where(EntryValues.seq.in_(about)).values(nothing))


def _plain(values: Values | None) -> dict[str, Any] | None:
    """As JSON gives it back, so that the digest of what is read is that of what was written."""
    plain: dict[str, Any] | None = json.loads(json.dumps(values, default=str)) if values is not None else None
    return plain


def _digest(salt: bytes, *parts: object) -> bytes:
    return hashlib.sha256(salt + _canonical(list(parts))).digest()


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )
