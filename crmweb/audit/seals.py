"""The chain: each seal covers a batch of entries and the seal before it, so that nothing in between can be swapped,
left out or slipped in without a trace (Haber and Stornetta, "How to time-stamp a digital document", 1991).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from sqlalchemy import LargeBinary, Select, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from crmweb import clock
from crmweb.audit.models import Entry, EntryValues
from crmweb.db import Model, SerialId, db, writing
from crmweb.scope import system_access

log = structlog.get_logger(__name__)

SETTLED = timedelta(minutes=5)
"""No transaction is open for so long: what has a lower number than a settled entry is there, or never comes."""

BATCH = 1000


class Seal(Model):
    """One batch of entries, `first` to `last`, in the order of their numbers. A trigger refuses UPDATE and DELETE."""

    __tablename__ = "audit_seals"
    __table_args__ = {"sqlite_autoincrement": True}

    number: Mapped[int] = mapped_column(SerialId, primary_key=True)
    first: Mapped[int] = mapped_column(SerialId)
    last: Mapped[int] = mapped_column(SerialId, unique=True)
    entries: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    sealed_at: Mapped[datetime]

    @classmethod
    def newest(cls) -> Seal | None:
        return db.session.scalar(select(cls).order_by(cls.number.desc()).limit(1))

    @classmethod
    def close(cls, *, at: datetime) -> Seal | None:
        """Seal the next batch of settled entries; None when there is none. Two who try at once: the second fails on
        the unique number.
        """
        before = cls.newest()
        settled = _entries_after(before.last if before else 0).where(Entry.at <= at - SETTLED)
        batch = list(db.session.scalars(settled.limit(BATCH)))
        if not batch:
            return None
        seal = cls(
            first=batch[0].seq,
            last=batch[-1].seq,
            entries=len(batch),
            hash=_hash(before.hash if before else b"", batch),
            sealed_at=at,
        )
        db.session.add(seal)
        db.session.flush()
        return seal


def _entries_after(seq: int) -> Select[Entry]:
    return select(Entry).where(Entry.seq > seq).order_by(Entry.seq)


def _hash(before: bytes, batch: list[Entry]) -> bytes:
    chained = hashlib.sha256(before)
    for entry in batch:
        chained.update(entry.digest)
    return chained.digest()


def seal_what_is_settled() -> None:
    """What the clock does."""
    more = True
    while more:
        with system_access("sealing the audit"), writing():
            seal = Seal.close(at=clock.now())
            if seal:
                # Also where nobody with the database's keys can reach it: in the log.
                log.info("audit sealed", seal=seal.number, last=seal.last, hash=seal.hash.hex())
            more = seal is not None and seal.entries == BATCH


def broken() -> Iterator[str]:
    """What does not fit, in words: first the chain, then each entry's values."""
    yield from _broken_seals()
    yield from _changed_values()


def _broken_seals() -> Iterator[str]:
    before, last = b"", 0
    for seal in db.session.scalars(select(Seal).order_by(Seal.number)):
        batch = list(db.session.scalars(_entries_after(last).where(Entry.seq <= seal.last)))
        if len(batch) != seal.entries:
            yield f"seal {seal.number}: {seal.entries} entries were sealed, {len(batch)} are there"
        elif _hash(before, batch) != seal.hash:
            yield f"seal {seal.number}: an entry between {seal.first} and {seal.last} is not what was sealed"
        before, last = seal.hash, seal.last
        db.session.expunge_all()


def _changed_values() -> Iterator[str]:
    without = select(Entry.seq).outerjoin(EntryValues).where(EntryValues.seq.is_(None))
    yield from (f"entry {seq}: its values are missing" for seq in db.session.scalars(without).all())
    last = 0
    while batch := list(
        db.session.scalars(
            _entries_after(last).options(joinedload(Entry.values, innerjoin=True)).limit(BATCH)
        )
    ):
        for entry in batch:
            if not entry.values.emptied and entry.values.digest != entry.values_digest:
                yield f"entry {entry.seq}: its values are not what was written"
        last = batch[-1].seq
        db.session.expunge_all()
