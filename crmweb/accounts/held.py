"""What a request knows of the session that let it in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from crmweb.accounts.actor import Actor
from crmweb.accounts.policy_kinds import POLICIES, Value
from crmweb.accounts.session_tokens import OFFER_EVERY, ROTATE_EVERY, SETTLED

_SECOND = POLICIES["mfa_needed"]

TOUCH_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Held:
    """A session as a request found it by its token.

    `offered_at` is of a token that is not in force yet; `looks_as` is whom its person looks as; `second_said`
    is the company's word on a second factor for everybody, if it has said one.
    """

    actor: Actor
    seen_at: datetime
    rotated_at: datetime
    last_offer_at: datetime | None
    shared: bool
    offered_at: datetime | None
    looks_as: uuid.UUID | None
    looks_since: datetime | None
    second_said: Value | None

    @property
    def second_needed(self) -> bool:
        """Whether everybody needs a second factor."""
        return bool(_SECOND.default if self.second_said is None else self.second_said)

    def needs_touch(self, *, at: datetime) -> bool:
        return at - self.seen_at > TOUCH_EVERY

    def needs_token(self, *, at: datetime) -> bool:
        """Whether the next page should bring a new one along. A shared device's is soon over anyway."""
        waits = self.last_offer_at is not None and at - self.last_offer_at < OFFER_EVERY
        return not self.shared and at - self.rotated_at >= ROTATE_EVERY and not waits

    def is_settled(self, *, at: datetime) -> bool:
        """Whether the browser has shown that it keeps the token that it was offered."""
        return self.offered_at is not None and at - self.offered_at >= SETTLED
