"""Recovery codes: ten on paper, each of which opens the second step once, when the phone is gone."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.accounts import vault
from crmweb.db import Model, changed, db, new_id

HOW_MANY = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that looks like another."""

LENGTH = 12
"""Letters, 59 bits; without the key of the house nobody can try them on what is kept."""


class RecoveryCode(Model):
    """One code, as a fingerprint."""

    __tablename__ = "recovery_codes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    used_at: Mapped[datetime | None]

    @classmethod
    def renew(cls, user_id: uuid.UUID) -> list[str]:
        """Ten new ones in place of all before; kept nowhere as they are."""
        cls.forget(user_id)
        codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(HOW_MANY)]
        for code in codes:
            db.session.add(cls(user_id=user_id, fingerprint=_fingerprints(user_id, code)[0]))
        return ["-".join(code[at : at + 4] for at in range(0, LENGTH, 4)) for code in codes]

    @classmethod
    def spend(cls, user_id: uuid.UUID, typed: str, *, at: datetime) -> bool:
        """Use a code up; of two who bring it at once, one is let in. Case, spaces and dashes do not matter."""
        code = "".join(letter for letter in typed.casefold() if letter.isalnum())
        mine = (cls.user_id == user_id, cls.used_at.is_(None))
        fits = cls.fingerprint.in_(_fingerprints(user_id, code))
        return changed(update(cls).where(*mine, fits).values(used_at=at)) == 1

    @classmethod
    def left(cls, user_id: uuid.UUID) -> int:
        unused = select(func.count()).select_from(cls).where(cls.user_id == user_id, cls.used_at.is_(None))
        return db.session.scalar(unused) or 0

    @classmethod
    def forget(cls, user_id: uuid.UUID) -> None:
        db.session.execute(delete(cls).where(cls.user_id == user_id))


def _fingerprints(user_id: uuid.UUID, code: str) -> list[bytes]:
    return vault.fingerprints(user_id.bytes + code.encode(), "recovery")
