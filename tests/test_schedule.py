"""Recurring work is done once each time it falls due, by however many clocks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from crmweb import clock, schedule
from crmweb.db import db
from crmweb.schedule import RECURRING, Clock, Occurrence, Task

House = Callable[[], AbstractContextManager[None]]
NOON = datetime(2026, 3, 2, 12, 0, 7, tzinfo=UTC)
done: list[datetime] = []

HOURLY = Task("count the till", timedelta(hours=1), "tests.test_schedule.count_the_till")
BROKEN = Task("break", timedelta(hours=1), "tests.test_schedule.break_down")


def count_the_till() -> None:
    done.append(clock.now())


def break_down() -> None:
    raise ZeroDivisionError("the till is empty")


@pytest.fixture(autouse=True)
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[clock.HeldClock]:
    done.clear()
    # The test's module and the one that the task imports by name are then the same.
    monkeypatch.setattr(Task, "function", lambda task: globals()[task.run.rpartition(".")[2]])
    with clock.frozen(NOON) as held:
        yield held


def _turn(app: Flask, task: Task = HOURLY) -> None:
    Clock(app, (task,)).do(task, task.occurrence(clock.now()))


def _rows() -> int:
    return db.session.scalar(select(func.count()).select_from(Occurrence)) or 0


def test_every_function_on_the_list_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert len({task.name for task in RECURRING}) == len(RECURRING)
    for task in RECURRING:
        assert callable(task.function()), task.name


def test_all_of_it_runs_on_a_company(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with app.app_context():
        for task in RECURRING:
            task.function()()


def test_two_clocks_at_the_same_moment_do_an_occurrence_once(app: Flask, house: House) -> None:
    start = threading.Barrier(6)

    def one_clock() -> None:
        start.wait()
        _turn(app)

    clocks = [threading.Thread(target=one_clock) for _ in range(6)]
    for each in clocks:
        each.start()
    for each in clocks:
        each.join()
    with house():
        assert len(done) == 1
        assert _rows() == 1


def test_the_next_hour_brings_the_next_occurrence(app: Flask, held: clock.HeldClock) -> None:
    for minutes in (0, 20, 59, 61):
        held.at = NOON + timedelta(minutes=minutes)
        _turn(app)
    assert len(done) == 2


@pytest.mark.parametrize("days", [1, -1])
def test_when_the_machines_clock_is_set_wrong_for_a_while_nothing_is_repeated(
    app: Flask, held: clock.HeldClock, days: int
) -> None:
    _turn(app)
    held.move(timedelta(days=days))
    _turn(app)
    held.move(-timedelta(days=days))
    _turn(app)
    assert len(done) == 2


def test_what_a_clock_began_and_left_is_done_by_another_after_the_limit(
    app: Flask, house: House, held: clock.HeldClock
) -> None:
    with house():
        assert schedule.taken(HOURLY, HOURLY.occurrence(clock.now()))
    held.move(HOURLY.limit - timedelta(seconds=1))
    _turn(app)
    assert done == []
    held.move(timedelta(seconds=1))
    _turn(app)
    _turn(app)
    assert len(done) == 1


def test_work_that_fails_says_so_and_is_not_repeated_until_its_next_time(app: Flask, house: House) -> None:
    _turn(app, BROKEN)
    with house():
        row = db.session.scalars(select(Occurrence)).one()
        assert row.error == "ZeroDivisionError: the till is empty"
        assert row.finished_at == NOON


def test_old_occurrences_are_forgotten(app: Flask, house: House, held: clock.HeldClock) -> None:
    _turn(app)
    held.move(schedule.OCCURRENCES_KEPT + timedelta(hours=1))
    with house():
        schedule.forget_old_occurrences()
        assert _rows() == 0


def test_a_running_clock_does_what_is_due_and_stops_when_told(app: Flask) -> None:
    ticking = Clock(app, (Task("tick", timedelta(seconds=1), "count_the_till", each_once=False), HOURLY))
    ticking.start()
    for _ in range(200):
        if len(done) >= 2:
            break
        threading.Event().wait(0.01)
    ticking.stop()
    assert len(done) == 2
