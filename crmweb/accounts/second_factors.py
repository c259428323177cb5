"""The second step of a sign-in: what a person has for it, what is accepted, and who must have one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select

from crmweb import audit
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.passkeys import Passkey
from crmweb.accounts.policies import policy
from crmweb.accounts.recovery import RecoveryCode
from crmweb.accounts.totp import DIGITS, TotpSecret
from crmweb.accounts.turns import wait_for_turn
from crmweb.db import db


@dataclass(frozen=True)
class SecondFactors:
    """What one person can show beside a password."""

    totp: TotpSecret | None
    passkeys: list[Passkey]
    codes_left: int

    @classmethod
    def of(cls, user_id: uuid.UUID) -> SecondFactors:
        totp = db.session.get(TotpSecret, user_id)
        confirmed = totp if totp and totp.confirmed_at else None
        return cls(confirmed, Passkey.of(user_id), RecoveryCode.left(user_id))

    @property
    def on(self) -> bool:
        """Recovery codes alone are none: they stand in for one that is lost."""
        return bool(self.totp or self.passkeys)


def mfa_needed() -> bool:
    """Whether people may work only with a second factor: the company's word, the same for everybody."""
    return bool(policy("mfa_needed"))


def has_second_factor(user_id: uuid.UUID) -> bool:
    """Whether a password alone does not let this person in; one statement."""
    app = select(TotpSecret.user_id).where(
        TotpSecret.user_id == user_id, TotpSecret.confirmed_at.is_not(None)
    )
    key = select(Passkey.id).where(Passkey.user_id == user_id)
    return bool(db.session.scalar(select(or_(app.exists(), key.exists()))))


def accept(user: User, typed: str, *, at: datetime) -> bool:
    """A code of their app, or a recovery code, which is used up."""
    code = "".join(typed.split())
    if len(code) == DIGITS and code.isascii() and code.isdigit():
        totp = db.session.get(TotpSecret, user.id)
        return bool(totp and totp.confirmed_at and totp.accept(code, at=at))
    if not has_second_factor(user.id) or not RecoveryCode.spend(user.id, code, at=at):
        return False
    left = {"left": RecoveryCode.left(user.id)}
    audit.record("recovery.used", by=user, at=at, about=user.reference, after=left)
    return True


def recovery_codes(user: User, *, by: Actor, at: datetime, anew: bool = False) -> list[str]:
    """Ten to write down, for whoever has none left or wants others; none otherwise."""
    wait_for_turn(user.id)
    if not anew and RecoveryCode.left(user.id):
        return []
    audit.record("recovery.renewed", by=by, at=at, about=user.reference)
    return RecoveryCode.renew(user.id)


def turn_totp_off(user: User, *, by: Actor, at: datetime) -> None:
    """The app is asked for no more."""
    if not (totp := SecondFactors.of(user.id).totp):
        return
    db.session.delete(totp)
    db.session.flush()
    audit.record("mfa.disabled", by=by, at=at, about=user.reference, before={"kind": "totp"})
    _forget_codes_of_nothing(user)


def remove_passkey(key: Passkey, user: User, *, by: Actor, at: datetime) -> None:
    """It signs in no more; what the phone keeps of it is the phone's."""
    db.session.delete(key)
    db.session.flush()
    audit.record("passkey.removed", by=by, at=at, about=user.reference, before={"name": key.name})
    _forget_codes_of_nothing(user)


def reset(user: User, *, by: Actor | None, at: datetime) -> None:
    """For whoever lost phone and paper: a password or a link alone lets them in again."""
    factors = SecondFactors.of(user.id)
    before = {"totp": factors.totp is not None, "passkeys": [key.name for key in factors.passkeys]}
    for table in (TotpSecret, Passkey, RecoveryCode):
        db.session.execute(delete(table).where(table.user_id == user.id))
    audit.record("mfa.disabled", by=by, at=at, about=user.reference, before=before)


def _forget_codes_of_nothing(user: User) -> None:
    if not has_second_factor(user.id):
        RecoveryCode.forget(user.id)
