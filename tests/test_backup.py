"""A backup is all of the product in one file, taken while it runs; a restore brings it back or changes nothing."""

from __future__ import annotations

import gzip
import io
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pysqlite3
import pytest
from click.testing import CliRunner

from crmweb.backup import DATABASE, Backup, CannotBackUp, Restore, restore
from crmweb.config import Settings, load_settings
from crmweb.supervisor.lock import run_lock


def _settings(home: Path, **more: str) -> Settings:
    return load_settings({"CRMWEB_ENV": "test", "CRMWEB_HOME": str(home), **more})


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    """A shop at work: one person, no visits yet, a photo."""
    home = tmp_path / "shop"
    (home / "files" / "2026").mkdir(parents=True)
    (home / "files" / "2026" / "visit.jpg").write_bytes(b"a photo")
    with closing(pysqlite3.connect(home / DATABASE)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("CREATE TABLE users (name TEXT)")
        connection.execute("CREATE TABLE visits (number INTEGER)")
        connection.execute("INSERT INTO users VALUES ('Nguyễn Thị Lan')")
        connection.commit()
    return _settings(home)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    """A new machine: nothing there yet."""
    (tmp_path / "elsewhere").mkdir()
    return _settings(tmp_path / "elsewhere", SECRET_KEY="another machine: 71f0a9c3e5b84d26")


def _people(database: Path) -> list[str]:
    with closing(pysqlite3.connect(database)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM users")]


def test_a_lost_phone_shop_is_back_on_a_new_machine(
    shop: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "monday.backup"
    Backup(shop, file).write()
    assert Restore(elsewhere, file).run(force=False) is None
    assert _people(elsewhere.home / DATABASE) == ["Nguyễn Thị Lan"]
    assert (elsewhere.home / "files" / "2026" / "visit.jpg").read_bytes() == b"a photo"


def test_only_its_owner_may_read_a_backup(shop: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    file = tmp_path / "monday.backup"
    Backup(shop, file).write()
    Restore(elsewhere, file).run(force=False)
    assert file.stat().st_mode & 0o077 == 0
    assert (elsewhere.home / DATABASE).stat().st_mode & 0o077 == 0


def test_a_backup_while_people_write_holds_all_that_was_acknowledged_before(
    shop: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    acknowledged, stop = 0, threading.Event()

    def write_on() -> None:
        nonlocal acknowledged
        with closing(pysqlite3.connect(shop.home / DATABASE)) as connection:
            while not stop.is_set():
                connection.execute("INSERT INTO visits VALUES (?)", (acknowledged,))
                connection.commit()
                acknowledged += 1

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        for number in range(5):
            before = acknowledged
            file = tmp_path / f"{number}.backup"
            Backup(shop, file).write()
            Restore(elsewhere, file).run(force=True)
            assert before <= _visits(elsewhere.home / DATABASE) <= acknowledged + 1
    finally:
        stop.set()
        writer.join()
    assert acknowledged > 5


def _visits(database: Path) -> int:
    with closing(pysqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (count,) = connection.execute("SELECT count(*) FROM visits").fetchone()
        return int(count)


def test_nothing_is_restored_while_the_product_runs(
    shop: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    Backup(shop, tmp_path / "b").write()
    lock = run_lock(elsewhere.home)
    lock.take()
    with pytest.raises(CannotBackUp, match="running"):
        Restore(elsewhere, tmp_path / "b").run(force=True)
    lock.release()
    assert not (elsewhere.home / DATABASE).exists()


def test_a_restore_never_overwrites_and_with_force_moves_aside(
    shop: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    Backup(shop, tmp_path / "b").write()
    Restore(elsewhere, tmp_path / "b").run(force=False)
    with closing(pysqlite3.connect(elsewhere.home / DATABASE)) as connection:
        connection.execute("UPDATE users SET name = 'Changed since'")
        connection.commit()
    with pytest.raises(CannotBackUp, match="--force"):
        Restore(elsewhere, tmp_path / "b").run(force=False)
    assert _people(elsewhere.home / DATABASE) == ["Changed since"]
    aside = Restore(elsewhere, tmp_path / "b").run(force=True)
    assert aside is not None
    assert _people(aside / DATABASE) == ["Changed since"]
    assert _people(elsewhere.home / DATABASE) == ["Nguyễn Thị Lan"]


def _tar(file: Path, **members: bytes) -> Path:
    with tarfile.open(file, "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"something.txt": b"hello"},
        {DATABASE: b"not a database at all, but long enough to be taken for one"},
        {DATABASE: b"", "../outside": b"escaped"},
        {"/etc/escaped": b"escaped"},
        {"": b"nameless"},
        {f"{DATABASE}/inside": b"below a file"},
        {DATABASE: b""},
    ],
)
def test_what_is_no_backup_changes_nothing(
    elsewhere: Settings, tmp_path: Path, members: dict[str, bytes]
) -> None:
    file = _tar(tmp_path / "odd.backup", **members)
    with pytest.raises(CannotBackUp):
        Restore(elsewhere, file).run(force=True)
    assert [path.name for path in elsewhere.home.iterdir()] == ["run.lock"]
    assert not (tmp_path / "outside").exists()


def test_a_cut_backup_changes_nothing(shop: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    file = tmp_path / "b"
    Backup(shop, file).write()
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(CannotBackUp):
        Restore(elsewhere, file).run(force=False)
    assert not (elsewhere.home / DATABASE).exists()


def test_somebody_elses_database_changes_nothing(elsewhere: Settings, tmp_path: Path) -> None:
    with closing(pysqlite3.connect(tmp_path / "recipes")) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    file = _tar(tmp_path / "recipes.backup", **{DATABASE: (tmp_path / "recipes").read_bytes()})
    with pytest.raises(CannotBackUp, match="not one of crmweb"):
        Restore(elsewhere, file).run(force=True)
    assert not (elsewhere.home / DATABASE).exists()


def _cuts(whole: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        (first, photo) = (tar.getmember(name) for name in (DATABASE, "files/2026/visit.jpg"))
    spoilt = bytearray(whole)
    spoilt[first.offset_data + 100 : first.offset_data + 6000] = b"?" * 5900
    cuts = (0, 100, 512, 1000, len(whole) // 2, first.offset_data + first.size, photo.offset)
    packed = gzip.compress(whole)
    return {f"cut at {at}": whole[:at] for at in cuts} | {
        "spoilt": bytes(spoilt),
        "a letter": "Chào chị, ".encode() * 1000,
        "half a gzip": packed[: len(packed) // 2],
        "spoilt gzip": packed[:200] + b"?" * 50 + packed[250:],
        "a bare database": whole[first.offset_data : first.offset_data + first.size],
    }


def test_a_broken_backup_is_told_in_one_line_and_changes_nothing(
    shop: Settings, elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRMWEB_ENV", "test")
    monkeypatch.setenv("CRMWEB_HOME", str(elsewhere.home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("SECRET_KEY", "another machine: 71f0a9c3e5b84d26")
    Backup(shop, tmp_path / "whole").write()
    (elsewhere.home / DATABASE).write_bytes(b"what was there")
    for what, content in _cuts((tmp_path / "whole").read_bytes()).items():
        (tmp_path / "broken").write_bytes(content)
        said = CliRunner().invoke(restore, [str(tmp_path / "broken"), "--force"])
        assert (said.exit_code, said.output.count("\n")) == (1, 1), f"{what}: {said.output or said.exception}"
        assert sorted(path.name for path in elsewhere.home.iterdir()) == [DATABASE, "run.lock"], what
        assert (elsewhere.home / DATABASE).read_bytes() == b"what was there"


@pytest.mark.parametrize("name", ["nothing here", "."])
def test_what_is_no_file_is_told_in_one_line(
    elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("CRMWEB_ENV", "test")
    monkeypatch.setenv("CRMWEB_HOME", str(elsewhere.home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    said = CliRunner().invoke(restore, [str(tmp_path / name)])
    assert (said.exit_code, said.output.count("\n")) == (1, 1), said.output


def test_on_postgresql_it_says_what_to_use(tmp_path: Path) -> None:
    big = _settings(tmp_path, DATABASE_URL="postgresql://crm@db/crm")
    with pytest.raises(CannotBackUp, match="pg_dump"):
        Backup(big, tmp_path / "b").write()


def test_phones_need_not_subscribe_to_push_anew_after_a_restore(
    shop: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    (shop.home / "vapid-key").write_text("ours")
    (elsewhere.home / "vapid-key").write_text("another machine's")
    Backup(shop, tmp_path / "monday.backup").write()
    aside = Restore(elsewhere, tmp_path / "monday.backup").run(force=True)
    assert (elsewhere.home / "vapid-key").read_text() == "ours"
    assert aside is not None
    assert (aside / "vapid-key").read_text() == "another machine's"
