"""The person at work, as light as a request needs: one row read, nothing tracked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from crmweb.accounts.models import User
from crmweb.accounts.roles import NOTHING
from crmweb.scope import Principal


@dataclass(frozen=True)
class Actor:
    """Who acts. Verbs take it as `by=`, templates as `current_user`.

    `looker` is who really sits there, where an admin looks as this person; then nothing may be written. `left_at` is
    of somebody who works here no more, whose phone hands in what it still holds.
    """

    id: uuid.UUID
    name: str
    role: str
    zone: str
    permissions: frozenset[str] = NOTHING
    locale: str | None = None
    theme: str | None = None
    email: str | None = None
    session_id: uuid.UUID | None = None
    proved_at: datetime | None = None
    second_at: datetime | None = None
    looker: Actor | None = None
    left_at: datetime | None = None

    is_authenticated = True
    is_active = True
    is_anonymous = False

    @classmethod
    def of(cls, user: User) -> Actor:
        return cls(
            user.id, user.name, user.role, user.zone, user.permissions, user.locale, user.theme, user.email
        )

    def get_id(self) -> str:
        return str(self.id)

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    @property
    def given_name(self) -> str:
        """What colleagues call them: the last word of a Vietnamese name."""
        return self.name.split()[-1]

    def today(self, at: datetime) -> date:
        """The date where this person is."""
        return at.astimezone(self.tzinfo).date()

    @property
    def tzinfo(self) -> ZoneInfo:
        """Where this person is."""
        return ZoneInfo(self.zone)

    @cached_property
    def principal(self) -> Principal:
        return Principal(self.id, sees_all=self.may("customers:read:all"), why=self.role)
