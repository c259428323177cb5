"""One mail that came in, read: an answer, word that ours did not arrive, or of no use to us.

Whoever likes may write to us. So only the beginning of a mail is looked at, its parts are counted before they are
parsed, and nothing in it is believed but names that only we can have made.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser
from typing import Final

from crmweb.followups.incoming import headers
from crmweb.followups.incoming.statuses import DELIVERY_STATUS, Bounce, bounces_of
from crmweb.followups.incoming.words import answer_in, attached, decoded, parts

LOOKED_AT: Final = 96 * 1024
"""Bytes of a mail: words and reports stand first, pictures after them."""
MOST_LEVELS: Final = 10
"""Parts with parts of their own; each makes the parser look at each line once more."""
MOST_CARRIED: Final = 30
"""Mails and reports within."""

_LEVEL: Final = re.compile(rb"boundary[*0-9]*\s*=", re.IGNORECASE)
_CARRIED: Final = re.compile(rb"content-type\s*:\s*message/", re.IGNORECASE)
_NAMED_INSIDE: Final = re.compile(r"^message-id:\s*<([0-9a-f]{32})@", re.IGNORECASE | re.MULTILINE)


class Unreadable(Exception):
    """It is no mail, or one that is made to do harm."""


@dataclass(frozen=True)
class Mail:
    """What a mail tells us. `key` is its own; `names` are in our Message-IDs, `to` is where it went.

    With `bounces` it is word of what did not arrive; `by_itself`: a machine wrote it, and no answer. `files`: it has
    more than words.
    """

    key: str
    names: tuple[str, ...]
    to: tuple[str, ...]
    sender: str
    bounces: tuple[Bounce, ...] = ()
    by_itself: bool = False
    text: str = ""
    files: bool = False


def read_mail(raw: bytes) -> Mail:
    """What a raw mail (RFC 5322) tells us. Raises Unreadable."""
    begins = raw[:LOOKED_AT]
    if len(_LEVEL.findall(begins)) > MOST_LEVELS or len(_CARRIED.findall(begins)) > MOST_CARRIED:
        raise Unreadable("too many parts")
    try:
        return _read(BytesParser(policy=policy.compat32).parsebytes(begins), begins)
    except Exception as flaw:  # the library's parser trusts what it reads more than we do
        raise Unreadable(type(flaw).__name__) from flaw


def _read(mail: Message, raw: bytes) -> Mail:
    leaves = list(parts(mail))
    reports = [part for part in leaves if part.get_content_type() in DELIVERY_STATUS]
    bounces = tuple(bounce for part in reports for bounce in bounces_of(part))
    inside = [name for part in leaves for name in _named_in(part)] if reports else []
    words = not reports and not headers.writes_by_itself(mail) and not _reports(mail)
    return Mail(
        key=_key(mail, raw),
        names=tuple(dict.fromkeys([*inside, *headers.our_names(mail)])),
        to=tuple(headers.addressed_to(mail)),
        sender=headers.sender_of(mail),
        bounces=bounces,
        by_itself=not words,
        text=answer_in(mail) if words else "",
        files=words and any(attached(part) for part in leaves),
    )


def _reports(mail: Message) -> bool:
    """A receipt, a complaint: a report of another kind."""
    return mail.get_content_type() == "multipart/report"


def _named_in(part: Message) -> list[str]:
    """Our Message-ID in what a report sends back: the mail, or its head."""
    if part.get_content_type() in ("message/rfc822", "message/global") and part.is_multipart():
        return [name for mail in part.get_payload() for name in headers.own_name(mail)]  # type: ignore[arg-type]
    if part.get_content_type() in ("text/rfc822-headers", "message/global-headers"):
        return _NAMED_INSIDE.findall(decoded(part))
    return []


def _key(mail: Message, raw: bytes) -> str:
    """The same each time that this mail is handed in."""
    own = headers.one_line(mail["Message-ID"])
    return hashlib.sha256(b"mail " + (own.encode() if own else raw)).hexdigest()
