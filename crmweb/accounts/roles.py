"""What a role may do: the four that come with the house, and those that an admin makes from named rights.

Routes ask for a right, never for a role.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from blinker import Signal
from sqlalchemy import JSON, String, column, func, select, table
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import audit
from crmweb.db import Model, db, new_id
from crmweb.languages import lazy_gettext as _

if TYPE_CHECKING:
    from crmweb.accounts.actor import Actor

rights_changed = Signal(
    "A made role holds other rights from now on. Sender: the role; `lost`: which it lost."
)

PERMISSIONS = {
    "customers:read:own": _("See the customers that one looks after"),
    "customers:read:team": _("See the customers that one's people look after"),
    "customers:read:all": _("See every customer"),
    "customers:write": _("Add and change customers"),
    "customers:assign": _("Say who looks after a customer"),
    "accounts:keep": _("Keep accounts: see one's own by tier, and who has been quiet for too long"),
    "customers:approve": _("Approve pins and other proposals of others"),
    "visits:write": _("Check in, finish and note"),
    "followups:write": _("Write to customers by email and SMS"),
    "templates:read": _("Read the templates and sequences of messages"),
    "templates:manage": _("Change the templates and sequences of messages"),
    "visits:review": _("Accept doubtful check-ins or ask about them"),
    "team:read": _("See what one's team does"),
    "team:plan": _("Plan routes, cover and working days of one's team"),
    "policies:manage": _("Set what holds for everyone"),
    "deliveries:manage": _("See what left the house, and send it again"),
    "health:read": _("See how the house is, and hear when something is wrong"),
    "audit:read": _("Read who changed what"),
    "users:manage": _("Manage users and roles"),
    "privacy:manage": _("Export and erase everything about somebody"),
    "own:settings": _("Change one's own settings"),
}
"""Named rights, each with what it lets one do, in words."""

IMPLIED = {
    "customers:read:all": ("customers:read:team", "customers:read:own"),
    "customers:read:team": ("customers:read:own",),
    "templates:manage": ("templates:read",),
    "audit:read": ("customers:read:all", "customers:read:team", "customers:read:own"),
    "privacy:manage": ("customers:read:all", "customers:read:team", "customers:read:own"),
}
"""Rights that come with a wider one. Whoever reads the audit reads what was said of any customer."""

EVERYONES = frozenset({"own:settings"})
"""No role is without these."""

FIELD = frozenset(
    {"customers:read:own", "customers:write", "visits:write", "followups:write", "own:settings"}
)
ACCOUNT_MANAGER = FIELD | {"accounts:keep"}
MANAGER = ACCOUNT_MANAGER | {
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
    "health:read",
    "templates:manage",
    "audit:read",
    "users:manage",
    "privacy:manage",
}

ROLES: dict[str, frozenset[str]] = {
    "rep": FIELD,
    "account_manager": ACCOUNT_MANAGER,
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


class Beyond(ValueError):
    """There are rights in it that whoever gives or takes them does not hold."""


_HELD = table("users", column("role"))
"""People know roles, and not the other way round."""


class Role(Model):
    """A role that an admin made from named rights."""

    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[str] = mapped_column(String(60))
    title_key: Mapped[str] = mapped_column(String(60), unique=True)
    permissions: Mapped[list[str]] = mapped_column(JSON)
    made_at: Mapped[datetime]

    @classmethod
    def make(cls, title: str, permissions: Iterable[str], *, at: datetime, by: Actor | None = None) -> Role:
        """A new role. Raises `TakenTitle`, `Beyond`, and KeyError for a right that is not known."""
        role = cls(name=f"made-{new_id().hex}", made_at=at)
        role._hold(title, permissions, by)
        db.session.add(role)
        db.session.flush()
        audit.record("role.made", by=by, at=at, about=role.reference, after=role._told)
        return role

    def change(self, title: str, permissions: Iterable[str], *, by: Actor | None, at: datetime) -> None:
        """Another title, other rights, which hold from each holder's next request.

        Raises as `make` does; and `LastOne`, when nobody would be left who can give what it loses.
        """
        refuse_beyond(by, self.rights)
        before, held = self._told, self.rights
        self._hold(title, permissions, by)
        if self._told == before:
            return
        db.session.flush()
        rights_changed.send(self, lost=held - self.rights)
        audit.record("role.changed", by=by, at=at, about=self.reference, before=before, after=self._told)

    def _hold(self, title: str, permissions: Iterable[str], by: Actor | None) -> None:
        held = with_implied(permissions) | EVERYONES
        refuse_beyond(by, held)
        key = _title_key(title)
        taken = select(Role.name).where(Role.title_key == key, Role.name != self.name)
        with db.session.no_autoflush:
            if db.session.scalar(taken) is not None:
                raise TakenTitle(title)
        self.title, self.title_key = unicodedata.normalize("NFC", title), key
        self.permissions = sorted(held)

    def remove(self, *, by: Actor | None, at: datetime) -> None:
        """Take it away. Raises `RoleInUse`, also where those who hold it have left; `Beyond`."""
        refuse_beyond(by, self.rights)
        if holders(self.name):
            raise RoleInUse(self.title)
        db.session.delete(self)
        audit.record("role.removed", by=by, at=at, about=self.reference, before=self._told)

    @property
    def rights(self) -> frozenset[str]:
        return rights(self.name, self.permissions)

    @property
    def reference(self) -> audit.Reference:
        """How the audit names it."""
        return audit.Reference("role", uuid.UUID(self.name.removeprefix("made-")), self.title)

    @property
    def _told(self) -> audit.Values:
        return {"title": self.title, "permissions": list(self.permissions)}

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


def refuse_beyond(by: Actor | None, permissions: Iterable[str]) -> None:
    """Nobody gives or takes what they do not hold themself; the house (None) may. Raises `Beyond`."""
    if by is not None and (missing := set(permissions) - by.permissions):
        raise Beyond(sorted(missing)[0])


def holders(role: str) -> int:
    """How many people hold a role, those who left too."""
    return db.session.scalar(select(func.count()).select_from(_HELD).where(_HELD.c.role == role)) or 0


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
