"""CSV that leaves the house: opened by a spreadsheet, it runs nothing that somebody typed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from flask import Response

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection")."""

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel reads UTF-8 as something older."""


def cell(value: object) -> str:
    """A value as the text of a cell; a quote before what would be a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file, line by line."""
    written = io.StringIO()
    table = csv.writer(written)
    yield BYTE_ORDER_MARK
    for row in chain([header], rows):
        table.writerow([cell(value) for value in row])
        yield written.getvalue()
        written.seek(0)
        written.truncate()


def download(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The answer that a browser keeps as the file `name`."""
    answer = Response("".join(lines(header, rows)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
