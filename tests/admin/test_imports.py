"""What could not be taken over from files lies ready for whoever put it there."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from crmweb.accounts.actor import Actor
from crmweb.config import Settings
from crmweb.imports.report import RejectedRows

PhoneOf = Callable[[Actor], FlaskClient]
HERE = "/admin/imports"
FILE = "khách tháng 3-rejected-20260301-080000-000001.csv"


@pytest.fixture
def folder(settings: Settings) -> Iterator[Path]:
    folder = settings.home / "imports"
    yield folder
    for file in folder.glob("*"):
        file.unlink()


@pytest.fixture
def left_behind(folder: Path) -> str:
    rejected = RejectedRows(folder / FILE, ["Tên", "Điện thoại"])
    rejected.add(7, "no_name", ["", "0912 345\n678"])
    rejected.add(9, "no_name", ["=1+1", ""])
    rejected.close()
    return FILE


def test_where_nothing_was_left_behind_it_says_so_and_how_to_begin(
    phone_of: PhoneOf, tuan: Actor, folder: Path
) -> None:
    shown = phone_of(tuan).get(HERE).text
    assert "No row was left behind" in shown
    assert "crmweb import customers" in shown
    assert "/admin/users/import" in shown


def test_rejected_rows_are_listed_and_given_as_a_file(
    phone_of: PhoneOf, tuan: Actor, left_behind: str
) -> None:
    phone = phone_of(tuan)
    shown = phone.get(HERE).text
    assert left_behind in shown
    assert "2 rows" in shown
    answer = phone.get(f"{HERE}/{left_behind}")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    [_names, first, second] = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert first == ["7", "no_name", "", "0912 345\n678"]
    assert second[2] == "'=1+1"


@pytest.mark.parametrize(
    "name", ["..%2Fsecret-key", "secret-key", "../crmweb.sqlite3", "x.csv", "%2e%2e/a.csv"]
)
def test_nothing_else_is_given(phone_of: PhoneOf, tuan: Actor, left_behind: str, name: str) -> None:
    assert phone_of(tuan).get(f"{HERE}/{name}").status_code == 404


def test_a_manager_who_does_not_see_everybody_sees_no_rows_either(
    phone_of: PhoneOf, mai: Actor, left_behind: str
) -> None:
    assert phone_of(mai).get(HERE).status_code == 403
    assert phone_of(mai).get(f"{HERE}/{left_behind}").status_code == 403
