import csv
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from crmweb import clock
from crmweb.config import Settings
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import Model, db, writing
from crmweb.imports.cli import import_group
from crmweb.imports.customer_import import BATCH
from crmweb.scope import system_access
from crmweb.timeline import Event


@dataclass
class Desk:
    """What an admin has before them: the command line, a folder with files, and the customers there are."""

    app: Flask
    folder: Path

    def file(self, *lines: str) -> Path:
        path = self.folder / "customers.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def run(self, file: Path, *options: str) -> Result:
        return CliRunner().invoke(import_group, ["customers", str(file), *options], obj=lambda: self.app)

    def imported(self, file: Path, *options: str) -> Counter[str]:
        """Import, and the counts that are printed; fails when the command does."""
        result = self.run(file, *options)
        assert result.exit_code == 0, (result.output, result.exception)
        return counts(result.output)

    def customers(self) -> dict[str, Customer]:
        """Everyone, by name."""
        db.session.rollback()
        return {row.name: row for row in db.session.scalars(select(Customer))}

    def count(self, model: type[Model]) -> int:
        db.session.rollback()
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def counts(output: str) -> Counter[str]:
    words = (line.split() for line in output.splitlines())
    return Counter({word[0]: int(word[1]) for word in words if len(word) == 2 and word[1].isdecimal()})


def rejected(output: str) -> list[dict[str, str]]:
    """The rows of the file of rejected rows that the output names."""
    with rejected_file(output).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def rejected_file(output: str) -> Path:
    return Path(output.splitlines()[-1].removeprefix("The rejected rows, with reasons: "))


@pytest.fixture
def desk(app: Flask, tmp_path: Path) -> Iterator[Desk]:
    with app.app_context(), system_access("test"):
        yield Desk(app, tmp_path)


HEADER = "id,name,phone,email,lat,lng,tier,status"
BAY = "7,Tạp hóa Bảy,0905 444 505,bay@example.com,16.0544,108.2022,A,"


def test_a_row_becomes_a_customer_with_everything_it_says(desk: Desk) -> None:
    file = desk.file(
        "mã kh,tên,địa chỉ,tỉnh,sđt,email,website,tọa độ,hạng,trạng thái,nguồn,nhãn,mst,loại,người liên hệ,ghi chú",
        "KH7,Tạp hóa Bảy,5 Lê Lợi,Đà Nẵng,0905 444 505; 0236 3812 345,bay@example.com,bay.example,"
        '"16.0544, 108.2022",b,tiềm năng,hội chợ,"VIP, chợ",0401234567,cửa hàng,Chị Bảy,mở từ 6h',
    )
    assert desk.imported(file) == Counter(read=1, created=1, updated=0, unchanged=0, rejected=0, flagged=0)
    bay = desk.customers()["Tạp hóa Bảy"]
    assert (bay.code, bay.address, bay.website, bay.tier, bay.status) == (
        "KH7", "5 Lê Lợi, Đà Nẵng", "bay.example", "B", "lead",
    )  # fmt: skip
    assert (bay.source, bay.tax_number, bay.kind, bay.preferences) == (
        "hội chợ",
        "0401234567",
        "shop",
        "mở từ 6h",
    )
    assert [phone.e164 for phone in bay.phones] == ["+84905444505", "+842363812345"]
    assert (bay.phone, bay.email, bay.tags) == ("+84905444505", "bay@example.com", ["VIP", "chợ"])
    assert (bay.lat, bay.lng, bay.pin_source, bay.pin_flaw) == (16.0544, 108.2022, "import", None)
    assert bay.cell is not None
    assert [row.contact.name for row in bay.contacts] == ["Chị Bảy"]
    assert "chi bay" in bay.folded


def test_whoever_is_imported_is_a_customer_unless_the_file_says_otherwise(desk: Desk) -> None:
    desk.imported(desk.file("name,status", "Bảy,", "Mười,lead", "Chín,đã nghỉ"))
    assert {name: row.status for name, row in desk.customers().items()} == {
        "Bảy": "customer",
        "Mười": "lead",
        "Chín": "former",
    }


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    file = desk.file(HEADER + ",tags", BAY + ",z;a", "8,Mười,0905 412 77,mười,0,0,,")
    desk.imported(file)
    before = {name: row.updated_at for name, row in desk.customers().items()}, desk.count(Event)
    assert desk.imported(file)["unchanged"] == 2
    assert ({name: row.updated_at for name, row in desk.customers().items()}, desk.count(Event)) == before


def test_notes_typed_in_loose_accents_are_the_same_notes_again(desk: Desk) -> None:
    file = desk.file("id,name,ghi chú", "7,Bảy,mo\u031b\u0309 tu\u031b\u0300 6h")
    assert [desk.imported(file)["created"], desk.imported(file)["unchanged"]] == [1, 1]
    assert desk.customers()["Bảy"].preferences == "mở từ 6h"


def test_a_known_id_updates_what_the_file_has_and_blanks_erase_nothing(desk: Desk) -> None:
    desk.imported(desk.file(HEADER, BAY))
    again = desk.file("id,name,phone,email,website", "7,Tạp hoá Bảy Mới,0905444506,,bay.example")
    assert desk.imported(again)["updated"] == 1
    bay = desk.customers()["Tạp hoá Bảy Mới"]
    assert (bay.phone, bay.email, bay.website, bay.tier) == (
        "+84905444506", "bay@example.com", "bay.example", "A",
    )  # fmt: skip
    assert (bay.lat, bay.lng) == (16.0544, 108.2022)


def test_a_known_code_updates_too_and_an_id_is_added_to_it(desk: Desk) -> None:
    desk.imported(desk.file("code,name", "KH7,Bảy"))
    assert desk.imported(desk.file("id,code,name", "77,KH7,Bảy"))["updated"] == 1
    assert desk.imported(desk.file("id,name", "77,Bảy Hai"))["updated"] == 1
    assert list(desk.customers()) == ["Bảy Hai"]


def test_one_id_twice_in_a_file_is_one_customer_and_the_later_row_wins(desk: Desk) -> None:
    file = desk.file("id,name,phone", "7,Bảy,0905444505", "7,Bảy Mới,")
    assert desk.imported(file) == Counter(read=2, created=1, updated=1, unchanged=0, rejected=0, flagged=0)
    assert [(row.name, row.phone) for row in desk.customers().values()] == [("Bảy Mới", "+84905444505")]


def test_a_file_without_ids_doubles_nobody_when_it_comes_again(desk: Desk) -> None:
    file = desk.file(
        "tên,địa chỉ,sđt",
        "Tạp hóa Bảy,5 Lê Lợi,0905444505",
        "Tạp hóa Bảy,7 Lê Lợi,0905444506",
        "Tạp hóa Bảy,5 Lê Lợi,0905444505",
        "Quán,,",
        "Quán,,",
    )
    assert desk.imported(file) == Counter(read=5, created=4, updated=0, unchanged=1, rejected=0, flagged=0)
    again = desk.imported(desk.file("tên,địa chỉ,sđt,hạng", "Tạp hóa Bảy,5 Lê Lợi,0905 444 505,A"))
    assert (again["created"], again["updated"]) == (0, 1)


def test_ids_of_two_systems_do_not_meet(desk: Desk) -> None:
    desk.imported(desk.file("id,name", "7,Bảy"), "--source", "dms")
    assert desk.imported(desk.file("id,name", "7,Mười"), "--source", "misa")["created"] == 1


def test_rows_that_cannot_stand_are_kept_with_their_reasons_and_the_others_go_in(desk: Desk) -> None:
    desk.imported(desk.file("id,code,name", "1,A,Một", "2,B,Hai"))
    file = desk.file(
        "id,code,name,employee",
        "3,C,,lan@example.com",
        "4,D,Bốn,nobody@example.com",
        "1,B,Một,",
        "9,A,Chín,",
        "5,E,=HYPERLINK(1),",
        "6,F,Sáu,lan@example.com",
        '7,G,,"=1+1"',
    )
    said = desk.run(file).output
    assert counts(said) == Counter(read=7, created=2, updated=0, unchanged=0, rejected=5, flagged=0)
    kept = rejected(said)
    assert S_IMODE(rejected_file(said).stat().st_mode) == 0o600
    assert [(row["line"], row["reason"]) for row in kept] == [
        ("2", "no name"),
        ("8", "no name"),
        ("3", "unknown responsible person"),
        ("4", "the code belongs to another customer than the id"),
        ("5", "the customer with this code has another id"),
    ]
    assert kept[1]["employee"] == "'=1+1"
    assert set(desk.customers()) == {"Một", "Hai", "=HYPERLINK(1)", "Sáu"}


def test_bad_phones_emails_and_pins_are_kept_as_typed_and_flagged(desk: Desk) -> None:
    file = desk.file(
        HEADER,
        "1,Không,0905 412 77,lan.example,0,0,,",
        "2,Tráo,,,108.2022,16.0544,,",
        "3,Xa,,,100,200,,",
        "4,Chữ,,,north,south,,",
    )
    assert desk.imported(file)["flagged"] == 4
    rows = desk.customers()
    (phone,), (email,) = rows["Không"].phones, rows["Không"].emails
    assert (phone.typed, phone.e164, phone.flaw) == ("0905 412 77", None, "too_short")
    assert (email.typed, email.address, email.flaw) == ("lan.example", None, "no_at")
    pins = {name: (row.lat, row.lng, row.cell, row.pin_flaw) for name, row in rows.items()}
    assert pins == {
        "Không": (0, 0, None, "zero"),
        "Tráo": (108.2022, 16.0544, None, "swapped"),
        "Xa": (None, None, None, "out_of_range"),
        "Chữ": (None, None, None, "not_a_number"),
    }


def test_a_bad_pin_never_replaces_a_good_one_nor_a_files_pin_one_set_in_the_field(desk: Desk) -> None:
    desk.imported(desk.file(HEADER, BAY))
    desk.imported(desk.file("id,name,lat,lng", "7,Tạp hóa Bảy,0,0"))
    assert desk.customers()["Tạp hóa Bảy"].lat == 16.0544
    desk.imported(desk.file("id,name,lat,lng", "7,Tạp hóa Bảy,16.06,108.21"))
    assert desk.customers()["Tạp hóa Bảy"].lat == 16.06
    with writing():
        desk.customers()["Tạp hóa Bảy"].move_pin(16.07, 108.22, source="gps", by=None, at=clock.now())
    counted = desk.imported(desk.file("id,name,lat,lng", "7,Tạp hóa Bảy,16.06,108.21"))
    assert (counted["unchanged"], counted["flagged"]) == (1, 1)
    assert desk.customers()["Tạp hóa Bảy"].lat == 16.07


def test_a_number_that_someone_added_by_hand_outlives_the_next_import(desk: Desk) -> None:
    desk.imported(desk.file(HEADER, BAY))
    with writing():
        desk.customers()["Tạp hóa Bảy"].set_phones(["0905 444 505", "0236 3812 345"])
    assert desk.imported(desk.file(HEADER, BAY))["unchanged"] == 1
    desk.imported(desk.file("id,name,phone", "7,Tạp hóa Bảy,0905444506"))
    assert [phone.e164 for phone in desk.customers()["Tạp hóa Bảy"].phones] == [
        "+84905444506",
        "+842363812345",
    ]


def test_the_owner_looks_after_whoever_is_created_and_is_not_doubled(desk: Desk) -> None:
    desk.imported(desk.file("id,name", "1,Một"))
    file = desk.file("id,name,phụ trách", "1,Một,", "2,Hai,", "3,Ba,hung@example.com")
    for _ in range(2):
        desk.imported(file, "--owner", "LAN@example.com")
    looks_after = {
        name: [one.person.name for one in row.assignments] for name, row in desk.customers().items()
    }
    assert looks_after == {"Một": [], "Hai": ["Nguyễn Thị Lan"], "Ba": ["Lê Văn Hùng"]}
    assert all(one.started_at and not one.ended_at for one in db.session.scalars(select(Assignment)))


def test_a_person_named_in_the_file_begins_to_look_after_a_known_customer(desk: Desk) -> None:
    desk.imported(desk.file("id,name", "1,Một"))
    file = desk.file("id,name,employee", "1,Một,lan@example.com")
    assert [desk.imported(file)["updated"], desk.imported(file)["updated"]] == [1, 0]
    assert [one.person.name for one in desk.customers()["Một"].assignments] == ["Nguyễn Thị Lan"]


def test_an_unknown_owner_imports_nothing(desk: Desk) -> None:
    result = desk.run(desk.file("name", "Bảy"), "--owner", "nobody@example.com")
    assert (result.exit_code, result.output) == (1, "Nobody active here has the email nobody@example.com.\n")
    assert desk.customers() == {}


def test_branches_find_their_head_office_even_further_down_and_again(desk: Desk) -> None:
    file = desk.file("code,name,parent", "B1,Chi nhánh,HQ", "HQ,Trụ sở,", "X,Lạc,ZZ", "L,Vòng,L")
    assert desk.imported(file)["flagged"] == 2
    rows = desk.customers()
    assert (rows["Chi nhánh"].parent, rows["Lạc"].parent, rows["Vòng"].parent) == (rows["Trụ sở"], None, None)
    assert desk.imported(file)["unchanged"] == 4


def test_two_offices_cannot_be_above_each_other(desk: Desk) -> None:
    desk.imported(desk.file("code,name,parent", "A,Một,B", "B,Hai,A"))
    parents = {name: row.parent.name if row.parent else None for name, row in desk.customers().items()}
    assert sorted(parents.items(), key=str) in (
        [("Hai", None), ("Một", "Hai")],
        [("Hai", "Một"), ("Một", None)],
    )


def test_a_trial_counts_like_the_real_thing_and_writes_nothing(desk: Desk) -> None:
    desk.imported(desk.file("id,name", "1,Một"))
    file = desk.file("id,name", "1,Một Mới", "2,Hai", "2,Hai Mới", "3,")
    said = desk.run(file, "--dry-run").output
    assert "a trial, nothing was written" in said
    assert "The rejected rows" not in said
    trial = counts(said)
    assert (set(desk.customers()), desk.count(Event)) == ({"Một"}, 1)
    assert desk.imported(file) == trial


@pytest.mark.parametrize("body", [b"", b"\x7fELF" + bytes(99), b"first,last\nLan,Le\n", b'name\n"open'])
def test_an_unreadable_file_changes_nothing_and_says_why_in_one_line(desk: Desk, body: bytes) -> None:
    path = desk.folder / "file.csv"
    path.write_bytes(body if body != b'name\n"open' else body + b"x" * 200_000)
    result = desk.run(path)
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1
    assert desk.customers() == {}


def test_an_encoding_that_had_to_be_guessed_is_said(desk: Desk) -> None:
    path = desk.folder / "old.csv"
    path.write_bytes("name\nCafé Müller\n".encode("cp1252"))
    assert "Not UTF-8; read as Windows-1252. Check the accents: Café, Müller" in desk.run(path).output


def test_columns_that_are_not_used_are_named(desk: Desk) -> None:
    assert "Columns not used: STT, màu\n" in desk.run(desk.file("STT,tên,màu", "1,Bảy,đỏ")).output


def test_a_row_that_the_database_refuses_does_not_take_its_batch_with_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.imported(desk.file("code,name", "KH7,Bảy"))
    # As if another import wrote the same code at the same moment.
    monkeypatch.setattr("crmweb.imports.known._customers", lambda ids, codes: [])
    said = desk.run(desk.file("code,name", "KH6,Sáu", "KH7,Bảy", "KH8,Tám")).output
    assert (counts(said)["created"], counts(said)["rejected"]) == (2, 1)
    assert [row["reason"] for row in rejected(said)] == ["the database refused it"]


@pytest.mark.slow
def test_an_import_that_is_killed_leaves_whole_rows_and_can_be_run_again(
    desk: Desk, settings: Settings
) -> None:
    rows = 2000
    lines = [f"{number},Khách {number},0905{number:06},16.0{number},108.2" for number in range(1, rows + 1)]
    file = desk.file("id,name,phone,lat,lng", *lines)
    program = "from crmweb.cli import main; main()"
    running = subprocess.Popen(
        [sys.executable, "-c", program, "import", "customers", str(file), "--owner", "lan@example.com"],
        env={**os.environ, **environ(settings)},
    )
    wait_until(lambda: desk.count(Customer) > 0)
    running.kill()
    running.wait()
    written = desk.count(Customer)
    assert written in range(BATCH, rows, BATCH)
    for row in desk.customers().values():
        assert (len(row.phones), len(row.assignments), row.cell is not None) == (1, 1, True)
    assert desk.imported(file, "--owner", "lan@example.com")["created"] == rows - written
    assert desk.count(Customer) == rows


def environ(settings: Settings) -> dict[str, str]:
    return {
        "CRMWEB_ENV": "test",
        "CRMWEB_HOME": str(settings.home),
        "DATABASE_URL": settings.database,
        "SECRET_KEY": settings.secret_key,
    }


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
