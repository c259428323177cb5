"""A company from a file: shown first, then made in one step."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import time
import zipfile
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.accounts.roles import Role
from crmweb.audit import Entry
from crmweb.db import db, writing
from tests.customers.shops import ENGLISH, House, PhoneOf

HERE = "/admin/users/import"


@pytest.fixture
def tuans(phone_of: PhoneOf, tuan: Actor) -> FlaskClient:
    return phone_of(tuan)


def _preview(phone: FlaskClient, text: str | bytes, name: str = "people.csv") -> Any:
    body = text if isinstance(text, bytes) else text.encode()
    return phone.post(HERE, data={"file": (io.BytesIO(body), name)}, headers=ENGLISH)


def _rows(page: str) -> str:
    found = re.search(r'name="rows" value="([^"]*)"', page)
    assert found, page
    return html.unescape(found[1])


def _take(phone: FlaskClient, text: str | bytes, name: str = "people.csv") -> Any:
    """Look at the file, and say yes."""
    shown = _preview(phone, text, name)
    assert shown.status_code == 200, shown.text
    return phone.post(f"{HERE}/people", data={"rows": _rows(shown.text)}, headers=ENGLISH)


def _known(house: House) -> dict[str, User]:
    with house():
        return {user.name: user for user in db.session.scalars(select(User).order_by(User.id))}


def _reasons(page: str) -> list[str]:
    part = page.partition('id="rejected"')[2].partition("</ul>")[0]
    return [html.unescape(why) for why in re.findall(r"</svg><span>([^<]*)</span>", part)]


def test_the_preview_says_who_would_not_see_those_under_them(tuans: FlaskClient, lan: Actor) -> None:
    shown = _preview(
        tuans,
        "Họ tên,Vai trò,Giám sát\n"
        f"Một,NVBH,{lan.name}\nHai,NVBH,{lan.name}\nBa,NVBH,Hai\nBốn,NVBH,Năm\nNăm,Giám sát,Trần Quốc Tuấn\n",
    ).text
    said = [html.unescape(each) for each in re.findall(r"<span>([^<]* leads nobody[^<]*)</span>", shown)]
    assert said == [
        f"{lan.name} will not see what 2 people under them look after: the role “Rep” leads nobody.",
        "Hai will not see what 1 person under them looks after: the role “Rep” leads nobody.",
    ]


def test_a_hundred_and_twenty_people_are_shown_then_made(
    tuans: FlaskClient, house: House, tuan: Actor
) -> None:
    rows = [
        f"Người {number},n{number}@example.com,0912 345 {number:03},NVBH,Giám sát {number % 8}"
        for number in range(120)
    ]
    heads = [f"Giám sát {number},gs{number}@example.com,,Giám sát," for number in range(8)]
    text = "\n".join(["Họ tên,Email,Số điện thoại,Vai trò,Giám sát", *rows, *heads])
    shown = _preview(tuans, text)
    assert "128 people can be added" in shown.text
    assert len(_known(house)) == 6
    begun = time.monotonic()
    done = _take(tuans, text)
    assert time.monotonic() - begun < 20
    assert "128 people added" in done.text
    known = _known(house)
    assert known["Người 7"].manager_id == known["Giám sát 7"].id
    assert (known["Người 7"].role, known["Giám sát 7"].role) == ("rep", "manager")
    assert (known["Người 7"].phone, known["Người 7"].zone) == ("+84912345007", tuan.zone)
    with house():
        seen = set(
            db.session.scalars(
                select(Oversight.person_id).where(Oversight.viewer_id == known["Giám sát 7"].id)
            )
        )
        assert len(seen) == 16
        made = db.session.scalars(
            select(Entry).where(Entry.action == "user.added", Entry.by_id == tuan.id)
        ).all()
        assert len(made) == 128


def test_the_same_file_again_makes_nobody(tuans: FlaskClient, house: House) -> None:
    text = "name,email,phone,manager\nAn,an@example.com,,\nBình,,0912345678,\nChi,,,An\nDũng,,,"
    assert "4 people added" in _take(tuans, text).text
    again = _preview(tuans, text).text
    assert "0 people can be added" in again
    assert "4 are here already" in again
    assert len(_known(house)) == 10


def test_a_second_yes_makes_nobody_twice(tuans: FlaskClient, house: House) -> None:
    rows = _rows(_preview(tuans, "name\nAn\nBình").text)
    for made in ("2 people added", "0 people added"):
        assert made in tuans.post(f"{HERE}/people", data={"rows": rows}, headers=ENGLISH).text
    assert len(_known(house)) == 8


def test_a_known_email_changes_nothing(tuans: FlaskClient, house: House, lan: Actor) -> None:
    done = _take(tuans, "name,email,role\nSomebody,LAN@example.com,admin\nNew,,")
    assert "1 is here already" in done.text
    with house():
        assert db.session.get_one(User, lan.id).name == lan.name
        assert db.session.get_one(User, lan.id).role == "rep"


def test_a_column_that_nothing_is_made_of_is_named(tuans: FlaskClient) -> None:
    """Else everybody of a file whose column for the role is called otherwise would become a rep without a word."""
    shown = _preview(tuans, "name,Cấp bậc,<b>Phòng</b>\nNgọc,Giám sát,Hà Nội").text
    assert "2 columns are not read: Cấp bậc, &lt;b&gt;Phòng&lt;/b&gt;" in shown
    assert "not read" not in _preview(tuans, "name,role\nNgọc,rep").text


@pytest.mark.parametrize("zone", ["localtime", "Factory", "Etc/GMT+9", "US/Pacific"])
def test_a_zone_that_no_page_offers_is_none(tuans: FlaskClient, zone: str) -> None:
    """Its person would find another one chosen for them on their first day; the server's own moves with it."""
    shown = _preview(tuans, f"name,zone\nNgọc,{zone}").text
    assert f"There is no time zone “{zone}”." in "\n".join(_reasons(shown))
    sent = {"name": "Ngọc", "role": "rep", "zone": zone}
    assert tuans.post("/admin/users", data=sent).status_code == 422


def test_every_row_that_cannot_be_says_why(tuans: FlaskClient, house: House) -> None:
    with house(), writing():
        User.add("Trần Thị Mai", role="manager", at=clock.now())
    text = "\n".join(
        [
            "name,email,phone,role,manager,zone",
            ",a@example.com,,,,",
            "B,b@,,,,",
            "C,,123,,,",
            "D,,,emperor,,",
            "E,,,,Nobody,",
            "F,,,,Trần Thị Mai,",
            "G,,,,,Mars",
            "H,h@example.com,,,,",
            "H2,H@example.com,,,,",
            "I,,,,J,",
            "J,,,,I,",
            "K,,,,D,",
            "L,,,,K,",
            f"{'x' * 201},,,,,",
            "M,,,,tuan@example.com,Asia/Ho Chi Minh",
        ]
    )
    shown = _preview(tuans, text).text
    assert "2 people can be added" in shown
    reasons = "\n".join(_reasons(shown))
    for words in (
        "Type a name.", "Something is missing after the @", "6 digits short.", "no role “emperor”",
        "Nobody is called “Nobody”", "Several people are called “Trần Thị Mai”", "no time zone “Mars”",
        "Stands in line 9 already.", "They would work under themself.", "line 5, cannot stand",
        "line 13, cannot stand", "At most 200 fit.",
    ):  # fmt: skip
        assert words in reasons, words
    assert len(_reasons(shown)) == 13
    assert "2 people added" in _take(tuans, text).text


def test_what_cannot_be_comes_back_as_a_file_that_opens_safely(tuans: FlaskClient) -> None:
    rows = _rows(_preview(tuans, 'name,role\n=HYPERLINK("x"),emperor\nAn,').text)
    answer = tuans.post(f"{HERE}/rejected", data={"rows": rows}, headers=ENGLISH)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert lines[0][:3] == ["Line", "Reason", "name"]
    assert lines[1][2] == '\'=HYPERLINK("x")'
    assert len(lines) == 2


def test_a_made_role_is_known_by_its_title(tuans: FlaskClient, house: House) -> None:
    with house(), writing():
        name = Role.make("Kế toán", ["audit:read"], at=clock.now()).name
    _take(tuans, "name,role\nAn,ke toan")
    assert _known(house)["An"].role == name


def test_names_that_pose_are_cleaned(tuans: FlaskClient, house: House) -> None:
    _take(tuans, "name\nA\u202en  B")
    assert "An B" in _known(house)


def test_an_excel_file_is_read_too(tuans: FlaskClient, house: House) -> None:
    assert (
        "2 people added"
        in _take(tuans, _workbook([["Tên", "Email"], ["An", "an@x.vn"], ["Bình", ""]]), "p.xlsx").text
    )


def _workbook(rows: list[list[str]], *, padding: int = 0) -> bytes:
    """A workbook; with so many bytes more once it is unpacked."""
    book, file = Workbook(), io.BytesIO()
    for cells in rows:
        book.worksheets[0].append(cells)
    book.save(file)
    if padding:
        with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/padding.xml", " " * padding)
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "neither a table nor contact cards"),
        (b"x,y\n1,2", "No column is called Name."),
        (b"name\n", "There is nobody under the first row."),
        (b"name\n" + b"An\n" * 1001, "more than 1000 rows"),
        (b'name\n"An', "nobody ends"),
        (b"PK\x03\x04rubbish", "The workbook is damaged."),
        (_workbook([["name"]], padding=17 * 1024 * 1024), "unpacks to far more"),
    ],
)
def test_what_is_no_list_of_people_is_said(tuans: FlaskClient, house: House, body: bytes, words: str) -> None:
    answer = _preview(tuans, body)
    assert answer.status_code == 422
    assert words in answer.text
    assert len(_known(house)) == 6


def test_it_is_said_in_vietnamese_too(tuans: FlaskClient) -> None:
    sent = {"file": (io.BytesIO(b"name\n"), "a.csv")}
    assert "Dưới dòng đầu không có ai." in tuans.post(HERE, data=sent, headers={"Accept-Language": "vi"}).text


def test_no_file_is_said_at_the_field(tuans: FlaskClient) -> None:
    answer = tuans.post(HERE, data={}, headers=ENGLISH)
    assert answer.status_code == 422
    assert "Choose a file." in answer.text


def test_a_file_beyond_all_measure_is_refused(tuans: FlaskClient) -> None:
    assert _preview(tuans, b"name\n" + b"x" * 3_000_000).status_code == 413


@pytest.mark.parametrize("who", ["lan", "mai", "outsider"])
def test_only_who_manages_people_brings_a_file(
    people: dict[str, Actor], phone_of: PhoneOf, house: House, who: str
) -> None:
    phone = phone_of(people[who])
    rows = json.dumps([{"line": 2, "name": "Mole"}])
    assert phone.get(HERE).status_code == 403
    assert _preview(phone, "name\nMole").status_code == 403
    for path in ("people", "rejected"):
        assert phone.post(f"{HERE}/{path}", data={"rows": rows}).status_code == 403
    assert "Mole" not in _known(house)


def test_nobody_gives_by_a_file_what_they_do_not_hold(phone_of: PhoneOf, house: House, hung: Actor) -> None:
    with house(), writing():
        role = Role.make("Office", ["users:manage"], at=clock.now())
        db.session.get_one(User, hung.id).change_role(role.name, by=None, at=clock.now())
    phone = phone_of(hung)
    rows = json.dumps([{"line": 2, "name": "Mole", "role": "admin"}, {"line": 3, "name": "Rep"}])
    done = phone.post(f"{HERE}/people", data={"rows": rows}, headers=ENGLISH)
    assert "0 people added" in done.text
    assert _reasons(done.text) == ["You may not give this role."] * 2


@pytest.mark.parametrize(
    "rows",
    ["", "{}", "[]", "7", "null", "[1]", '[{"line": "2"}]', '[{"name": "An"}]', "[" * 5000,
     '[{"line": 1}, {"line": 1}]', json.dumps([{"line": number, "name": "x"} for number in range(1001)])],
)  # fmt: skip
def test_rows_that_no_page_handed_out_are_refused(tuans: FlaskClient, house: House, rows: str) -> None:
    for path in ("people", "rejected"):
        assert tuans.post(f"{HERE}/{path}", data={"rows": rows}).status_code == 422
    assert len(_known(house)) == 6


ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.one_of(st.text(max_size=12), st.sampled_from(["An", "Bình", "An"])),
            "email": st.one_of(st.text(max_size=8), st.sampled_from(["an@x.vn", "lan@example.com"])),
            "manager": st.one_of(
                st.text(max_size=8), st.sampled_from(["An", "Bình", "an@x.vn", "mai@example.com"])
            ),
            "role": st.sampled_from(["", "rep", "giám sát", "admin", "x"]),
            "phone": st.sampled_from(["", "0912345678", "1"]),
            "zone": st.text(max_size=5),
            "id": st.text(max_size=5),
            "password_hash": st.just("x"),
        },
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_each_row_is_made_or_here_or_says_why(
    tuans: FlaskClient, house: House, rows: list[dict[str, str]]
) -> None:
    told = json.dumps([{**row, "line": number} for number, row in enumerate(rows, 2)])
    with house():
        before = db.session.scalar(select(func.count(User.id))) or 0
    done = tuans.post(f"{HERE}/people", data={"rows": told}, headers=ENGLISH)
    assert done.status_code == 200
    with house():
        after = db.session.scalars(select(User)).all()
        assert all(user.password_hash is None for user in after)
    made = len(after) - before
    rejected, here = len(_reasons(done.text)), re.search(r"(\d+) (?:is|are) here already", done.text)
    assert made + rejected + (int(here[1]) if here else 0) == len(rows)
