"""Redis is only the bell: what it rings is ours, and when it is away nobody waits and nothing breaks."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask import Flask, current_app
from rq import Callback
from rq.job import Job
from rq.serializers import JSONSerializer

from crmweb import clock, jobs
from crmweb.db import db, writing
from crmweb.jobs import LONGEST_SOCKET_PATH, after_commit, bell, ring, socket_path
from crmweb.supervisor.worker import QueueWorker
from tests.machine.redis import RedisServer

House = Callable[[], AbstractContextManager[None]]
NOTE_DOWN = "crmweb.clock.today"


@pytest.fixture(autouse=True)
def fresh_bell(app: Flask) -> Iterator[None]:
    jobs.init_app(app)
    yield
    app.extensions["bell"].settle()


def _work_off(app: Flask, queue: str = "bell") -> None:
    QueueWorker(app, queue).worker().work(burst=True, logging_level=None)


def test_a_job_runs_inside_the_app(app: Flask, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def note(zone: str) -> None:
        seen.append(f"{zone} in {current_app.name}")

    note.__module__ = clock.__name__  # a worker runs only what stands in the module that is named
    monkeypatch.setattr(clock, "today", note)
    with house():
        assert ring(NOTE_DOWN, "Asia/Ho_Chi_Minh")
    _work_off(app)
    assert seen == ["Asia/Ho_Chi_Minh in crmweb"]


def test_slow_work_does_not_stand_in_the_way_of_the_urgent(app: Flask, house: House) -> None:
    with house():
        ring(NOTE_DOWN, "UTC", queue="slow")
        ring(NOTE_DOWN, "UTC")
        _work_off(app, "bell")
        assert (bell().waiting("bell"), bell().waiting("slow")) == (0, 1)


def test_nothing_is_rung_before_its_cause_is_committed(house: House) -> None:
    with house():
        with writing():
            after_commit(NOTE_DOWN, "UTC")
            with db.session.begin_nested():
                pass
            bell().settle()
            assert bell().waiting("bell") == 0
        bell().settle()
        assert bell().waiting("bell") == 1


class _Trap:
    """What an intruder would put into Redis: to unpickle it is to run it."""

    def __init__(self, touched: Path) -> None:
        self.touched = touched

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.touched,)


def test_a_worker_refuses_pickle_and_what_is_not_ours(app: Flask, house: House, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    with house():
        queue = bell().queue("bell")
        foreign = queue.enqueue_call("pathlib.Path.touch", (str(touched),))
        passed_on = queue.enqueue_call("crmweb.backup.os.system", (f"touch {touched}",))
        called_back = queue.enqueue_call(NOTE_DOWN, ("UTC",), on_success=Callback("builtins.print"))
        pickled = Job.create(
            NOTE_DOWN, connection=queue.connection, serializer=JSONSerializer, origin="bell", failure_ttl=60
        )
        pickled.save()
        queue.connection.hset(pickled.key, "data", pickle.dumps(_Trap(touched)))
        queue.push_job_id(pickled.id)
        _work_off(app)
        assert not touched.exists()
        assert set(queue.failed_job_registry.get_job_ids()) == {
            foreign.id,
            passed_on.id,
            called_back.id,
            pickled.id,
        }


def test_while_redis_is_away_a_write_goes_on_at_once(house: House, redis_server: RedisServer) -> None:
    redis_server.stop()
    with house():
        begun = time.monotonic()
        with writing():
            after_commit(NOTE_DOWN, "UTC")
        bell().settle()
        assert not ring(NOTE_DOWN, "UTC")
        assert not bell().answers()
        assert time.monotonic() - begun < 0.5


def test_when_redis_comes_back_so_do_the_rings(
    house: House, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LEAVE_ALONE", 0.05)
    redis_server.stop()
    with house():
        assert not ring(NOTE_DOWN, "UTC")
        redis_server.start()
        time.sleep(0.06)
        assert ring(NOTE_DOWN, "UTC")


def test_a_long_data_folder_still_finds_its_redis(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-name"] * 8)
    for home in (Path("/srv/crmweb"), deep):
        assert len(str(socket_path(home))) <= LONGEST_SOCKET_PATH
    assert socket_path(deep) == socket_path(deep)
    assert socket_path(deep) != socket_path(deep / "other")
