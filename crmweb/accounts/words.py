"""How roles and devices are called on the screens."""

from __future__ import annotations

from crmweb.accounts.outbox_reports import OutboxReports
from crmweb.accounts.roles import Role
from crmweb.languages import gettext as _
from crmweb.languages import ngettext

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


def outbox_state(device: OutboxReports) -> tuple[str, str]:
    """How the outbox of a device stands, as it last told: the kind of state that it is drawn as, and its words."""
    if device.unsent is None:
        return "open", _("Outbox not told")
    if device.unsent == 0:
        return "ok", _("Everything sent")
    return "due", ngettext("%(num)s not sent yet", "%(num)s not sent yet", device.unsent)


def storage_words(storage: str) -> str:
    """What a browser that does not keep for good says of what lies on it."""
    return {
        "best effort": _("browser may drop what is not sent"),
        "refused": _("browser keeps nothing"),
    }.get(storage, "")
