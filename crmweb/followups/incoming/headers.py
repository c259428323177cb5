"""Headers of mail from anywhere, as text that is whole, short and on one line."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from typing import Final

LONGEST: Final = 4000
"""Characters of a header that are looked at."""

_BLANKS: Final = re.compile(r"[\s\x00-\x1f\x7f]+")
_OURS: Final = re.compile(r"<([0-9a-f]{32})@[^<>\s]{1,255}>")
_REPLY_BY_ITSELF: Final = re.compile(
    r"(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|trả lời tự động|"
    r"thư trả lời tự động)\b",
    re.IGNORECASE,
)
_TO: Final = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
_HANDED_OUT: Final = ("bulk", "junk", "list", "auto_reply")
_MACHINES: Final = ("mailer-daemon", "postmaster", "noreply", "no-reply")


def one_line(value: object) -> str:
    """A header's value, whatever it is; nothing where it is missing."""
    text = "" if value is None else str(value)[:LONGEST]
    return _BLANKS.sub(" ", text.encode("utf-8", "replace").decode()).strip()


def our_names(mail: Message) -> list[str]:
    """What our own Message-IDs in a thread name, the one that is answered first."""
    threads = (one_line(value) for value in mail.get_all("References", [])[:3])
    before = [name for thread in threads for name in _OURS.findall(thread[-LONGEST:])]
    answered = _OURS.findall(one_line(mail["In-Reply-To"]))
    return list(dict.fromkeys([*answered, *reversed(before)]))


def own_name(mail: Message) -> list[str]:
    """What its own Message-ID names, if it is one of ours: a mail that came back has it."""
    return _OURS.findall(one_line(mail["Message-ID"]))


def sender_of(mail: Message) -> str:
    """The address in From, as it stands there; nothing where there is none."""
    found = getaddresses([one_line(mail["From"])])
    return found[0][1].replace(" ", "")[:320] if found else ""


def addressed_to(mail: Message) -> list[str]:
    """Every address that it went to, as far as it says so."""
    lines = [one_line(value) for name in _TO for value in mail.get_all(name, [])[:5]]
    return [address for _name, address in getaddresses(lines)[:50]]


def writes_by_itself(mail: Message) -> bool:
    """Whether a machine wrote it: out of office, lists, reports (RFC 3834, 2 and 5)."""
    if one_line(mail["Auto-Submitted"]).partition(";")[0].strip().lower() not in ("", "no"):
        return True
    if one_line(mail["Precedence"]).lower() in _HANDED_OUT or mail["List-Id"] is not None:
        return True
    if mail["X-Autoreply"] is not None or mail["X-Autorespond"] is not None:
        return True
    return _from_a_machine(mail) or bool(_REPLY_BY_ITSELF.match(_subject(mail)))


def _from_a_machine(mail: Message) -> bool:
    nobody = one_line(mail["Return-Path"]) == "<>"
    return nobody or sender_of(mail).partition("@")[0].lower() in _MACHINES


def _subject(mail: Message) -> str:
    raw = one_line(mail["Subject"])
    try:
        return str(make_header(decode_header(raw))).strip()
    except (HeaderParseError, LookupError, ValueError):
        return raw
