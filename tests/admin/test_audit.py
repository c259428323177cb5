"""Tuấn reads who changed what, narrows it, and takes it along as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import audit, clock, csv_out
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.policy_kinds import POLICIES
from crmweb.accounts.right_words import right_words
from crmweb.accounts.roles import Role
from crmweb.accounts.rulings import Ruling
from crmweb.admin.audit_words import action_words
from crmweb.audit import Entry
from crmweb.db import db, writing
from crmweb.scope import system_access

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def _changes(house: House, lan: Actor, hung: Actor, tuan: Actor, mai: Actor) -> None:
    with house(), writing():
        db.session.get_one(User, lan.id).rename("Lan <b>Anh</b>", by=tuan, at=clock.now())
        db.session.get_one(User, hung.id).change_role("manager", by=mai, at=clock.now() - timedelta(days=9))


def seen(phone: FlaskClient, **asked: object) -> str:
    return phone.get("/admin/audit", query_string=asked, headers=ENGLISH).text


def test_he_reads_who_changed_what_before_and_after(phone_of: PhoneOf, tuan: Actor) -> None:
    shown = seen(phone_of(tuan))
    assert "Lan &lt;b&gt;Anh&lt;/b&gt;" in shown
    assert "<del>Nguyễn Thị Lan</del>" in shown
    assert "<del>Account manager</del> <ins>Manager</ins>" in shown


def test_a_manager_is_told_by_name(
    phone_of: PhoneOf, tuan: Actor, lan: Actor, mai: Actor, house: House
) -> None:
    with house(), writing():
        other = User.add("Phúc", role="manager", email="phuc@example.com", by=tuan, at=clock.now())
        db.session.get_one(User, lan.id).report_to(other, by=tuan, at=clock.now())
    shown = seen(phone_of(tuan), about=lan.id)
    assert f"<del>{mai.name}</del> <ins>Phúc</ins>" in shown


def test_what_is_no_moment_and_no_right_stands_as_it_was_written(
    phone_of: PhoneOf, tuan: Actor, house: House
) -> None:
    with house(), writing():
        odd = {"permissions": ["visits:review", "gone:right"], "until": "some day", "by": "card"}
        audit.record("role.added", by=tuan, at=clock.now(), about=audit.Reference("role"), after=odd)
    shown = seen(phone_of(tuan), kind="role")
    assert f"<ins>{right_words('visits:review')}; gone:right</ins>" in shown
    assert "<ins>some day</ins>" in shown
    assert "<ins>Card</ins>" in shown


def test_moments_days_rights_and_policies_are_said_as_on_other_pages(
    phone_of: PhoneOf, tuan: Actor, lan: Actor, house: House
) -> None:
    at, until = clock.now(), datetime(2024, 3, 4, 17, 5, 6, 789, tzinfo=UTC)
    with house(), writing():
        user = db.session.get_one(User, lan.id)
        audit.record("user.card_printed", by=tuan, at=at, about=user.reference, after={"until": until})
        days = {"first_day": date(2025, 12, 1), "last_day": date(2025, 12, 2)}
        audit.record("cover.made", by=tuan, at=at, about=user.reference, after=days)
        Role.make("Auditor", ["audit:read"], at=at, by=tuan)
        Ruling.set(POLICIES["radius_m"], 80, head_id=None, by=tuan, at=at)
        Ruling.set(POLICIES["reason_when_away"], True, head_id=None, by=tuan, at=at)
        told = {"act": "check_in", "at": until, "reason": "old"}
        audit.record("user.outbox_decided", by=tuan, at=at, about=user.reference, after=told)
    shown = seen(phone_of(tuan))
    for words in (
        "5 Mar 2024 00:05", "1 Dec 2025", "2 Dec 2025", "Read who changed what", "80 m", "Check-in",
        "It was done more than 30 days ago.",
    ):  # fmt: skip
        assert f"<ins>{words}" in shown
    assert not re.search(r"<ins>[^<]*(own:settings|audit:read|\d{4}-\d\d-\d\d|True|old<)", shown)


def test_why_the_house_did_something_is_said_in_vietnamese(
    app: Flask, phone_of: PhoneOf, tuan: Actor, lan: Actor
) -> None:
    for why in ("first start", "import people.csv"):
        with app.app_context(), system_access(why), writing():
            db.session.get_one(User, lan.id).rename(f"Lan {why}", by=None, at=clock.now())
    shown = phone_of(tuan).get("/admin/audit", headers={"Accept-Language": "vi"}).text
    assert "Hệ thống tự làm: lần khởi động đầu tiên" in shown
    assert "Hệ thống tự làm: import people.csv" in shown


def test_he_narrows_it_by_person_record_kind_and_day(
    phone_of: PhoneOf, tuan: Actor, mai: Actor, lan: Actor
) -> None:
    phone, week_ago = phone_of(tuan), (clock.now() - timedelta(days=7)).date()
    his, hers = "Name changed", "Role changed"
    for asked in ({"by": tuan.id}, {"about": lan.id}, {"since": week_ago}):
        assert his in seen(phone, **asked), asked
        assert hers not in seen(phone, **asked), asked
    for asked in ({"by": mai.id}, {"until": week_ago}):
        assert hers in seen(phone, **asked), asked
        assert his not in seen(phone, **asked), asked
    assert "No entry like that" in seen(phone, kind="policy")


@pytest.mark.parametrize(
    "asked",
    [
        "by=me",
        "since=yesterday",
        "until=9999-12-31",
        "after=x",
        "kind=horses",
        "after=²",
        "kind=user&kind=role",
    ],
)
def test_what_is_asked_wrongly_is_said_and_not_left_out(phone_of: PhoneOf, tuan: Actor, asked: str) -> None:
    phone = phone_of(tuan)
    for answer in (phone.get(f"/admin/audit?{asked}"), phone.post(f"/admin/audit/export?{asked}")):
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


def test_more_than_a_page_is_shown_by_and_by(phone_of: PhoneOf, tuan: Actor, house: House) -> None:
    with house(), writing():
        for number in range(60):
            about = audit.Reference("shop", name=f"shop {number}")
            audit.record("shop.painted", by=tuan, at=clock.now(), about=about)
    first = seen(phone_of(tuan), kind="")
    assert "shop 59" in first
    assert "shop 5<" not in first
    with house():
        fiftieth = db.session.scalars(select(Entry.seq).order_by(Entry.seq.desc()).offset(49).limit(1)).one()
    assert f"after={fiftieth}" in first
    assert "shop 5" in seen(phone_of(tuan), after=fiftieth)


def test_the_file_holds_what_was_asked_and_is_itself_written_down(
    phone_of: PhoneOf, tuan: Actor, lan: Actor, house: House
) -> None:
    with house(), writing():
        db.session.get_one(User, lan.id).rename("=HYPERLINK(1)", by=tuan, at=clock.now())
    answer = phone_of(tuan).post(f"/admin/audit/export?about={lan.id}")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix(csv_out.BYTE_ORDER_MARK))))
    assert [row["action"] for row in rows] == ["user.renamed", "user.renamed", "user.added"]
    assert rows[0]["record"] == "'=HYPERLINK(1)"
    assert "Audit exported" in seen(phone_of(tuan))


def test_what_was_erased_is_said_to_be(phone_of: PhoneOf, tuan: Actor, lan: Actor, house: House) -> None:
    with house(), writing():
        for entry in db.session.scalars(select(Entry).where(Entry.about_id == lan.id)):
            entry.values.empty()
    shown = seen(phone_of(tuan), about=lan.id)
    assert "What it said was erased" in shown
    assert "Nguyễn Thị Lan" not in shown


def test_whatever_is_written_down_is_said_in_words(app: Flask, project: Path) -> None:
    sources = [path.read_text() for path in (project / "crmweb").rglob("*.py")]
    written = {
        action for text in sources for action in re.findall(r"""record\(\s*"([a-z]+\.[a-z_]+)\"""", text)
    }
    assert len(written) > 15
    with app.test_request_context():
        assert [action for action in sorted(written) if action_words(action) == action] == []
