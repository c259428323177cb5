"""The customers of a pack, each with the page that stands in for theirs; all together as large as they may be."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from flask import current_app
from markupsafe import Markup, escape

from crmweb.languages import gettext as _
from crmweb.names import fold
from crmweb.pwa.book import Book, Kept, Noted
from crmweb.timeline.words import length_words

GAP = Markup("\0")
"""Stands in a body where a note goes; nobody's data holds one."""

LONGEST, SHORTEST, STEP = 300, 60, 20
"""Characters of a note: as many as there is room for between the first two."""

Said = dict[str, Any]


class _Page(NamedTuple):
    """What is said of a customer, with gaps in its body where the notes go."""

    said: Said
    body: str
    notes: list[str]
    size: int


class Pages:
    """Rendered once; the notes come in last, cut to what there is room for."""

    def __init__(self, book: Book, *, writes: bool) -> None:
        self._pages = list(_pages(book, writes))

    def within(self, room: int) -> list[Said]:
        """As many as go into so many bytes, their notes as long as there is room for; who comes last goes first."""
        most = _longest(self._pages, room)
        kept = self._pages if most else _first(self._pages, room)
        return [{**page.said, "body": _filled(page, most or SHORTEST)} for page in kept]


def _longest(pages: list[_Page], room: int) -> int:
    """The most characters a note may have: all, as a rule; 0 where there is no room even for the shortest."""
    left = room - sum(page.size for page in pages)
    lengths = range(LONGEST, SHORTEST - 1, -STEP)
    fits = bisect_left(lengths, True, key=lambda most: sum(_notes_size(page, most) for page in pages) <= left)
    return lengths[fits] if fits < len(lengths) else 0


def _first(pages: list[_Page], room: int) -> list[_Page]:
    """Those who come first, as many as there is room for."""
    ends = accumulate(page.size + _notes_size(page, SHORTEST) for page in pages)
    return [page for page, end in zip(pages, ends, strict=True) if end <= room]


def _notes_size(page: _Page, most: int) -> int:
    return sum(_size(escape(_cut(note, most))) - 2 for note in page.notes)


def _filled(page: _Page, most: int) -> str:
    first, *others = page.body.split(GAP)
    notes = (escape(_cut(note, most)) for note in page.notes)
    return first + "".join(f"{note}{piece}" for note, piece in zip(notes, others, strict=True))


def _told(note: Noted) -> str:
    """The words of a note; of one that was said, that there is something to hear, and for how long."""
    if not note.spoken:
        return note.text or _("Its recording is no longer kept.")
    length = f" {length_words(note.seconds)}" if note.seconds else ""
    heard = f"({_('Voice note')}{length})"
    return f"{heard} {note.text}" if note.text else heard


def _cut(note: str, most: int) -> str:
    return note if len(note) <= most else f"{note[: most - 1].rstrip()}…"


def _pages(book: Book, writes: bool) -> Iterator[_Page]:
    body: Callable[[Kept, bool, Markup], str] = _macro("pwa/_body.html", "body")
    kind, words = (current_app.jinja_env.filters[name] for name in ("due_kind", "due_words"))
    for kept in book.customers:
        face = kept.face
        line = " ".join(face.address.split())
        said: Said = {
            "id": str(face.id),
            "name": face.name,
            "line": line,
            "find": _beside(kept.find, face.name, line, *(person.name for person in kept.people)),
            "due": f"<span class='state {kind(face.due)}'>{escape(words(face.due, face.status))}</span>",
            "contacts": [[str(person.id), person.name] for person in kept.people],
        }
        if face.lat is not None and face.lng is not None and not face.pin_flaw:
            said |= {"lat": face.lat, "lng": face.lng}
        if face.phone:
            said["phone"] = face.phone
        page = str(body(kept, writes, GAP))
        notes = [_told(note)[: LONGEST + 1] for note in kept.notes]
        yield _Page(said, page, notes, _size({**said, "body": page.replace(GAP, "")}) + 1)


def _macro(template: str, name: str) -> Callable[..., str]:
    """A macro by itself: hundreds of pages are made by it, and a template for each would read it anew."""
    made: Callable[..., str] = getattr(current_app.jinja_env.get_template(template).module, name)
    return made


def _beside(find: str, *said: str) -> str:
    """By what else somebody is found: the rest of their words, which a phone need not fold from what it shows.

    The tails of a number, by which a database finds any part of it, are left out: a phone looks into the number.
    """
    known, kept, whole = set(fold(" ".join(said)).split()), [], ""
    for word in find.split():
        tail = word.isdigit() and len(word) < len(whole) and whole.endswith(word)
        if word not in known and not tail:
            kept.append(word)
            whole = word if word.isdigit() else whole
    return " ".join(kept)


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
