"""A file of customers, opened by what it contains: its name proves nothing."""

import re
from pathlib import Path

from crmweb.imports.csv_lines import csv_table
from crmweb.imports.tables import MAX_BYTES, Table, Unreadable
from crmweb.imports.vcard_lines import vcard_table
from crmweb.imports.xlsx_lines import xlsx_tables

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_CARD = re.compile(r"\A[\ufeff\s]*BEGIN\s*:\s*VCARD", re.IGNORECASE)


def read_tables(path: Path) -> list[Table]:
    """Every table in a file (a workbook may have several), each checked to its end. Raises Unreadable."""
    start = _start(path)
    if start.startswith(_OLE):
        raise Unreadable("An old .xls or a workbook with a password. Save it as XLSX without a password.")
    if start.startswith(_ZIP):
        tables = [table for table in xlsx_tables(path) if any(True for _ in table.lines())]
        if not tables:
            raise Unreadable("The workbook is empty.")
    else:
        tables = [vcard_table(path) if _is_card(start) else csv_table(path)]
    return [table.checked() for table in tables]


def _start(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise Unreadable(f"There is no file {path}.")
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(f"The file is larger than {MAX_BYTES >> 20} MB. Split it.")
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as fault:
        raise Unreadable(f"The file cannot be opened: {fault.strerror}.") from fault
    if not start:
        raise Unreadable("The file is empty.")
    return start


def _is_card(start: bytes) -> bool:
    codec = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return bool(_CARD.match(start.decode(codec, "ignore")))
