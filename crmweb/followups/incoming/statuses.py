"""What a report says of a mail that did not arrive (RFC 3464), by its status code (RFC 3463)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from typing import Any, Final

from crmweb.followups.incoming.headers import one_line

DELIVERY_STATUS: Final = ("message/delivery-status", "message/global-delivery-status")
LONGEST_WORDS: Final = 220
"""Characters of what the far end said that are kept."""

_STATUS: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_SMTP: Final = re.compile(r"\b([45])\d\d\b")
_OF_THE_MESSAGE: Final = re.compile(r"5\.(?:6|7)\.|5\.3\.4$|5\.2\.[23]$|5\.4\.6$")
"""Permanent for this message and no word about the address: its content, its size, somebody's rules, a loop, a mailbox
that is full."""


@dataclass(frozen=True)
class Bounce:
    """One address that a message did not reach. `status` is of RFC 3463; `words` are the far end's own."""

    status: str
    words: str
    addresses: tuple[str, ...] = ()

    @property
    def permanent(self) -> bool:
        """Whether trying again would not help; of a transient one the far end grew tired."""
        return self.status.startswith("5")

    @property
    def of_the_address(self) -> bool:
        """Whether nothing else would arrive there either."""
        return says_nobody_is_there(self.status)

    @property
    def reason(self) -> str:
        """As a follow-up keeps it; `timeline.message_words` says it to people."""
        return f"came back {self.status}: {self.words}"


def says_nobody_is_there(status: str) -> bool:
    """Whether a status speaks of the address, and for good."""
    return status.startswith("5") and not _OF_THE_MESSAGE.match(status)


def status_in(text: str) -> str:
    """The first status code of RFC 3463 in a text; nothing where there is none."""
    found = _STATUS.search(text)
    return ".".join(str(int(part)) for part in found.groups()) if found else ""


def bounces_of(part: Message) -> list[Bounce]:
    """The addresses that were given up, of a part that is a delivery status. Delays and arrivals are no bounces."""
    blocks: Any = (
        part.get_payload() if part.is_multipart() else []
    )  # the parser makes a message of each block
    return [found for block in blocks if (found := _bounce(block)) is not None]


def _bounce(block: Message) -> Bounce | None:
    said = one_line(block["Diagnostic-Code"])
    words = said.partition(";")[2].strip() or said
    status = status_in(one_line(block["Status"])) or _status_of_smtp(words)
    action = one_line(block["Action"]).split(" ")[0].lower()
    if action != "failed" and not (action == "" and status.startswith("5")):
        return None
    recipients = (one_line(block[name]) for name in ("Final-Recipient", "Original-Recipient"))
    addresses = tuple(told.partition(";")[2].strip()[:320] for told in recipients if ";" in told)
    return Bounce(status or "5.0.0", words[:LONGEST_WORDS], addresses)


def _status_of_smtp(words: str) -> str:
    """Of a report that has no status of its own: the one that the server said, or the class of its answer."""
    found = _SMTP.search(words)
    return status_in(words) or (f"{found[1]}.0.0" if found else "")
