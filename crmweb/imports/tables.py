"""A table read from a file, and what makes a file unreadable."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAX_BYTES = 256 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 500
MAX_CELL = 32_767  # characters, as in a spreadsheet
HEADER_WITHIN = 10  # a title may stand above the header


class Unreadable(Exception):
    """The file cannot be imported at all; its text is the one line that says why and what to do."""


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
                raise Unreadable(f"The file has more than {MAX_ROWS:,} rows. Split it.")
        if count == 0:
            raise Unreadable("The file is empty.")
        return self


def _check_line(line: Line) -> None:
    if len(line.cells) > MAX_COLUMNS:
        raise Unreadable(f"Line {line.number} has {len(line.cells):,} cells; {MAX_COLUMNS} are the most.")
    for cell in line.cells:
        if len(cell) > MAX_CELL:
            raise Unreadable(
                f"Line {line.number} has a cell of {len(cell):,} characters; {MAX_CELL:,} are the most. "
                "Is a quotation mark left open?"
            )
