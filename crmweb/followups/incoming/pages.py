"""The text of a page of HTML, read once from its beginning to its end.

The library's parser reads an unfinished tag again from each of its beginnings: sixty kilobytes of them take it minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

LOOKED_AT: Final = 60_000
"""Characters of a page."""

_TAG: Final = re.compile(r"<(/?)([a-z][a-z0-9]*)[^<>]*>", re.IGNORECASE)
_BLOCKS: Final = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table", "ul", "ol", "hr"})
_SILENT: Final = frozenset({"blockquote", "style", "script", "head", "title", "template"})
"""What is quoted, and what no reader sees."""


def text_of_html(html: str) -> str:
    """What it says: breaks where blocks begin and end, nothing of what it quotes or hides."""
    said = "".join(_said(html[:LOOKED_AT]))
    return "\n".join(" ".join(line.split()) for line in said.split("\n"))


def _said(html: str) -> Iterator[str]:
    silent: list[str] = []
    for text, closes, tag in _tokens(html):
        if not silent:
            yield re.sub(r"\s+", " ", unescape(text))
        if tag in _BLOCKS:
            yield "\n"
        if tag == "body":
            silent.clear()  # a head that nobody closed
        elif tag in _SILENT and not closes:
            silent.append(tag)
        elif tag in silent:
            del silent[silent.index(tag) :]


def _tokens(html: str) -> Iterator[tuple[str, bool, str]]:
    """Text, and the tag after it: whether it closes, and its name."""
    at = 0
    while (begins := html.find("<", at)) >= 0:
        text = html[at:begins]
        if html.startswith("<!", begins) or html.startswith("<?", begins):
            yield text, False, ""
            at = _past_remark(html, begins)
        elif tag := _TAG.match(html, begins):
            yield text, bool(tag[1]), tag[2].lower()
            at = tag.end()
        else:
            yield f"{text}<", False, ""
            at = begins + 1
    yield html[at:], False, ""


def _past_remark(html: str, begins: int) -> int:
    """Where a comment or a declaration ends; one that does not end is the end."""
    mark = "-->" if html.startswith("<!--", begins) else ">"
    ends = html.find(mark, begins)
    return len(html) if ends < 0 else ends + len(mark)
