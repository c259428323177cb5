"""What an SMS gateway says of a message that it took, in the words that gateways use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmweb.followups.incoming.headers import one_line
from crmweb.followups.incoming.statuses import LONGEST_WORDS, Bounce

ARRIVED: Final = Bounce("2.0.0", "")

_ARRIVED: Final = ("delivered", "delivrd")
_NOBODY_THERE: Final = ("failed", "rejected", "rejectd", "undeliverable", "invalid")
_NOT_IN_TIME: Final = ("undelivered", "undeliv", "expired", "deleted")
"""A phone that was off for days is still somebody's."""


def is_report(fields: Mapping[str, str]) -> bool:
    """Whether it is word of a message of ours, and none of somebody's own."""
    return bool(fields.get("status") and fields.get("id")) and not fields.get("text")


def report_of(fields: Mapping[str, str]) -> Bounce | None:
    """ARRIVED, or how it did not; None for what is still on its way, or a word that we do not know."""
    status = fields["status"].strip().lower()
    if status in _ARRIVED:
        return ARRIVED
    words = one_line(fields.get("reason") or status)[:LONGEST_WORDS]
    if status in _NOBODY_THERE:
        return Bounce("5.0.0", words)
    return Bounce("4.0.0", words) if status in _NOT_IN_TIME else None
