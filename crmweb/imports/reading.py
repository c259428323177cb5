"""A file of customers, opened by what it contains: its name proves nothing."""

import re
from pathlib import Path

from crmweb.imports.csv_lines import csv_table
from crmweb.imports.tables import MAX_BYTES, Table, Unreadable, _l
from crmweb.imports.vcard_lines import vcard_table
from crmweb.imports.xlsx_lines import MAX_UNPACKED, xlsx_tables

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_CARD = re.compile(r"\A[\ufeff\s]*BEGIN\s*:\s*VCARD", re.IGNORECASE)


def read_tables(path: Path, *, unpacked: int = MAX_UNPACKED) -> list[Table]:
    """Every table in a file (a workbook may have several, `unpacked` bytes at most), each checked to its end.

    Raises Unreadable.
    """
    start = _start(path)
    if start.startswith(_OLE):
        raise Unreadable(_l("An old .xls or a workbook with a password. Save it as XLSX without a password."))
    if start.startswith(_ZIP):
        tables = [table for table in xlsx_tables(path, unpacked) if any(True for _ in table.lines())]
        if not tables:
            raise Unreadable(_l("The workbook is empty."))
    else:
        tables = [vcard_table(path) if _is_card(start) else csv_table(path)]
    return [table.checked() for table in tables]


def _start(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise Unreadable(_l("There is no file %(path)s."), path=path)
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(
                _l("The file is larger than %(megabytes)s MB. Split it."), megabytes=MAX_BYTES >> 20
            )
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as fault:
        raise Unreadable(_l("The file cannot be opened: %(strerror)s."), strerror=fault.strerror) from fault
    if not start:
        raise Unreadable(_l("The file is empty."))
    return start


def _is_card(start: bytes) -> bool:
    codec = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return bool(_CARD.match(start.decode(codec, "ignore")))
