"""Backed up, erased, restored from before: it is erased again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask_migrate import upgrade

from crmweb import clock, create_app, files
from crmweb.accounts.models import User
from crmweb.backup import Backup, restore
from crmweb.config import Settings, load_settings
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.holdings import CUSTOMER, PERSON, Subject
from crmweb.holdings.erasing import erase, finish
from crmweb.holdings.register import REGISTER
from crmweb.supervisor.prepare import prepare
from crmweb.visits.models import Visit
from crmweb.visits.photos import VisitPhoto
from tests.conftest import SECRET, system_access_to

SHOP = new_id()
LAN = new_id()


def _settings(home: Path) -> Settings:
    return load_settings({"CRMWEB_ENV": "test", "CRMWEB_HOME": str(home), "SECRET_KEY": SECRET})


@contextmanager
def _inside(settings: Settings) -> Iterator[None]:
    app = create_app(settings)
    with system_access_to(app, "a test"):
        yield
        db.engine.dispose()


@pytest.fixture
def house(tmp_path: Path) -> Settings:
    """A shop with a visit and a photo, and Lan, who has left."""
    (tmp_path / "house").mkdir()
    settings = _settings(tmp_path / "house")
    with _inside(settings):
        upgrade()
        with writing():
            lan = User.add("Nguyễn Thị Lan", role="rep", at=clock.now(), email="lan@example.com", id=LAN)
            shop = Customer.add(by=None, at=clock.now(), name="Tạp hóa Cô Ba", id=SHOP, responsible=lan)
            visit = Visit.check_in(shop, by=lan, at=clock.now())  # type: ignore[arg-type]
            visit.all_photos.append(
                VisitPhoto(
                    id=new_id(), customer_id=SHOP, by_id=LAN, name=files.keep(b"\xff\xd8", ".jpg"), width=1,
                    height=1, bytes=2, taken_at=clock.now(), removed_at=None,
                )
            )  # fmt: skip
            lan.deactivate(by=None, at=clock.now())
    return settings


def _erase_both(settings: Settings) -> None:
    with _inside(settings):
        with writing():
            erase(Subject(CUSTOMER, SHOP), by=None, at=clock.now())
            erase(Subject(PERSON, LAN, "Former colleague 3F2A"), by=None, at=clock.now())
        finish()


def _restore(settings: Settings, file: Path, *more: str) -> str:
    told = {"CRMWEB_ENV": "test", "CRMWEB_HOME": str(settings.home), "SECRET_KEY": SECRET}
    done = CliRunner(env=told).invoke(restore, [str(file), *more])
    assert done.exit_code == 0, done.output
    return done.output


def _assert_forgotten(settings: Settings) -> None:
    with _inside(settings):
        assert db.session.get(Customer, SHOP) is None
        lan = db.session.get_one(User, LAN)
        assert (lan.name, lan.email) == ("Former colleague 3F2A", None)
    assert [path for path in (settings.home / "files").rglob("*") if path.is_file()] == []


def test_an_old_backup_brings_back_nothing_that_was_erased_since(house: Settings, tmp_path: Path) -> None:
    Backup(house, tmp_path / "old").write()
    _erase_both(house)
    _assert_forgotten(house)
    assert "erased again: 2" in _restore(house, tmp_path / "old", "--force")
    _assert_forgotten(house)


def test_on_a_new_machine_the_register_of_a_later_backup_is_enough(house: Settings, tmp_path: Path) -> None:
    Backup(house, tmp_path / "old").write()
    _erase_both(house)
    Backup(house, tmp_path / "later").write()
    (tmp_path / "new").mkdir()
    new = _settings(tmp_path / "new")
    assert "erased again: 0" in _restore(new, tmp_path / "later")
    assert (new.home / REGISTER).exists()
    assert "erased again: 2" in _restore(new, tmp_path / "old", "--force")
    _assert_forgotten(new)


def test_a_database_that_was_put_back_by_hand_is_erased_again_at_the_next_start(
    house: Settings, tmp_path: Path
) -> None:
    before = (house.home / "crmweb.sqlite3").read_bytes()
    _erase_both(house)
    for file in house.home.glob("crmweb.sqlite3*"):
        file.unlink()
    (house.home / "crmweb.sqlite3").write_bytes(before)
    app = create_app(house)
    prepare(app, demo=False)
    with app.app_context():
        db.engine.dispose()
    _assert_forgotten(house)


def test_where_nothing_was_ever_erased_a_restore_says_nothing_of_it(house: Settings, tmp_path: Path) -> None:
    Backup(house, tmp_path / "old").write()
    assert "erased" not in _restore(house, tmp_path / "old", "--force")
    with _inside(house):
        assert db.session.get_one(Customer, SHOP).name == "Tạp hóa Cô Ba"
