"""Passkeys (WebAuthn Level 3): a key pair that a phone keeps for us, opened by a finger, a face or a PIN.

One that verified its person is both factors. Ours are discoverable: nobody types an email.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.accounts.models import User
from crmweb.db import Model, changed, db, new_id

MOST = 20
"""Passkeys of one person."""

LONGEST_NAME = 60
LONGEST_CREDENTIAL = 20_000
"""Characters of what a browser sends."""


@dataclass(frozen=True)
class Site:
    """Where passkeys count: the origin that browsers name, and the host for which phones keep them."""

    origin: str
    host: str


class Refused(ValueError):
    """What came from the browser is not what was asked for, or not of a passkey that we know."""


class Passkey(Model):
    """One passkey of one person."""

    __tablename__ = "passkeys"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(2000))
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(JSON)
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @classmethod
    def of(cls, user_id: uuid.UUID) -> list[Passkey]:
        """A person's passkeys, the oldest first."""
        return list(
            db.session.scalars(select(cls).where(cls.user_id == user_id).order_by(cls.added_at, cls.id))
        )

    @classmethod
    def add(
        cls, user: User, name: str, credential: str, *, challenge: bytes, site: Site, at: datetime
    ) -> Passkey:
        """Keep what a browser made for this person. Raises `Refused`."""
        from webauthn import verify_registration_response

        sent = _read(credential)
        made = _checked(
            verify_registration_response,
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
        if len(cls.of(user.id)) >= MOST or cls._known(made.credential_id):
            raise Refused("known already, or too many")
        key = cls(
            id=new_id(), user_id=user.id, name=name, credential_id=made.credential_id,
            public_key=made.credential_public_key, sign_count=made.sign_count,
            transports=_transports(sent), added_at=at,
        )  # fmt: skip
        db.session.add(key)
        return key

    @classmethod
    def recognise(
        cls, credential: str, *, challenge: bytes, site: Site, at: datetime, owner: uuid.UUID | None = None
    ) -> Passkey:
        """The passkey that signed the challenge, its person verified; of `owner`, if named. Raises `Refused`."""
        from webauthn import verify_authentication_response

        sent = _read(credential)
        key = cls._known(_identity(sent))
        if key is None or not key._may_be_of(sent) or owner not in (None, key.user_id):
            raise Refused("unknown")
        seen = _checked(
            verify_authentication_response,
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
        key._used(seen.new_sign_count, at=at)
        return key

    @classmethod
    def _known(cls, credential_id: bytes) -> Passkey | None:
        return db.session.scalar(select(cls).where(cls.credential_id == credential_id))

    def _may_be_of(self, sent: dict[str, Any]) -> bool:
        """Whether the person whom the phone names is the one whose it is (WebAuthn, 7.2, step 6)."""
        from webauthn.helpers import base64url_to_bytes

        handle = sent["response"].get("userHandle")
        return isinstance(handle, str) and base64url_to_bytes(handle) == self.user_id.bytes

    def _used(self, sign_count: int, *, at: datetime) -> None:
        """Of two that bring the same count at once, a copy is one: it is refused."""
        mine = update(Passkey).where(Passkey.id == self.id, Passkey.sign_count == self.sign_count)
        if not changed(mine.values(sign_count=sign_count, used_at=at)):
            raise Refused("used meanwhile")


def creation_options(user: User, *, challenge: bytes, site: Site) -> str:
    """What a browser is asked in order to make a passkey, as JSON."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=site.host,
        rp_name="crmweb",
        user_id=user.id.bytes,
        user_name=user.email or user.name,
        user_display_name=user.name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(key.credential_id) for key in Passkey.of(user.id)],
    )
    return options_to_json(options)


def request_options(*, challenge: bytes, site: Site) -> str:
    """What a browser is asked so that some passkey of ours signs, as JSON."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=site.host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json(options)


def _read(credential: str) -> dict[str, Any]:
    try:
        sent = json.loads(credential) if len(credential) <= LONGEST_CREDENTIAL else None
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict) or not isinstance(sent.get("response"), dict):
        raise Refused("unreadable")
    return sent


def _identity(sent: dict[str, Any]) -> bytes:
    from webauthn.helpers import base64url_to_bytes

    try:
        return base64url_to_bytes(sent["rawId"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused("unreadable") from None


def _checked(verify: Any, **what: Any) -> Any:
    """The library's word. It trips over some nonsense instead of refusing it; to us both is a no."""
    try:
        return verify(**what)
    except Exception as wrong:
        raise Refused(str(wrong)) from wrong


def _transports(sent: dict[str, Any]) -> list[str]:
    named = sent["response"].get("transports")
    return [str(each)[:20] for each in named[:10]] if isinstance(named, list) else []
