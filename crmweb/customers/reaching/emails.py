"""Email addresses: read as people type them, without asking the network."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email

from crmweb.languages import lazy_gettext as _

EmailFlaw = Literal[
    "no_at", "no_domain", "bad_domain", "has_space", "two_addresses", "two_alphabets", "not_an_address"
]

_NAMED = re.compile(r"^[^<>]*<\s*([^<>\s]+)\s*>$")
_LOOK_LIKE_LATIN = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})
"""Alphabets whose letters pass for Latin ones, by the first word of their names in Unicode."""
_BETWEEN_ADDRESSES = re.compile(r"[,/|]|\s+(?=\S+@)")
_WORDS: dict[EmailFlaw, object] = {
    "no_at": _("An address has an @ in it, as in name@shop.vn."),
    "no_domain": _("Something is missing after the @, as in name@shop.vn."),
    "bad_domain": _("The part after the @ is not right. Check it letter by letter."),
    "has_space": _("An address has no spaces."),
    "two_addresses": _("Two addresses in one field. Give each its own."),
    "two_alphabets": _("Letters of two alphabets stand in one word. Type the address by hand."),
    "not_an_address": _("This is not an email address."),
}


@dataclass(frozen=True, slots=True)
class ReadEmail:
    """One address: as typed, in the form mail is sent to, or what is wrong with it."""

    typed: str
    address: str | None
    flaw: EmailFlaw | None


def read_email(text: str) -> ReadEmail:
    """What a typed address is, by the rules of RFC 5321 and 5322; whether anybody reads there is not asked.

    Never raises: whatever is typed is kept, and what cannot be an address says why.
    """
    typed = " ".join(text.split())
    bare = _without_decoration(typed)
    try:
        address = validate_email(bare, check_deliverability=False).normalized
    except (EmailNotValidError, UnicodeError):
        return ReadEmail(typed, None, _flaw_of(bare))
    if any(_passes_for_another(word) for word in re.split("[@.]", address)):
        return ReadEmail(typed, None, "two_alphabets")
    return ReadEmail(typed, address, None)


def split_emails(text: str) -> list[str]:
    """The addresses that were put into one cell: parted by ; or a line break, else only where each has an @."""
    return [address for part in re.split("[;\n]", text) for address in _split_softly(part)]


def flaw_words(flaw: EmailFlaw) -> str:
    """A sentence for the person who can mend the address, in their language."""
    return str(_WORDS[flaw])


def mailto_url(address: str) -> str:
    """The address that opens a message to somebody (RFC 6068)."""
    return f"mailto:{quote(address, safe='@')}"


def _split_softly(part: str) -> list[str]:
    addresses = [piece.strip() for piece in _BETWEEN_ADDRESSES.split(part) if piece.strip()]
    if len(addresses) > 1 and all("@" in address for address in addresses):
        return addresses
    whole = part.strip(" \t\r,/|")
    return [whole] if whole else []


def _without_decoration(typed: str) -> str:
    bare = typed.removeprefix("mailto:").strip("'\"")
    named = _NAMED.match(bare)
    return named[1] if named else bare


def _flaw_of(bare: str) -> EmailFlaw:
    if bare.count("@") > 1:
        return "two_addresses" if len(split_emails(bare)) > 1 else "not_an_address"
    name, at, domain = bare.partition("@")
    if not at:
        return "no_at" if name else "not_an_address"
    if " " in bare:
        return "has_space"
    if not domain or "." not in domain.strip("."):
        return "no_domain"
    return "not_an_address" if _stands(domain) else "bad_domain"


def _passes_for_another(word: str) -> bool:
    """Whether it mixes Latin letters with such as look like them: it reads like an address, and is somebody else's."""
    alphabets = {unicodedata.name(letter, "").split(" ")[0] for letter in word if letter.isalpha()}
    return "LATIN" in alphabets and not alphabets.isdisjoint(_LOOK_LIKE_LATIN)


def _stands(domain: str) -> bool:
    try:
        validate_email(f"name@{domain}", check_deliverability=False)
    except (EmailNotValidError, UnicodeError):
        return False
    return True
