"""Every table that can tell of somebody says so: for the export, the erasure and the restore."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask import Flask
from sqlalchemy import Column, Table

from crmweb.db import Model, new_id
from crmweb.holdings import CONTACT, CUSTOMER, HOLDINGS, NOBODYS, PERSON, Holding
from tests.conftest import system_access_to
from tests.guards.test_tables import _know_every_model

KIND_OF = {"users": PERSON, "customers": CUSTOMER, "contacts": CONTACT}
OPENS_A_DOOR = re.compile(
    r"token|password|sealed|fingerprint|challenge|secret|^auth$|p256dh|^code$|salt|digest|^mark$"
)
TELLS_ALL_THE_SAME = {"customers.code", "kept_answers.key"}
"""What is called like a secret and is none."""


def _pointing(tables: dict[str, Table]) -> Iterator[tuple[Table, Column[object], str]]:
    """Columns with a key to somebody, and which kind of somebody."""
    for table in tables.values():
        for column in table.columns:
            for key in column.foreign_keys:
                if key.column.table.name in KIND_OF:
                    yield table, column, KIND_OF[key.column.table.name]


def test_every_table_says_of_whom_it_tells_or_why_of_nobody(app: Flask) -> None:
    _know_every_model()
    tables = set(Model.metadata.tables)
    assert set(HOLDINGS) & set(NOBODYS) == set()
    assert sorted(tables - set(HOLDINGS) - set(NOBODYS)) == [], "say it in the slice's holdings.py"
    assert sorted((set(HOLDINGS) | set(NOBODYS)) - tables) == [], "these are no tables"


def test_every_key_to_somebody_is_looked_at_or_has_a_reason(app: Flask) -> None:
    _know_every_model()
    found = list(_pointing(dict(Model.metadata.tables)))
    assert len(found) > 60
    with system_access_to(app, "reading what fits"):
        missed = [
            f"{table.name}.{column.name}" for table, column, kind in found if not _asks(table, column, kind)
        ]
    assert missed == []


def _asks(table: Table, column: Column[object], kind: str) -> bool:
    holding = HOLDINGS.get(table.name)
    if holding is None:
        return False
    if column.name in holding.beside:
        return True
    part = holding.parts.get(kind)
    return part is not None and f"{table.name}.{column.name}" in str(part.fits(new_id()).compile())


def test_a_forgotten_table_would_be_found(app: Flask) -> None:
    """The guard finds what nobody registered: without its holding, a table with a key to people is missed."""
    notes = HOLDINGS.pop("notes")
    try:
        table = Model.metadata.tables["notes"]
        with system_access_to(app, "reading what fits"):
            assert not _asks(table, table.columns["by_id"], PERSON)
    finally:
        HOLDINGS["notes"] = notes


def test_what_opens_a_door_is_never_told(app: Flask) -> None:
    assert [name for holding in HOLDINGS.values() for name in _doors(holding)] == []


def _doors(holding: Holding) -> list[str]:
    told = {column.name for kind in holding.parts for column in holding.told(kind)}
    return [
        f"{holding.name}.{name}"
        for name in told
        if OPENS_A_DOOR.search(name) and f"{holding.name}.{name}" not in TELLS_ALL_THE_SAME
    ]


def test_every_reason_to_stay_is_said_in_words(app: Flask) -> None:
    with app.test_request_context():
        reasons = [
            str(part.stays)
            for holding in HOLDINGS.values()
            for part in holding.parts.values()
            if not part.goes
        ]
    assert len(reasons) > 15
    assert all(reason.endswith(".") for reason in reasons)
