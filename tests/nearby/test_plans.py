"""How SQLite means to run what Nearby asks: by an index, whether or not it ever counted its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pysqlite3
import pytest
from flask import Flask
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.ddl import ExecutableDDLElement

from crmweb.db import Model
from crmweb.nearby.shapes import Due, Shape
from crmweb.nearby.statements import TEXTS, rendered

DUE: tuple[Due | None, ...] = (None, "overdue")
SHAPES = [
    Shape.of(sees_all, person, due, ["A"] * narrowed, [])
    for sees_all, person, due, narrowed in product((True, False), (True, False), DUE, (0, 1))
]
OF_A_SCOPE = ("scope_size", "due_counts", "all_in_scope", "all_in_box")
"""What reads each assignment of a scope: not asked of everyone's, but where there are fewer than k."""


@pytest.fixture(params=["never counted", "counted"])
def house(app: Flask, request: pytest.FixtureRequest) -> Iterator[pysqlite3.Connection]:
    """An empty one on SQLite, whatever the others stand on; `app` has seen to it that all tables are known."""
    house = pysqlite3.connect(":memory:")
    for table in Model.metadata.sorted_tables:
        parts: list[ExecutableDDLElement] = [CreateTable(table), *map(CreateIndex, table.indexes)]
        for built in parts:
            house.execute(str(built.compile(dialect=sqlite.dialect())))
    if request.param == "counted":
        house.execute("ANALYZE")
    yield house
    house.close()


def plan(house: pysqlite3.Connection, sql: str) -> list[str]:
    """Its steps. Values do not matter: a plan that depends on them is made anew at each run."""
    values = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
    return [step for *_, step in house.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


@pytest.mark.parametrize("name", TEXTS)
def test_no_statement_reads_all_customers_or_assignments(house: pysqlite3.Connection, name: str) -> None:
    for shape in SHAPES:
        if shape.everyone and name in OF_A_SCOPE:
            continue
        steps = plan(house, rendered(name, shape, "qmark"))
        for table in "ca":
            scans = sum(bool(re.match(rf"SCAN {table}\b", step)) for step in steps)
            assert scans == steps.count(f"CO-ROUTINE {table}"), shape  # what it found before is read whole
