"""One-time ways in: links, and cards with a code beside. A GET shows a button, the POST spends them.

Whoever hands one to somebody vouches for it: it opens only while they hold every right that it would give.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, String, and_, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb.accounts.codes import code_hash, new_code
from crmweb.accounts.models import User
from crmweb.accounts.sessions import token_hash
from crmweb.accounts.signals import access_ended, email_changed
from crmweb.config import current_settings
from crmweb.db import Model, db, new_id

if TYPE_CHECKING:
    from crmweb.accounts.actor import Actor

SIGN_IN, INVITATION, CARD, PHONE, RESET = "sign_in", "invitation", "card", "phone", "reset"
"""What a link is for: the command line's, by email, printed, shown on a screen for a new phone, a new password."""

LIFE: Final = timedelta(minutes=15)
LIVES: Final = {
    SIGN_IN: LIFE,
    INVITATION: timedelta(days=7),
    CARD: timedelta(days=30),
    PHONE: timedelta(days=1),
    RESET: timedelta(minutes=30),
}

JOINING: Final = (SIGN_IN, INVITATION, CARD, PHONE)
"""Those that are spent at `/join`."""
HANDED_OUT: Final = (INVITATION, CARD, PHONE)
"""Those that an admin gives to somebody, and sees what became of."""

REMEMBERED: Final = timedelta(days=90)
"""How long one that an admin gave is shown after its end."""

OPEN, USED, EXPIRED, WITHDRAWN = "open", "used", "expired", "withdrawn"


class Handed(NamedTuple):
    """A way in and its secrets, which are kept nowhere."""

    link: OneTimeLink
    token: str
    code: str = ""


class OneTimeLink(Model):
    """A secret that lets one person in once, before it expires.

    ``email_key`` is the address that it was made for, ``made_by_id`` the person who vouches for it.
    """

    __tablename__ = "one_time_links"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    code: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True, unique=True)
    purpose: Mapped[str] = mapped_column(String(20))
    email_key: Mapped[str | None] = mapped_column(String(254))
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    made_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    made_by: Mapped[User | None] = relationship(foreign_keys=[made_by_id])

    # --- made --------------------------------------------------------------------------------------

    @classmethod
    def issue(cls, user: User, *, at: datetime, purpose: str = SIGN_IN) -> str:
        """A fresh link for this person; returns the token, which is kept nowhere."""
        token = secrets.token_urlsafe(32)
        db.session.add(cls._made(user, purpose, token, at=at))
        return token

    @classmethod
    def invite(cls, user: User, *, by: Actor, at: datetime) -> OneTimeLink:
        """An invitation to the email that they have now; earlier ones open nothing any more."""
        cls.withdraw(user.id, at=at, purposes=(INVITATION,))
        return cls.mailed(user, INVITATION, at=at, by=by)

    @classmethod
    def mailed(
        cls, user: User, purpose: str, *, at: datetime, by: Actor | None = None, id: uuid.UUID | None = None
    ) -> OneTimeLink:
        """One whose token is worked out when its mail is written (`mail_token`), at each try the same."""
        link_id = id or new_id()
        link = cls._made(user, purpose, mail_token(link_id), at=at, by=by, id=link_id)
        link.email_key = user.email_key
        db.session.add(link)
        return link

    @classmethod
    def card(cls, user: User, *, by: Actor, at: datetime, purpose: str = CARD) -> Handed:
        """A card for somebody; earlier ones open nothing any more."""
        cls.withdraw(user.id, at=at, purposes=(CARD, PHONE))
        token, code = secrets.token_urlsafe(32), new_code()
        link = cls._made(user, purpose, token, at=at, by=by)
        link.code = code_hash(code)
        db.session.add(link)
        return Handed(link, token, code)

    @classmethod
    def _made(
        cls,
        user: User,
        purpose: str,
        token: str,
        *,
        at: datetime,
        by: Actor | None = None,
        id: uuid.UUID | None = None,
    ) -> OneTimeLink:
        return cls(
            id=id or new_id(),
            user_id=user.id,
            token=token_hash(token),
            purpose=purpose,
            made_by_id=by.id if by else None,
            made_at=at,
            expires_at=at + LIVES[purpose],
        )

    # --- spent -------------------------------------------------------------------------------------

    @classmethod
    def person(cls, token: str, *, at: datetime, purposes: Collection[str] = JOINING) -> User | None:
        """Whom the link would let in, without spending it."""
        found = cls._find(cls.token == token_hash(token), at, purposes)
        return found.user if found else None

    @classmethod
    def spend(cls, token: str, *, at: datetime, purposes: Collection[str] = JOINING) -> OneTimeLink | None:
        """Use the link up; of two who come at once, one gets None."""
        return cls._spend(cls.token == token_hash(token), at, purposes)

    @classmethod
    def spend_code(cls, typed: str, *, at: datetime) -> OneTimeLink | None:
        """The same for what stands on a card."""
        hashed = code_hash(typed)
        return cls._spend(cls.code == hashed, at, (CARD, PHONE)) if hashed else None

    @classmethod
    def _spend(
        cls, secret: ColumnElement[bool], at: datetime, purposes: Collection[str]
    ) -> OneTimeLink | None:
        found = cls._find(secret, at, purposes)
        if found is None:
            return None
        good = (cls.id == found.id, cls.used_at.is_(None), cls.withdrawn_at.is_(None))
        return (
            found
            if db.session.scalar(update(cls).where(*good).values(used_at=at).returning(cls.id))
            else None
        )

    @classmethod
    def _find(
        cls, secret: ColumnElement[bool], at: datetime, purposes: Collection[str]
    ) -> OneTimeLink | None:
        row = db.session.execute(
            select(cls, User)
            .join(User, User.id == cls.user_id)
            .where(secret, cls.is_open(at=at), cls.purpose.in_(purposes), User.active)
            .where(or_(cls.email_key.is_(None), cls.email_key == User.email_key))
        ).one_or_none()
        return row[0] if row and row[0].vouched_for(row[1]) else None

    @classmethod
    def is_open(cls, *, at: datetime) -> ColumnElement[bool]:
        """Neither used nor withdrawn nor over."""
        return and_(cls.used_at.is_(None), cls.withdrawn_at.is_(None), cls.expires_at > at)

    def vouched_for(self, user: User) -> bool:
        """Whether who made it could let somebody with these rights in today; the house always can."""
        by = self.made_by
        return by is None or (by.active and may_let_in(by.permissions, user))

    # --- over --------------------------------------------------------------------------------------

    @classmethod
    def withdraw(cls, user_id: uuid.UUID, *, at: datetime, purposes: Collection[str] = tuple(LIVES)) -> None:
        """Let none of a person's links work any more."""
        theirs = (cls.user_id == user_id, cls.purpose.in_(purposes), cls.used_at.is_(None))
        db.session.execute(update(cls).where(*theirs, cls.withdrawn_at.is_(None)).values(withdrawn_at=at))

    @classmethod
    def prune(cls, *, at: datetime) -> None:
        db.session.execute(
            delete(cls).where(
                cls.expires_at < at - timedelta(days=1),
                or_(cls.purpose.not_in(HANDED_OUT), cls.expires_at < at - REMEMBERED),
            )
        )

    # --- shown -------------------------------------------------------------------------------------

    @classmethod
    def latest_of(cls, people: Collection[uuid.UUID]) -> dict[uuid.UUID, list[OneTimeLink]]:
        """What admins gave these people, the latest of each kind first by when it was made."""
        asked = (
            select(cls).where(cls.user_id.in_(people), cls.purpose.in_(HANDED_OUT)).order_by(cls.id.desc())
        )
        found: dict[uuid.UUID, dict[str, OneTimeLink]] = {}
        for link in db.session.scalars(asked):
            found.setdefault(link.user_id, {}).setdefault(link.purpose, link)
        return {person: list(links.values()) for person, links in found.items()}

    @classmethod
    def brought_in(cls, user_id: uuid.UUID) -> str | None:
        """By which kind somebody came in last; None where by none of these."""
        used = select(cls.purpose).where(cls.user_id == user_id, cls.used_at.is_not(None))
        return db.session.scalar(used.order_by(cls.used_at.desc()).limit(1))

    def state(self, *, at: datetime) -> str:
        """What became of it."""
        if self.used_at:
            return USED
        if self.withdrawn_at:
            return WITHDRAWN
        return OPEN if self.expires_at > at else EXPIRED


def may_let_in(permissions: frozenset[str], user: User) -> bool:
    """Whether somebody with these rights may give this person a way in: nobody opens a door that is above them."""
    return "users:manage" in permissions and user.permissions <= permissions


def mail_token(link_id: uuid.UUID) -> str:
    """The token of a link that goes by mail, 256 bits that only our key can make: the ledger need not keep it."""
    key = f"link {current_settings().secret_key}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key, link_id.bytes, hashlib.sha256)).decode().rstrip("=")


@access_ended.connect
def _withdraw(user: User, *, at: datetime, staying: uuid.UUID | None = None) -> None:
    OneTimeLink.withdraw(user.id, at=at)


@email_changed.connect
def _withdraw_what_was_mailed(user: User, *, at: datetime) -> None:
    OneTimeLink.withdraw(user.id, at=at, purposes=(INVITATION, RESET))
