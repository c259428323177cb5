"""Who changed what: written beside the change, never altered, and a change behind our back is found."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import joinedload

from crmweb import audit, clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.audit import cli
from crmweb.audit.models import Entry, EntryValues
from crmweb.audit.seals import SETTLED, Seal, broken
from crmweb.db import db, is_sqlite, writing

House = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def at() -> datetime:
    return clock.now()


def write(tuan: Actor, at: datetime, *names: str) -> None:
    with writing():
        for name in names:
            about = audit.Reference("shop", tuan.id, name)
            audit.record(
                "shop.painted", by=tuan, at=at, about=about, before={"wall": "red"}, after={"wall": name}
            )


def seal(at: datetime) -> Seal | None:
    with writing():
        return Seal.close(at=at + 2 * SETTLED)


def latest() -> Entry:
    newest = select(Entry).order_by(Entry.seq.desc()).options(joinedload(Entry.values)).limit(1)
    return db.session.scalars(newest).one()


def tamper(statement: str) -> None:
    """What somebody with the keys to the database could do: take the guards away, and write."""
    with writing():
        if is_sqlite():
            for trigger in db.session.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).all():
                if trigger.startswith("audit"):
                    db.session.execute(text(f"DROP TRIGGER {trigger}"))
        else:
            for table in ("audit_entries", "audit_values", "audit_seals"):
                db.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        db.session.execute(text(statement))


def test_an_entry_says_who_what_before_and_after(house: House, lan: Actor, tuan: Actor, at: datetime) -> None:
    with house(), writing():
        db.session.get_one(User, lan.id).change_role("manager", by=tuan, at=at)
    with house():
        entry = latest()
        assert (entry.action, entry.by_id, entry.about_id, entry.at) == (
            "user.role_changed",
            tuan.id,
            lan.id,
            at,
        )
        assert (entry.values.about_name, entry.values.before, entry.values.after) == (
            lan.name,
            {"role": "rep"},
            {"role": "manager"},
        )


def test_what_the_house_does_by_itself_says_why(house: House, at: datetime) -> None:
    with house(), writing():
        audit.record("shop.closed", by=None, at=at, about=audit.Reference("shop"))
    with house():
        assert latest().by_id is None
        assert latest().why


def test_a_change_that_is_undone_leaves_no_entry(house: House, lan: Actor, tuan: Actor, at: datetime) -> None:
    with house():
        before = latest().seq
        with suppress(ZeroDivisionError), writing():
            db.session.get_one(User, lan.id).rename("Lan Anh", by=tuan, at=at)
            raise ZeroDivisionError
        assert latest().seq == before


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("audit_entries", "action", "'shop.praised'"),
        ("audit_seals", "entries", "7"),
        ("audit_values", "about_name", "'nobody'"),
    ],
)
def test_nobody_alters_or_deletes(
    house: House, tuan: Actor, at: datetime, statement: str, table: str, column: str, value: str
) -> None:
    with house():
        write(tuan, at, "blue")
        assert seal(at)
        with pytest.raises(DBAPIError, match="not altered"), writing():
            db.session.execute(text(statement.format(table, column, value)))


def test_the_chain_holds_over_many_seals_and_emptied_values(house: House, tuan: Actor, at: datetime) -> None:
    with house():
        for name in ("blue", "green", "Đông"):
            write(tuan, at, name, f"{name} again")
            assert seal(at)
        assert seal(at) is None
        with writing():
            latest().values.empty()
        assert list(broken()) == []
        assert latest().values.emptied
        assert latest().values.before is None


def test_what_may_still_be_written_beside_it_is_not_sealed_yet(
    house: House, tuan: Actor, at: datetime
) -> None:
    with house():
        sealed = seal(at)
        write(tuan, at, "blue")
        with writing():
            assert Seal.close(at=at + SETTLED - timedelta(seconds=1)) is None
        assert sealed is not None


GONE = "DELETE FROM {table} WHERE seq = {seq}"
TAMPERED = {
    "an entry that says something else": "UPDATE audit_entries SET action = 'shop.praised' WHERE seq = {seq}",
    "an entry that another is said to have done": "UPDATE audit_entries SET by_id = NULL WHERE seq = {seq}",
    "an entry that is gone": "DELETE FROM audit_values WHERE seq = {seq}",
    "values that say something else": "UPDATE audit_values SET about_name = 'nobody' WHERE seq = {seq}",
    "a seal that is gone": "DELETE FROM audit_seals WHERE number = 1",
}


@pytest.mark.parametrize("statement", TAMPERED.values(), ids=TAMPERED.keys())
def test_what_was_changed_behind_our_back_is_found(
    house: House, tuan: Actor, at: datetime, statement: str
) -> None:
    with house():
        write(tuan, at, "blue")
        seq = latest().seq
        assert seal(at)
        write(tuan, at, "green")
        assert seal(at)
        assert list(broken()) == []
        db.session.rollback()
        tamper(statement.format(seq=seq))
        assert list(broken())


def test_an_entry_slipped_in_later_is_found(house: House, tuan: Actor, at: datetime) -> None:
    with house():
        write(tuan, at, "blue", "red", "green")
        middle = latest().seq - 1
        for table in ("audit_values", "audit_entries"):
            tamper(GONE.format(table=table, seq=middle))
        assert seal(at)
        assert list(broken()) == []
        with writing():
            entry = Entry(
                seq=middle,
                at=at,
                by_id=tuan.id,
                action="shop.sold",
                about_kind="shop",
                values_digest=b"0" * 32,
            )
            entry.values = EntryValues(salt=b"0" * 16)
            db.session.add(entry)
        assert any("seal" in finding for finding in broken())


def test_the_admin_verifies_it_from_the_command_line(
    app: Flask, house: House, tuan: Actor, at: datetime
) -> None:
    def typed() -> Result:
        return CliRunner().invoke(cli.audit, ["verify"], obj=lambda: app)

    with house():
        write(tuan, at, "blue")
        made = seal(at)
        assert made is not None
        shown = f"Seal {made.number}: {made.hash.hex()}"
    holds = typed()
    assert holds.exit_code == 0
    assert shown in holds.output
    with house():
        tamper("UPDATE audit_values SET about_name = 'nobody'")
    assert typed().exit_code == 1
