"""Failed sign-ins, counted in the database so that losing Redis does not lift the limit."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from sqlalchemy import LargeBinary, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.accounts.models import email_key
from crmweb.db import Model, db, new_id, take_turn

WINDOW, DAY = timedelta(minutes=15), timedelta(days=1)
PER_ACCOUNT, PER_ADDRESS = 8, 40


class SignInAttempt(Model):
    """One failed try: on which account (hashed: it may be nobody's) and from which address."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    account: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime]

    @classmethod
    def too_many(cls, account: str, address: str, *, at: datetime, most: int = PER_ACCOUNT) -> bool:
        """Whether this account, known or not, or this address has failed too often lately; `most`: tries an account."""
        recent = select(func.count()).select_from(cls).where(cls.at > at - WINDOW)
        on_account = db.session.scalar(recent.where(cls.account == _key(account))) or 0
        from_address = db.session.scalar(recent.where(cls.address == neighbourhood(address))) or 0
        return on_account >= most or from_address >= PER_ADDRESS

    @classmethod
    def of_the_day(cls, account: str, *, at: datetime) -> int:
        """How often this account has failed since yesterday at this time."""
        today = (cls.account == _key(account), cls.at > at - DAY)
        return db.session.scalar(select(func.count()).select_from(cls).where(*today)) or 0

    @classmethod
    def wait_for_turn(cls, account: str) -> None:
        """Of many guesses at one account, known or not, one is counted at a time until its transaction ends."""
        take_turn(int.from_bytes(_key(account)[:8], signed=True))

    @classmethod
    def failed(cls, account: str, address: str, *, at: datetime) -> None:
        db.session.add(cls(account=_key(account), address=neighbourhood(address), at=at))

    @classmethod
    def forgive(cls, account: str) -> None:
        """A success clears what the person mistyped before."""
        db.session.execute(delete(cls).where(cls.account == _key(account)))

    @classmethod
    def prune(cls, *, at: datetime) -> None:
        db.session.execute(delete(cls).where(cls.at < at - DAY))


def _key(account: str) -> bytes:
    return hashlib.sha256(email_key(account).encode()).digest()


def neighbourhood(address: str) -> str:
    """The address, or the /64 that one IPv6 line has to itself: its addresses are no two lines."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
