"""What a role may do: the four that come with the house, and those that an admin makes from named rights.

Routes ask for a right, never for a role.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, db, new_id

PERMISSIONS = {
    "customers:read:own": "See the customers that one looks after",
    "customers:read:team": "See the customers that one's people look after",
    "customers:read:all": "See every customer",
    "customers:write": "Add and change customers",
    "customers:assign": "Say who looks after a customer",
    "customers:approve": "Approve pins and other proposals of others",
    "visits:write": "Check in, finish and note",
    "followups:write": "Write to customers by email and SMS",
    "templates:read": "Read the templates and sequences of messages",
    "templates:manage": "Change the templates and sequences of messages",
    "visits:review": "Accept doubtful check-ins or ask about them",
    "team:read": "See what one's team does",
    "team:plan": "Plan routes, cover and working days of one's team",
    "policies:manage": "Set what holds for everyone",
    "deliveries:manage": "See what left the house, and send it again",
    "audit:read": "Read who changed what",
    "users:manage": "Manage users and roles",
    "own:settings": "Change one's own settings",
}

IMPLIED = {
    "customers:read:all": ("customers:read:team", "customers:read:own"),
    "customers:read:team": ("customers:read:own",),
    "templates:manage": ("templates:read",),
    "audit:read": ("customers:read:all", "customers:read:team", "customers:read:own"),
}
"""Rights that come with a wider one. Whoever reads the audit reads what was said of any customer."""

EVERYONES = frozenset({"own:settings"})
"""No role is without these."""

FIELD = frozenset(
    {"customers:read:own", "customers:write", "visits:write", "followups:write", "own:settings"}
)
MANAGER = FIELD | {
    "customers:read:team",
    "customers:assign",
    "customers:approve",
    "visits:review",
    "team:read",
    "team:plan",
    "templates:read",
}
ADMIN = MANAGER | {
    "customers:read:all",
    "policies:manage",
    "deliveries:manage",
    "templates:manage",
    "audit:read",
    "users:manage",
}

ROLES: dict[str, frozenset[str]] = {
    "rep": FIELD,
    "account_manager": FIELD,
    "manager": MANAGER,
    "admin": ADMIN,
}
"""The roles that come with the house: name → rights. They are not changed; one makes one's own beside them."""

NOTHING: frozenset[str] = frozenset()
"""What a role may do that nobody knows: somebody's mistake must not open a door."""


class TakenTitle(ValueError):
    """Another role is called that."""


class RoleInUse(ValueError):
    """People hold the role."""


class Role(Model):
    """A role that an admin made from named rights."""

    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[str] = mapped_column(String(60))
    title_key: Mapped[str] = mapped_column(String(60), unique=True)
    permissions: Mapped[list[str]] = mapped_column(JSON)
    made_at: Mapped[datetime]

    @classmethod
    def make(cls, title: str, permissions: Iterable[str], *, at: datetime) -> Role:
        """A new role. Raises `TakenTitle`, and KeyError for a right that is not known."""
        role = cls(name=f"made-{new_id().hex}", made_at=at)
        role.change(title, permissions)
        db.session.add(role)
        db.session.flush()
        return role

    def change(self, title: str, permissions: Iterable[str]) -> None:
        """Another title, other rights, which hold from each holder's next request. Raises as `make` does."""
        key = _title_key(title)
        taken = select(Role.name).where(Role.title_key == key, Role.name != self.name)
        with db.session.no_autoflush:
            if db.session.scalar(taken) is not None:
                raise TakenTitle(title)
        self.title, self.title_key = unicodedata.normalize("NFC", title), key
        self.permissions = sorted(with_implied(permissions) | EVERYONES)

    @classmethod
    def title_of(cls, name: str) -> str:
        """What a made role is called; its name, where nobody knows it."""
        return db.session.scalar(select(cls.title).where(cls.name == name)) or name

    @classmethod
    def all(cls) -> list[Role]:
        return list(db.session.scalars(select(cls).order_by(cls.title, cls.name)))


def _title_key(title: str) -> str:
    """The form in which two spellings of one title are the same (NFKC, case folded)."""
    return unicodedata.normalize("NFKC", title).strip().casefold()


def with_implied(permissions: Iterable[str]) -> frozenset[str]:
    """These rights and those that come with them. Raises KeyError for one that is not known."""
    asked = set(permissions)
    if unknown := asked - PERMISSIONS.keys():
        raise KeyError(sorted(unknown)[0])
    return frozenset(asked.union(*(IMPLIED.get(permission, ()) for permission in asked)))


def rights(role: str, made: Iterable[str] | None) -> frozenset[str]:
    """What a role may do; `made`: the rights of a made one, as its row tells them.

    A right that the house has given up counts no more.
    """
    if role in ROLES:
        return ROLES[role]
    return frozenset(PERMISSIONS.keys() & set(made)) if made is not None else NOTHING


def rights_of(role: str) -> frozenset[str]:
    """The same, looked up."""
    return ROLES[role] if role in ROLES else rights(role, _made(role))


def _made(role: str) -> list[str] | None:
    return db.session.scalar(select(Role.permissions).where(Role.name == role))


def is_known(role: str) -> bool:
    return role in ROLES or _made(role) is not None


def roles_with(permission: str) -> list[str]:
    """The names of all roles that hold a right."""
    mine = [role.name for role in Role.all() if permission in role.permissions]
    return [*(name for name, held in ROLES.items() if permission in held), *mine]
