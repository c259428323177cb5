import json
import random
import string
import unicodedata
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from crmweb.imports import tables, xlsx_lines
from crmweb.imports.reading import read_tables
from crmweb.imports.tables import Unreadable

Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(body: bytes) -> Path:
        path = tmp_path / "customers.dat"
        path.write_bytes(body)
        return path

    return write


def rows(path: Path) -> list[list[str]]:
    return [line.cells for line in read_tables(path)[0].lines()]


def test_awkward_csv_files_are_read_as_their_makers_meant(shared: Path) -> None:
    files = sorted((shared / "csv-spectrum" / "csvs").glob("*.csv"))
    assert len(files) == 11
    for file in files:
        header, *lines = rows(file)
        got = [dict(zip(header, cells, strict=True)) for cells in lines]
        meant = (shared / "csv-spectrum" / "json" / f"{file.stem}.json").read_text(encoding="utf-8")
        if (
            b"\r\n" not in file.read_bytes()
        ):  # the published files of that name have lost their carriage returns
            meant = meant.replace("\\r\\n", "\\n")
        assert got == json.loads(meant), file.name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_vietnamese_names_survive_every_unicode_encoding(write: Write, encoding: str) -> None:
    text = "tên,địa chỉ\r\nNhà thuốc Hồng Phúc,118 Hải Phòng\r\nTạp hóa Bảy,5 Đống Đa\r\n"
    path = write(text.encode(encoding))
    assert rows(path)[1:] == [["Nhà thuốc Hồng Phúc", "118 Hải Phòng"], ["Tạp hóa Bảy", "5 Đống Đa"]]
    assert read_tables(path)[0].remark == ""


@pytest.mark.parametrize(
    ("text", "codec", "page"),
    [
        ("tên;địa chỉ\nTạp hoá Bảy;Đường Lê Lợi\nQuán Mười;Phường Hải Châu\n", "cp1258", "Windows-1258"),
        ("name;city\nCafé São João;Coimbra\nBrauerei Müller;Köln\nPeñón;Cádiz\n", "cp1252", "Windows-1252"),
    ],
)
def test_an_old_windows_encoding_is_read_and_said_aloud(
    write: Write, text: str, codec: str, page: str
) -> None:
    old = unicodedata.normalize("NFC", text)
    if codec == "cp1258":
        old = "".join(as_cp1258(char) for char in old)
    path = write(old.encode(codec))
    table = read_tables(path)[0]
    read = unicodedata.normalize("NFC", "\n".join(";".join(line.cells) for line in table.lines()) + "\n")
    assert read == text
    assert table.remark.startswith(f"Not UTF-8; read as {page}. Check the accents: ")


def as_cp1258(char: str) -> str:
    """The letter as that page writes it: the vowel with its hat, then the tone as a mark of its own."""
    try:
        char.encode("cp1258")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", char)
        tone = next(mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323")
        return unicodedata.normalize("NFC", parts.replace(tone, "")) + tone
    return char


def test_one_broken_character_in_a_utf8_file_is_refused_with_its_line_and_never_garbled(write: Write) -> None:
    good = "name\nNhà thuốc Hồng Phúc\nTạp hóa Bảy\n".encode()
    with pytest.raises(Unreadable, match=r"Line 4 has a character that is broken"):
        read_tables(write(good + b"Qu\xe1n\n"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(write: Write, delimiter: str) -> None:
    lines = [["name", "lat", "note"], ["Bảy", "16,05", "a, b"], ["Mười", "16,06", "c; d | e"]]
    body = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    assert rows(write(body.encode())) == lines


def test_decimal_commas_do_not_pass_for_the_delimiter(write: Write) -> None:
    body = "tên;vĩ độ;kinh độ\nBảy;16,05;108,2\nMười;16,06;108,3\n"
    assert rows(write(body.encode()))[1] == ["Bảy", "16,05", "108,2"]


def test_excel_may_name_the_delimiter_in_a_line_of_its_own(write: Write) -> None:
    assert rows(write(b"sep=;\r\nname;city\r\nA, B;C\r\n")) == [["name", "city"], ["A, B", "C"]]


def test_line_breaks_within_quotes_stay_and_lines_are_numbered_as_an_editor_does(write: Write) -> None:
    table = read_tables(write(b'name,note\r\nA,"one\r\ntwo"\r\n\r\nB,x\r\n'))[0]
    assert [(line.number, line.cells) for line in table.lines()] == [
        (1, ["name", "note"]),
        (2, ["A", "one\r\ntwo"]),
        (5, ["B", "x"]),
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "The file is empty."),
        (b"\n\n  \n", "The file is empty."),
        (b"\x7fELF\x02\x01\x01\x00" + bytes(64), "neither a table nor contact cards"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "neither a table nor contact cards"),
        (b"PK\x03\x04 this is no archive", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls"),
        (b'name,note\nA,"' + b"x" * 200_000, "quotation mark"),
        (b"\xff\xfen\x00a", "not."),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_clear_line(write: Write, body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_tables(write(body))
    assert reason in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(Unreadable, match="There is no file"):
            read_tables(path)


def test_a_file_larger_than_the_limit_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmweb.imports.reading.MAX_BYTES", 10)
    with pytest.raises(Unreadable, match="larger than"):
        read_tables(write(b"name\nA shop with a long name\n"))


def test_more_rows_than_the_limit_are_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 5)
    with pytest.raises(Unreadable, match="more than 5 rows"):
        read_tables(write(b"name\n" + b"A\n" * 20))


@settings(max_examples=200)
@given(body=st.binary(max_size=400))
def test_whatever_bytes_come_a_file_is_a_table_or_unreadable(
    body: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.dat"
    path.write_bytes(body)
    with suppress(Unreadable):
        assert read_tables(path)


def workbook(path: Path, *sheets: tuple[str, list[list[object]]], hidden: str = "") -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, lines in sheets:
        sheet = book.create_sheet(title)
        sheet.sheet_state = "hidden" if title == hidden else "visible"
        for cells in lines:
            sheet.append(cells)
    book.save(path)
    return path


def test_numbers_in_a_workbook_are_read_as_people_see_them(tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "book",
        (
            "Khách",
            [
                ["name", "phone", "lat", "code", "active"],
                ["Bảy", 84905444505, 16.0544, 7.0, True],
                ["0123", "0905"],
            ],
        ),
    )
    assert rows(file) == [
        ["name", "phone", "lat", "code", "active"],
        ["Bảy", "84905444505", "16.0544", "7", "true"],
        ["0123", "0905", "", "", ""],
    ]


def test_a_hidden_sheet_is_left_alone_and_every_visible_one_is_seen(tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "book.csv",
        ("Nháp", [["x"]]),
        ("Một", [["name"], ["A"]]),
        ("Hai", [["name"], ["B"]]),
        hidden="Nháp",
    )
    assert [[line.cells for line in table.lines()] for table in read_tables(file)] == [
        [["name"], ["A"]],
        [["name"], ["B"]],
    ]


def test_a_workbook_that_unpacks_to_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    with pytest.raises(Unreadable, match="unpacks to far more"):
        read_tables(file)


def test_a_workbook_of_thousands_of_parts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_lines, "MAX_ENTRIES", 3)
    file = workbook(tmp_path / "book.xlsx", ("Một", [["name"]]))
    with pytest.raises(Unreadable, match="unpacks to far more"):
        read_tables(file)


def test_a_large_honest_workbook_passes_the_ratio(tmp_path: Path) -> None:
    dice = random.Random(1)
    lines: list[list[object]] = [["name", "address"]]
    lines += [
        ["".join(dice.choices(string.ascii_letters, k=12)), "118 Hải Phòng, Đà Nẵng"] for _ in range(3000)
    ]
    assert len(rows(workbook(tmp_path / "book.xlsx", ("Một", lines)))) == 3001


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "photos.xlsx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("photo.jpg", b"not a sheet")
    with pytest.raises(Unreadable, match="not an XLSX workbook"):
        read_tables(file)


def test_a_workbook_cannot_read_the_servers_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the key")
    file = workbook(tmp_path / "book.xlsx", ("Một", [["name"], ["SHOP"]]))
    evil = tmp_path / "evil.xlsx"
    with zipfile.ZipFile(file) as honest, zipfile.ZipFile(evil, "w") as archive:
        for part in honest.namelist():
            body = honest.read(part)
            if part.endswith("sharedStrings.xml"):
                entity = f'<!DOCTYPE s [<!ENTITY x SYSTEM "file://{secret}">]>'.encode()
                body = body.replace(b"<sst", entity + b"<sst", 1).replace(b"SHOP", b"&x;")
            archive.writestr(part, body)
    try:
        read = str(rows(evil))
    except Unreadable:
        read = ""
    assert "the key" not in read
