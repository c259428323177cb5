"""How rights are said and grouped where somebody chooses them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from crmweb.accounts.roles import EVERYONES, IMPLIED, PERMISSIONS
from crmweb.languages import gettext as _


class Right(NamedTuple):
    """A named right in words; `brings` are the rights that come with it, in words."""

    name: str
    words: str
    brings: list[str]


def right_words(permission: str) -> str:
    """What a right lets one do; its own name where the house knows it no more."""
    return str(PERMISSIONS.get(permission, permission))


def grouped(permissions: Iterable[str]) -> list[tuple[str, list[Right]]]:
    """Rights by what they are about, in the order of the house; without those that everyone has."""
    wanted = set(permissions) - EVERYONES
    groups: dict[str, list[Right]] = {}
    for name in PERMISSIONS:
        if name in wanted:
            brings = [right_words(narrower) for narrower in IMPLIED.get(name, ())]
            groups.setdefault(_group(name), []).append(Right(name, right_words(name), brings))
    return list(groups.items())


def _group(permission: str) -> str:
    words = {
        "customers": _("Customers"),
        "accounts": _("Customers"),
        "visits": _("Visits"),
        "followups": _("Messages to customers"),
        "templates": _("Messages to customers"),
        "team": _("Team"),
    }
    return words.get(permission.partition(":")[0]) or _("The house")
