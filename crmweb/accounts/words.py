"""How roles and devices are called on the screens."""

from __future__ import annotations

from crmweb.accounts.roles import Role
from crmweb.languages import gettext as _

SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def role_name(role: str) -> str:
    words = {
        "rep": _("Rep"),
        "account_manager": _("Account manager"),
        "manager": _("Manager"),
        "admin": _("Admin"),
    }
    return words.get(role) or Role.title_of(role)


def device_name(agent: str) -> str:
    """`Chrome, Android` from what a browser calls itself."""
    named = [next((name for mark, name in kinds if mark in agent), None) for kinds in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, named)) or _("Unknown device")
