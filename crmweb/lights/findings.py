"""What a look comes to: a mark, a sentence, what to do; apart from its values, so that any language can say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    BAD = "BAD"


def _l(text: str) -> str:
    """Marks a text for the catalogues; it is translated when somebody reads it."""
    return text


@dataclass(frozen=True)
class Said:
    """What one look says. `todo` is empty where nothing is to be done; both may hold `%(name)s` of `values`."""

    mark: Mark
    text: str
    todo: str
    values: Mapping[str, str | int]

    def __str__(self) -> str:
        """In English, as the command line speaks."""
        return ". ".join(filled(part, self.values) for part in (self.text, self.todo) if part)


def filled(text: str, values: Mapping[str, str | int]) -> str:
    """The text with its values; as it stands where a version of ours gave it other ones."""
    try:
        return text % values
    except (KeyError, TypeError, ValueError):
        return text


def ok(text: str, **values: str | int) -> Said:
    """All is well."""
    return Said(Mark.OK, text, "", values)


def note(text: str, todo: str = "", **values: str | int) -> Said:
    """Worth knowing; nothing is broken."""
    return Said(Mark.NOTE, text, todo, values)


def bad(text: str, todo: str, **values: str | int) -> Said:
    """Somebody has to do something."""
    return Said(Mark.BAD, text, todo, values)


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, and what that says."""

    what: str
    said: Said

    @property
    def mark(self) -> Mark:
        return self.said.mark

    @property
    def says(self) -> str:
        return str(self.said)

    def __str__(self) -> str:
        return f"{self.mark:<4}  {self.what:<11} {self.said}"
