"""Lines of an XLSX workbook, within limits that keep a small file from filling the memory."""

import datetime
import zipfile
from collections.abc import Iterator
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from crmweb.imports.tables import Line, Table, Unreadable, _l

MAX_ENTRIES = 2_000
MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 200  # a sheet of one repeated cell packs about 100 times

Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta


def xlsx_tables(path: Path, most: int = MAX_UNPACKED) -> list[Table]:
    """The visible sheets of a workbook of `most` bytes without its packing, in its order. Raises Unreadable."""
    _check_archive(path, most)
    try:
        workbook = CalamineWorkbook.from_path(path)
        sheets = [workbook.get_sheet_by_name(name) for name in _visible(workbook)]
    except (CalamineError, OSError, ValueError) as fault:
        raise Unreadable(
            _l("The workbook cannot be read: %(fault)s. Save it again as XLSX."), fault=fault
        ) from fault
    return [_sheet_table(sheet) for sheet in sheets]


def _sheet_table(sheet: CalamineSheet) -> Table:
    return Table("XLSX", lambda: _lines(sheet))


def _visible(workbook: CalamineWorkbook) -> list[str]:
    return [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ]


def _check_archive(path: Path, most: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError) as fault:
        raise Unreadable(_l("The workbook is damaged. Save it again as XLSX.")) from fault
    if not any(entry.filename == "xl/workbook.xml" for entry in entries):
        raise Unreadable(_l("The file is a ZIP archive, not an XLSX workbook."))
    unpacked, packed = (
        sum(entry.file_size for entry in entries),
        sum(entry.compress_size for entry in entries),
    )
    if len(entries) > MAX_ENTRIES or unpacked > most or unpacked > MAX_RATIO * max(packed, 1):
        raise Unreadable(_l("The workbook unpacks to far more than a list. Save the sheet as CSV."))


def _lines(sheet: CalamineSheet) -> Iterator[Line]:
    if sheet.start is None:
        return
    for number, cells in enumerate(sheet.to_python(), sheet.start[0] + 1):
        texts = [_text(cell) for cell in cells]
        if any(text.strip() for text in texts):
            yield Line(number, texts)


def _text(cell: Cell) -> str:
    """What a person sees in the cell: whole numbers without a point, dates in ISO 8601, no 1e+16."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e16 else repr(cell)
    return cell.isoformat() if isinstance(cell, (datetime.date, datetime.time)) else str(cell)
