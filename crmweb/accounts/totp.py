"""Codes from an app: TOTP (RFC 6238) with SHA-1, six digits and thirty seconds, which every app can do."""

from __future__ import annotations

import secrets
import uuid
from base64 import b32encode
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, update
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.accounts import vault
from crmweb.accounts.turns import wait_for_turn
from crmweb.db import Model, changed, db

STEP = 30
"""Seconds that a code stands."""

DRIFT = (0, -1, 1)
"""Steps by which a phone's clock may be wrong."""

DIGITS = 6
_SECRET = 20
"""Bytes, as long as the digest (RFC 4226, 4)."""

_BEGUN_FOR = timedelta(hours=1)
_PURPOSE = "totp"


class TotpSecret(Model):
    """What a person's app and we know; unconfirmed until the app has shown that it does."""

    __tablename__ = "totp_secrets"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary(100))
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    begun_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]

    @classmethod
    def begin(cls, user_id: uuid.UUID, *, at: datetime) -> TotpSecret:
        """A secret to put into an app; the same one for a while, so that a page loaded twice shows one."""
        wait_for_turn(user_id)
        known = db.session.get(cls, user_id)
        if known and (known.confirmed_at or known.begun_at > at - _BEGUN_FOR):
            return known
        if known:
            db.session.delete(known)
            db.session.flush()
        fresh = cls(user_id=user_id, sealed=b"", begun_at=at, last_step=0)
        fresh._seal(secrets.token_bytes(_SECRET))
        db.session.add(fresh)
        return fresh

    @property
    def key(self) -> str | None:
        """As it is typed into an app; None where no key of ours opens it any more."""
        opened = vault.unseal(self.sealed, _PURPOSE, bound_to=self.user_id.bytes)
        return b32encode(opened[0]).decode() if opened else None

    def address(self, name: str) -> str:
        """What the QR code says (the key URI format of Google Authenticator)."""
        from pyotp import TOTP

        return TOTP(self.key or "").provisioning_uri(name=name, issuer_name="crmweb")

    def accept(self, code: str, *, at: datetime) -> bool:
        """Whether it is the code of now and was not used before: of two who bring it at once, one is let in."""
        step = self._step_of(code, at=at)
        if step is None:
            return False
        newer = update(TotpSecret).where(TotpSecret.user_id == self.user_id, TotpSecret.last_step < step)
        accepted = changed(newer.values(last_step=step)) == 1
        if accepted:
            self._seal_anew()
        return accepted

    def confirm(self, code: str, *, at: datetime) -> bool:
        """The app has shown that it knows the secret: from now on it is asked for."""
        if self.confirmed_at or not self.accept(code, at=at):
            return False
        self.confirmed_at = at
        return True

    def _step_of(self, code: str, *, at: datetime) -> int | None:
        from pyotp import TOTP

        if (key := self.key) is None or len(code) != DIGITS:
            return None
        now, app = int(at.timestamp()) // STEP, TOTP(key)
        fitting = [now + off for off in DRIFT if secrets.compare_digest(app.generate_otp(now + off), code)]
        return fitting[0] if fitting else None

    def _seal(self, content: bytes) -> None:
        self.sealed = vault.seal(content, _PURPOSE, bound_to=self.user_id.bytes)

    def _seal_anew(self) -> None:
        opened = vault.unseal(self.sealed, _PURPOSE, bound_to=self.user_id.bytes)
        if opened and not opened[1]:
            self._seal(opened[0])
