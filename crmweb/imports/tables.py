"""A table read from a file, and what makes a file unreadable."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from crmweb.languages import gettext

MAX_BYTES = 256 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 500
MAX_CELL = 32_767  # characters, as in a spreadsheet
HEADER_WITHIN = 10  # a title may stand above the header


def _l(text: str) -> str:
    """Mark a text for translation; it is said later, where somebody's language is known."""
    return text


class Unreadable(Exception):
    """The file cannot be imported at all; its text is the one line that says why and what to do."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text % values if values else text)
        self.text, self.values = text, values

    @property
    def words(self) -> str:
        """The same in the language of the person at work."""
        return gettext(self.text, **self.values)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: where it stands (1 is the first) and its cells."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """Lines that can be read again and again, so that a file is checked before anything is written."""

    form: str
    lines: Callable[[], Iterator[Line]]
    remark: str = ""

    def checked(self) -> "Table":
        """Itself, after one reading from end to end. Raises Unreadable."""
        count = 0
        for line in self.lines():
            count += 1
            _check_line(line)
            if count > MAX_ROWS + HEADER_WITHIN:
                raise Unreadable(
                    _l("The file has more than %(most)s rows. Split it."), most=format(MAX_ROWS, ",")
                )
        if count == 0:
            raise Unreadable(_l("The file is empty."))
        return self


def _check_line(line: Line) -> None:
    if len(line.cells) > MAX_COLUMNS:
        raise Unreadable(
            _l("Line %(line)s has %(many)s cells; %(most)s are the most."),
            line=line.number,
            many=format(len(line.cells), ","),
            most=MAX_COLUMNS,
        )
    for cell in line.cells:
        if len(cell) > MAX_CELL:
            raise Unreadable(
                _l(
                    "Line %(line)s has a cell of %(many)s characters; %(most)s are the most. "
                    "Is a quotation mark left open?"
                ),
                line=line.number,
                many=format(len(cell), ","),
                most=format(MAX_CELL, ","),
            )
