"""`crmweb run` starts everything, keeps it going, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pysqlite3
import pytest
from flask_migrate import upgrade

from crmweb import create_app
from crmweb.config import load_settings
from crmweb.db import db
from tests.supervisor.product import PARTS, Product, alive, until

Start = Callable[..., Product]
pytestmark = pytest.mark.slow

ROBOTS = 'crmweb_answers_total{endpoint="health.robots",method="GET",status="200"}'


def _sql(database: Path, *statements: str) -> None:
    with closing(pysqlite3.connect(database)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def _value(database: Path, query: str) -> object:
    with closing(pysqlite3.connect(database)) as connection:
        return connection.execute(query).fetchone()[0]


def test_whichever_process_is_asked_tells_what_all_have_counted(running: Product) -> None:
    """Connections are handed to either; so are the questions."""
    assert len(running.answering()) == 2
    for _ in range(40):
        assert running.get("/robots.txt") == 200
    counted = {running.read("/metrics").split(ROBOTS)[1].split()[0] for _ in range(20)}
    assert counted == {"40.0"}


def test_one_command_starts_all_parts(running: Product) -> None:
    assert running.get("/healthz") == 200
    assert running.get("/readyz") == 200
    everything = running.everything()
    assert len(everything) >= 1 + len(PARTS)
    assert all(alive(pid) for pid in everything)


def test_nobody_else_on_the_machine_reads_the_data(running: Product) -> None:
    written = [path for path in running.home.rglob("*") if path.is_file() and path.name != "secret-key"]
    assert any(path.name == "crmweb.sqlite3" for path in written)
    assert not [path.name for path in written if path.stat().st_mode & 0o077]


def test_a_second_start_is_refused_in_one_line_that_names_the_first(running: Product, start: Start) -> None:
    second = start(running.home)
    assert second.ended() == 1
    assert len(second.said) == 1
    assert "already running" in second.text
    assert f"process {running.pid}" in second.text
    assert running.get("/healthz") == 200


def test_a_taken_port_is_told_in_one_line(start: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        product = start(tmp_path, PORT=str(other.getsockname()[1]))
        assert product.ended() == 1
    assert len(product.said) == 1
    assert "PORT" in product.text
    assert str(product.port) in product.text


def test_wrong_settings_are_told_and_nothing_starts(start: Start, tmp_path: Path) -> None:
    product = start(tmp_path, MAIL_URL="mail.example.com")
    assert product.ended() != 0
    assert "MAIL_URL" in product.text
    assert not product.told("started")


@pytest.mark.parametrize("name", PARTS)
def test_a_part_that_dies_is_started_again(running: Product, name: str) -> None:
    before = running.part(name)
    os.kill(before, signal.SIGKILL)
    until(lambda: running.part(name) != before)
    until(lambda: running.get("/readyz") == 200)
    assert running.told(f"{name} ended (SIGKILL)")


def test_ctrl_c_stops_everything_also_from_a_very_long_data_folder(start: Start, home: Path) -> None:
    long = home.parent.joinpath(*["a-rather-long-name"] * 5)
    long.parent.mkdir(parents=True)
    product = start(home.rename(long)).ready()
    everything = product.everything()
    assert product.stop() == 0
    assert not [pid for pid in everything if alive(pid)]
    assert product.get("/healthz") == 0


def test_a_killed_supervisor_leaves_no_orphans_and_the_next_start_is_clean(start: Start, home: Path) -> None:
    product = start(home).ready()
    everything = product.everything()
    product.signal(signal.SIGKILL)
    until(lambda: not [pid for pid in everything if pid != product.pid and alive(pid)])
    assert start(home).ready().stop() == 0


def test_a_database_newer_than_the_code_is_refused_untouched(start: Start, home: Path) -> None:
    database = home / "crmweb.sqlite3"
    _sql(database, "UPDATE alembic_version SET version_num = '9999'")
    before = database.read_bytes()
    product = start(home)
    assert product.ended() == 1
    assert "newer than this version" in product.text
    assert "9999" in product.text
    assert database.read_bytes() == before


def test_an_older_database_is_backed_up_before_it_is_migrated(start: Start, tmp_path: Path) -> None:
    home = tmp_path / "home"
    database = home / "crmweb.sqlite3"
    with create_app(load_settings({"CRMWEB_ENV": "test", "CRMWEB_HOME": str(home)})).app_context():
        upgrade(revision="0001")
        db.engine.dispose()
    start(home).ready()
    assert _value(database, "SELECT version_num FROM alembic_version") != "0001"
    (copy,) = (home / "backups").glob("before-migration-*.sqlite3")
    assert _value(copy, "SELECT version_num FROM alembic_version") == "0001"
    assert _value(copy, "PRAGMA integrity_check") == "ok"


def test_a_spoilt_redis_file_is_set_aside_and_the_product_starts(start: Start, home: Path) -> None:
    log = home / "redis" / "appendonlydir" / "appendonly.aof.1.incr.aof"
    log.parent.mkdir(parents=True)
    log.with_name("appendonly.aof.manifest").write_text(f"file {log.name} seq 1 type i\n")
    log.write_bytes(b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n" + b"spoilt" * 50 + b"\r\n")
    product = start(home).ready()
    assert product.told("its file was spoilt")
    assert list((home / "redis").glob("appendonlydir.spoilt-*"))
