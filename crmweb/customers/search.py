"""Finding a customer as one types: without accents, by name, code, address, tax number, contact, or part of a number.

Words may come in any order, each of them the beginning of one. Both databases give the same answer; how they
are asked is in `search_statements`. A narrow scope is read through, a wide one is asked through its index;
what they find is put in order here.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from crmweb.customers import search_statements as statements
from crmweb.db import is_sqlite
from crmweb.names import fold
from crmweb.scope import principal

MOST = 200
"""Candidates that are put in order; past them people type another letter."""

NARROW = 1_000
"""Assignments up to which reading all of them is quicker than asking the index."""

READ = 1_000
"""Customers taken from a scope that is read through, those whose name begins so first."""

OFTEN = 2_000
"""Customers of the whole house from which on a word is so frequent that one's own scope is read instead."""

LONGEST = 80
MOST_WORDS = 6
TAILS = range(3, 11)
"""How many last digits of a number begin a word of their own, so that any part of it is found."""

_NUMBER = re.compile(r"\+[0-9\s().\-]{3,}|[0-9\s().\-]{6,}")


def search_text(*texts: str | None, numbers: list[str]) -> str:
    """All by which a customer is found: folded words, each after a space, and the tails of the numbers."""
    words = fold(" ".join(text for text in texts if text))
    tails = dict.fromkeys(tail for number in numbers for tail in _tails(number))
    return " " + " ".join([words, *tails])


def _tails(number: str) -> list[str]:
    national = _national(number)
    return [national, *(national[-length:] for length in TAILS if length < len(national))] if national else []


def _national(number: str) -> str:
    """The digits of a number, a Vietnamese one as it is dialled at home: with 0 in place of the country's 84."""
    digits = "".join(re.findall("[0-9]", number))
    if number.lstrip().startswith("+84"):
        return "0" + digits.removeprefix("84")
    return (
        "0" + digits.removeprefix("0084").removeprefix("84") if re.match(r"(00)?84\d{9}", digits) else digits
    )


class Found(NamedTuple):
    """What decides about a customer's place among those found."""

    id: uuid.UUID
    sort_name: str
    code: str | None
    status: str
    archived_at: datetime | None


@dataclass(frozen=True)
class Search:
    """One question: what was typed, as words that are the beginnings of words."""

    typed: str

    @cached_property
    def folded(self) -> str:
        return fold(self.typed[:LONGEST])

    @cached_property
    def words(self) -> list[str]:
        """At most `MOST_WORDS`, the longest ones, since they tell most."""
        return sorted(dict.fromkeys(self.folded.split()), key=len, reverse=True)[:MOST_WORDS]

    @cached_property
    def number(self) -> str:
        """The digits without what parts them, when a phone number was typed; else nothing."""
        typed = self.typed.strip()[:LONGEST]
        return _national(typed) if _NUMBER.fullmatch(typed) else ""

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing was typed that anything could begin with: signs alone, or an emoji."""
        return not self.words

    def finds_in(self, text: str) -> bool:
        """Whether this would find somebody with that `search_text`."""
        every = bool(self.words) and all(f" {word}" in text for word in self.words)
        return every or bool(self.number and f" {self.number}" in text)

    def run(self) -> list[Found]:
        """Those that match, the likeliest first, at most `MOST`. Raises NoPrincipal when nobody is at work."""
        if self.is_hopeless:
            return []
        found = {row.id: row for row in self._candidates()}
        return sorted(found.values(), key=self._rank)[:MOST]

    def _candidates(self) -> list[Found]:
        if principal().sees_all:
            first = self._by_beginning()
            alive = sum(found.archived_at is None and found.status != "former" for found in first)
            return first + (self._by_code() if alive == MOST else self._by_index(MOST))
        if statements.size_of_scope(NARROW) <= NARROW:
            return _found(statements.THROUGH_NARROW_SCOPE.execute(**self._patterns()))
        return self._through_scope() if self._is_frequent() else self._by_index(OFTEN)

    def _is_frequent(self) -> bool:
        return is_sqlite() and statements.frequency(self._match, OFTEN) >= OFTEN

    def _through_scope(self) -> list[Found]:
        return _found(
            statements.THROUGH_SCOPE.execute(**self._patterns(), start=f"{self.folded}%", most=READ)
        )

    def _by_index(self, most: int) -> list[Found]:
        if is_sqlite():
            return _found(statements.BY_INDEX_ON_SQLITE.execute(match=self._match, most=most))
        return _found(statements.BY_INDEX_ON_POSTGRESQL.execute(**self._patterns(), most=most))

    def _by_beginning(self) -> list[Found]:
        """Those whose name begins with what was typed: they come first, and must not be crowded out."""
        beyond = self.folded[:-1] + chr(ord(self.folded[-1]) + 1)
        return _found(statements.BY_BEGINNING.execute(start=self.folded, beyond=beyond, most=MOST))

    def _by_code(self) -> list[Found]:
        """Where names that begin so fill the list already, only a code can come before them."""
        typed = self.typed.replace("\0", "").strip()[:LONGEST]
        return _found(statements.BY_CODE.execute(typed=typed, capitals=typed.upper()))

    def _patterns(self) -> dict[str, str]:
        """LIKE patterns; `fold` left nothing in the words that LIKE would read as its own."""
        words = [*(f"% {word}%" for word in self.words), *["%"] * MOST_WORDS][:MOST_WORDS]
        patterns = {f"word{place}": pattern for place, pattern in enumerate(words)}
        # Without a number, something that the words let through anyway and that an index can look up.
        return patterns | {"number": f"% {self.number}%" if self.number else "".join(words)}

    @cached_property
    def _match(self) -> str:
        """The same for FTS5, each word quoted, so that none is read as an operator."""
        every = " AND ".join(f'"{word}"*' for word in self.words)
        return f'({every}) OR "{self.number}"*' if self.number else every

    def _rank(self, found: Found) -> tuple[Any, ...]:
        return (
            found.archived_at is not None,
            found.status == "former",
            self._nearness(found),
            found.sort_name,
            found.id,
        )

    def _nearness(self, found: Found) -> int:
        if found.code and fold(found.code) == self.folded:
            return 0
        if found.sort_name.startswith(self.folded):
            return 1
        name = f" {found.sort_name}"
        return 2 if all(f" {word}" in name for word in self.words) else 3


def _found(rows: Any) -> list[Found]:
    return [Found._make(row) for row in rows]
