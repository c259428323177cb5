"""The fixed words that stand for others in a template. Nothing else in it is ever worked out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from crmweb.languages import gettext as _

TOKENS: Final = ("contact", "customer", "rep", "rep_phone", "company", "date")

_BRACES: Final = re.compile(r"\{([^{}\n]{0,40})\}")


def unknown_tokens(text: str) -> list[str]:
    """What stands in braces and is no token of ours, as typed."""
    return list(dict.fromkeys(found[0] for found in _BRACES.finditer(text) if found[1] not in TOKENS))


def flaw_of(text: str) -> str:
    """Why a text cannot be a template, in words; nothing when it can."""
    if unknown := unknown_tokens(text):
        known = ", ".join(f"{{{token}}}" for token in TOKENS)
        return _("%(token)s stands for nothing. These do: %(known)s.", token=unknown[0], known=known)
    if "{" in _BRACES.sub("", text) or "}" in _BRACES.sub("", text):
        return _("A brace is left open. Write {contact}, with both.")
    return ""


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with each token in its place, in one go: a name that looks like a token stays a name."""
    return _BRACES.sub(lambda found: values.get(found[1], found[0]), text)


def missing(text: str, values: Mapping[str, str], fallbacks: Mapping[str, str]) -> dict[str, str]:
    """Tokens of the text for which nothing is known, each with the word that stands there instead."""
    used = {found[1] for found in _BRACES.finditer(text)}
    return {token: word for token, word in fallbacks.items() if token in used and not values.get(token)}
