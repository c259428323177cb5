"""`crmweb doctor` finds what is wrong and says what to do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text, update

from crmweb import clock, doctor, jobs
from crmweb.accounts.actor import Actor
from crmweb.audit.seals import seal_what_is_settled
from crmweb.db import db, writing
from crmweb.doctor import cli, ground
from crmweb.lights.findings import Finding, Mark
from crmweb.notifications import Delivery, Notice
from crmweb.schedule import RECURRING, Clock
from tests.machine.redis import RedisServer

House = Callable[[], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def fresh_bell(app: Flask) -> None:
    jobs.init_app(app)


def _finding(what: str) -> Finding:
    (found,) = [finding for finding in doctor.examine() if finding.what == what]
    return found


def test_a_healthy_house_has_nothing_bad(app: Flask, house: House, redis_server: RedisServer) -> None:
    with house():
        seal_what_is_settled()
        bad = {finding.what for finding in doctor.examine() if finding.mark is Mark.BAD}
    assert bad <= {"workers", "assets"}, "no worker runs in this test, and the assets may not be built"


def test_a_redis_that_is_named_and_away_is_bad(house: House, redis_server: RedisServer) -> None:
    redis_server.stop()
    with house():
        assert _finding("redis").mark is Mark.BAD
        assert _finding("workers").mark is Mark.NOTE


def test_queues_that_nobody_works_on_are_named(house: House) -> None:
    with house():
        found = _finding("workers")
    assert found.mark is Mark.BAD
    assert "crmweb worker bell" in found.says


def test_a_database_of_another_version_is_told_with_what_to_do(house: House) -> None:
    with house():
        with writing():
            db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        assert "crmweb run" in _finding("database").says
        with writing():
            db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        assert "newer" in _finding("database").says


def test_messages_that_never_left_are_counted(house: House) -> None:
    with house():
        with writing():
            Delivery.file(dedupe="d", kind="test", recipient="mai", payload={}, at=clock.now())
            yesterday = clock.now() - timedelta(days=1)
            db.session.execute(update(Delivery).values(state="failed", ended_at=yesterday))
        found = _finding("deliveries")
    assert found.mark is Mark.BAD
    assert "1 could not be sent" in found.says


@pytest.mark.parametrize(("told", "mark"), [("told", Mark.OK), ("unreached", Mark.BAD)])
def test_what_one_channel_refused_is_no_trouble_where_the_next_told_lan(
    house: House, lan: Actor, told: str, mark: Mark
) -> None:
    with house():
        with writing():
            notice = Notice.file(lan.id, "test", dedupe="n", payload={}, at=clock.now())
            db.session.execute(update(Notice).values(state=told))
            db.session.execute(update(Delivery).values(state="sent", ended_at=clock.now()))
            push = {"dedupe": "p", "kind": "push", "lane": "push", "recipient": "x", "payload": {}}
            Delivery.file_many([{**push, "notice_id": notice, "stale_at": None}], at=clock.now())
            failed = update(Delivery).where(Delivery.kind == "push")
            db.session.execute(failed.values(state="failed", ended_at=clock.now()))
        assert _finding("deliveries").mark is mark


def test_a_clock_that_was_set_back_is_noticed(app: Flask, house: House) -> None:
    (task,) = [task for task in RECURRING if task.name == "start and end assignments"]
    with clock.frozen(clock.now() + timedelta(days=1)):
        Clock(app, (task,)).do(task, task.occurrence(clock.now()))
    with house():
        assert "set back" in _finding("clock").says


def test_recurring_work_that_stopped_is_noticed(app: Flask, house: House) -> None:
    (task,) = [task for task in RECURRING if task.name == "start and end assignments"]
    with clock.frozen(clock.now() - timedelta(hours=2)):
        Clock(app, (task,)).do(task, task.occurrence(clock.now()))
    with house():
        assert "crmweb clock" in _finding("clock").says


def test_a_full_disk_is_bad_before_writes_are_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "ENOUGH_DISK", 10**18)
    with house():
        assert _finding("disk").mark is Mark.BAD


def test_without_https_phones_get_no_place(app: Flask, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(app.extensions["settings"], env="production", public_url="http://crm.example.com")
    monkeypatch.setitem(app.extensions, "settings", settings)
    with house():
        assert "https" in _finding("settings").says


def test_the_command_prints_a_line_each_and_fails_when_something_is_bad(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ground, "MANIFEST", tmp_path / "missing")
    done = CliRunner().invoke(cli.doctor, obj=lambda: app)
    assert done.exit_code == 1
    assert len(done.output.splitlines()) == len(doctor.LOOKS)
    assert "npm run build" in done.output
