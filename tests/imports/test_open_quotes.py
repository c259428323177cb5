"""A quotation mark left open must not swallow the rest of a list."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmweb.imports.reading import read_tables
from crmweb.imports.tables import Unreadable


def table(folder: Path, text: str) -> list[list[str]]:
    file = folder / "customers.csv"
    file.write_text(text, encoding="utf-8")
    (read,) = read_tables(file)
    return [line.cells for line in read.lines()]


def test_a_quotation_that_nobody_ends_makes_the_file_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="Line 2 begins a quotation"):
        table(tmp_path, 'name,phone\n"unclosed,09\nfoo,1\n')


def test_quotes_within_words_and_over_lines_are_read_as_ever(tmp_path: Path) -> None:
    rows = table(tmp_path, 'name,note\n"Quán ""Cô Ba""","hai\ndòng"\nSize 5" pizza,"ok" then\n')
    assert rows[1:] == [['Quán "Cô Ba"', "hai\ndòng"], ['Size 5" pizza', "ok then"]]
