"""The words of an answer: plain text, without what it quotes."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from email.message import Message
from typing import Final

from crmweb.followups.incoming.pages import text_of_html

LONGEST: Final = 2000
"""Characters of an answer that are kept."""
_LOOKED_AT: Final = 60_000
"""Characters of a body."""

_READ: Final = re.compile(
    r"utf_?(?:8|16|32)|ascii|iso8859|cp\d+|koi8|gb|big5|euc_|shift_jis|iso2022|mac_|tis_620"
)
"""Of the charsets that Python knows: those that are for text, and cheap to read."""
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffc]"
)
_MANY_BREAKS: Final = re.compile(r"\n{3,}")

_ATTRIBUTION: Final = re.compile(
    r"(?:on|vào|le|am|el|lúc)\b.{4,300}\b(?:wrote|đã viết|viết|écrit|schrieb|escribió)\s*:$", re.IGNORECASE
)
_BELOW: Final = re.compile(
    r"-{2,}\s?(?:original message|forwarded message|thư gốc|tin nhắn gốc|tin nhắn đã chuyển tiếp)\s?-{2,}$|_{10,}$|--$",
    re.IGNORECASE,
)
"""After such a line nothing is theirs: what they forward, a signature."""
_FROM: Final = re.compile(r"\*?(?:from|từ|người gửi)\s?:\*?\s?\S", re.IGNORECASE)
_SENT: Final = re.compile(r"\*?(?:sent|date|đã gửi|ngày|to|đến|tới)\s?:", re.IGNORECASE)
_PHONE_SAYS: Final = re.compile(r"(?:sent from my|được gửi từ|gửi từ)\b.{0,60}$", re.IGNORECASE)


def answer_in(mail: Message) -> str:
    """What somebody wrote, without what they quote; empty where they wrote nothing."""
    return own_words(_body(mail))


def own_words(text: str) -> str:
    """A text as it is kept: only their own words, whole, without what cannot be seen, and not too long."""
    lines = tidied(text[:_LOOKED_AT]).split("\n")
    own = "\n".join(_own(lines))
    return _MANY_BREAKS.sub("\n\n", own).strip()[:LONGEST].strip()


def tidied(text: str) -> str:
    """Composed, with plain line breaks, without signs that steer a screen."""
    whole = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    composed = unicodedata.normalize("NFC", _UNSEEN.sub("", whole.replace("\xa0", " ")))
    return "\n".join(line.rstrip() for line in composed.split("\n"))


def _own(lines: list[str]) -> Iterator[str]:
    """Lines until something begins that is not theirs."""
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if _BELOW.match(line) or _begins_a_copy(lines, at):
            return
        if length := _attribution(lines, at):
            if not _quotes(lines, at + length):
                return
            at += length
            continue
        if not line.startswith(">") and not _PHONE_SAYS.match(line):
            yield lines[at]
        at += 1


def _begins_a_copy(lines: list[str], at: int) -> bool:
    """The head of the mail that is answered, as Outlook copies it: From, and Sent or To right below."""
    if not _FROM.match(lines[at].strip()):
        return False
    return any(_SENT.match(line.strip()) for line in lines[at + 1 : at + 4])


def _attribution(lines: list[str], at: int) -> int:
    """How many lines say who wrote what follows; mail programs break such a line."""
    for length in (1, 2, 3):
        if _ATTRIBUTION.match(" ".join(line.strip() for line in lines[at : at + length])[:400]):
            return length
    return 0


def _quotes(lines: list[str], at: int) -> bool:
    """Whether what follows is marked as quoted: then their own words may come after it."""
    following = next((line for line in lines[at:] if line.strip()), "")
    return following.lstrip().startswith(">")


# Bodies ---------------------------------------------------------------------------------------------------


def parts(mail: Message) -> Iterator[Message]:
    """The leaves of a mail; one that it carries within is a leaf, too."""
    if mail.get_content_maintype() == "multipart" and mail.is_multipart():
        for part in mail.get_payload():
            yield from parts(part)  # type: ignore[arg-type] # it is a list of them
    else:
        yield mail


def attached(part: Message) -> bool:
    """Whether it is a file beside the words."""
    if part.get_content_disposition() == "attachment" or part.get_filename() is not None:
        return True
    return part.get_content_maintype() != "text"


def _body(mail: Message) -> str:
    """The plain text; of a mail that has none, the text of its HTML."""
    texts = [part for part in parts(mail) if not attached(part)]
    plain = next((part for part in texts if part.get_content_subtype() == "plain"), None)
    if plain is not None:
        return decoded(plain)
    html = next((part for part in texts if part.get_content_subtype() == "html"), None)
    return text_of_html(decoded(html)) if html is not None else ""


def decoded(part: Message) -> str:
    """A leaf as text, whatever it calls itself."""
    raw = _bytes_of(part)
    try:
        return raw.decode(_charset(str(part.get_content_charset() or "utf-8")))
    except UnicodeError:
        return raw.decode("utf-8", "replace")


def _bytes_of(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (
        ValueError
    ):  # on its way to bytes the library decodes by any charset, also by one that is for host names
        del part["Content-Type"]
        content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _charset(named: str) -> str:
    try:
        known = codecs.lookup(named[:40]).name.replace("-", "_")
    except (LookupError, ValueError):
        return "utf-8"
    return known if _READ.match(known) else "utf-8"
