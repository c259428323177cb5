"""Lines of a CSV file: delimiter found, quotes and line breaks within them kept (RFC 4180)."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from crmweb.imports.encodings import Encoding, encoding_of
from crmweb.imports.tables import MAX_CELL, Line, Table, Unreadable, _l

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 50


def csv_table(path: Path) -> Table:
    """The table in a CSV file, read as a stream. Raises Unreadable."""
    encoding = encoding_of(path)
    delimiter, skip = _delimiter_of(path, encoding)
    csv.field_size_limit(4 * MAX_CELL)
    return Table("CSV", lambda: _lines(path, encoding, delimiter, skip), encoding.remark)


def _lines(path: Path, encoding: Encoding, delimiter: str, skip: int) -> Iterator[Line]:
    with path.open(encoding=encoding.codec, newline="") as file:
        reader = csv.reader(islice(file, skip, None), delimiter=delimiter)
        start = skip + 1
        _refuse_open_quote(path, encoding, delimiter, skip)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as fault:
                raise Unreadable(
                    _l("Line %(line)s cannot be read: %(fault)s. Is a quotation mark left open?"),
                    line=start,
                    fault=fault,
                ) from fault
            if any(not cell.isspace() for cell in cells if cell):
                yield Line(start, cells)
            start = skip + reader.line_num + 1


def _refuse_open_quote(path: Path, encoding: Encoding, delimiter: str, skip: int) -> None:
    """A quotation mark that nobody closes takes the rest of the file into one cell: refuse that before any row.

    The reader of csv tells it in strict mode alone, which is too strict for the rest.
    """
    start = skip + 1
    with path.open(encoding=encoding.codec, newline="") as file:
        reader = csv.reader(islice(file, skip, None), delimiter=delimiter, strict=True)
        while True:
            try:
                next(reader)
            except StopIteration:
                return
            except csv.Error as fault:
                if "unexpected end of data" in str(fault):
                    raise Unreadable(
                        _l("Line %(line)s begins a quotation that nobody ends: close it, or take it away."),
                        line=start,
                    ) from fault
            start = skip + reader.line_num + 1


def _delimiter_of(path: Path, encoding: Encoding) -> tuple[str, int]:
    """The delimiter, and how many lines to skip: Excel's "sep=;" names it in a line of its own."""
    with path.open(encoding=encoding.codec, newline="") as file:
        head = list(islice(file, _SAMPLE_LINES))
    if head and head[0].lower().startswith("sep=") and len(head[0].strip()) == 5:
        return head[0].strip()[-1], 1
    return max(_DELIMITERS, key=lambda delimiter: _regularity(head, delimiter)), 0


def _regularity(head: Iterable[str], delimiter: str) -> tuple[int, int]:
    """How many sampled records share the commonest width above one, and that width."""
    try:
        widths = Counter(len(cells) for cells in csv.reader(head, delimiter=delimiter) if len(cells) > 1)
    except csv.Error:
        return (0, 0)
    if not widths:
        return (0, 0)
    width, records = widths.most_common(1)[0]
    return (records, width)
