"""Deliveries: filed with their cause, sent once, and always with an end that an admin can see."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crmweb import clock
from crmweb.db import Busy, db, writing
from crmweb.jobs import bell
from crmweb.notifications import channels as module
from crmweb.notifications import jobs, sending
from crmweb.notifications import outcomes as module_of_outcomes
from crmweb.notifications.channels import SEND_LIMIT, Channels, Message, PermanentFailure, TransientFailure
from crmweb.notifications.claims import MOST_TRIES, Claim, wait_after
from crmweb.notifications.models import LEASE, Delivery
from crmweb.notifications.outcomes import Outcome
from crmweb.notifications.sending import HANDS, UNWRITTEN
from tests.machine.redis import RedisServer
from tests.notifications.post_office import PostOffice

House = Callable[[], AbstractContextManager[None]]
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class Far:
    """The far end of a channel, as a test wants it."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.says: Exception | None = None
        self.thinks_for = 0.0

    def send(self, message: Message) -> None:
        time.sleep(self.thinks_for)
        if self.says:
            raise self.says
        self.got.append(message.dedupe)


@pytest.fixture
def far(app: Flask) -> Iterator[Far]:
    end, before = Far(), app.extensions["channels"]
    app.extensions["channels"] = Channels({"test": end})
    yield end
    app.extensions["channels"] = before


@pytest.fixture
def held() -> Iterator[clock.HeldClock]:
    with clock.frozen(MONDAY) as held:
        yield held


def _file(dedupe: str = "visit 17 finished", kind: str = "test", **more: Any) -> uuid.UUID | None:
    with writing():
        return Delivery.file(
            dedupe=dedupe, kind=kind, recipient="mai", payload={"text": "x"}, at=clock.now(), **more
        )


def _filed(dedupe: str = "visit 17 finished", kind: str = "test", **more: Any) -> uuid.UUID:
    delivery = _file(dedupe, kind, **more)
    assert delivery is not None
    return delivery


def _until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def _sending(deliveries: list[uuid.UUID]) -> bool:
    return any(_look(delivery).lease for delivery in deliveries)


def _file_and_fail() -> None:
    with writing():
        Delivery.file(dedupe="undone", kind="test", recipient="mai", payload={}, at=clock.now())
        raise ZeroDivisionError


def _look(delivery: uuid.UUID) -> Delivery:
    db.session.rollback()
    return db.session.get_one(Delivery, delivery)


def _claimed(delivery: uuid.UUID) -> Claim:
    with writing():
        (claim,) = Claim.take([delivery], at=clock.now())
    return claim


def test_mai_is_told_once_though_the_visit_was_reported_twice(house: House, far: Far) -> None:
    with house():
        first, again = _filed(), _file()
        jobs.deliver(first.hex, first.hex)
        assert again is None
        assert far.got == ["visit 17 finished"]
        assert _look(first).state == "sent"


def test_a_delivery_whose_cause_was_undone_is_neither_kept_nor_rung(house: House) -> None:
    with house():
        with pytest.raises(ZeroDivisionError):
            _file_and_fail()
        _filed("another")
        bell().settle()
        assert bell().waiting("bell") == 1
        assert db.session.scalars(select(Delivery.dedupe)).all() == ["another"]


def test_what_is_due_later_is_rung_when_its_time_comes(house: House, held: clock.HeldClock) -> None:
    with house():
        delivery = _filed(not_before=MONDAY + timedelta(hours=2))
        jobs.ring_due()
        assert bell().waiting("bell") == 0
        held.move(timedelta(hours=2, seconds=1))
        jobs.ring_due()
        assert bell().waiting("bell") == 1
        assert bell().queue("bell").jobs[0].args == [delivery.hex]


def test_the_clock_does_not_ring_old_rows_again_and_again(house: House, held: clock.HeldClock) -> None:
    with house():
        _filed(not_before=MONDAY + timedelta(seconds=1))
        held.move(timedelta(minutes=1))
        jobs.ring_due()
        assert bell().waiting("bell") == 0
        jobs.sweep()
        assert bell().waiting("bell") == 1


def test_of_two_workers_one_gets_it(house: House, far: Far) -> None:
    with house():
        delivery = _filed()
        _claimed(delivery)
        with writing():
            assert Claim.take([delivery], at=clock.now()) == []
        jobs.deliver(delivery.hex)
        assert far.got == []


def test_when_a_worker_dies_the_next_one_waits_for_its_lease_and_sends(
    house: House, far: Far, held: clock.HeldClock
) -> None:
    with house():
        delivery = _filed()
        _claimed(delivery)
        held.move(LEASE - timedelta(seconds=1))
        jobs.deliver(delivery.hex)
        assert far.got == []
        held.move(timedelta(seconds=1))
        jobs.deliver(delivery.hex)
        assert far.got == ["visit 17 finished"]
        assert _look(delivery).attempts == 2


def test_a_worker_that_slept_past_its_lease_neither_sends_nor_marks(
    house: House, held: clock.HeldClock
) -> None:
    with house():
        delivery = _filed()
        sleeper = _claimed(delivery)
        held.move(LEASE + timedelta(seconds=1))
        assert not sleeper.holds(at=clock.now(), room=SEND_LIMIT)
        other = _claimed(delivery)
        with writing():
            assert not sleeper.failed("too late", at=clock.now())
        with writing():
            assert Claim.all_sent([other], at=clock.now())
        assert _look(delivery).state == "sent"


def test_a_lease_of_a_clock_that_was_set_back_holds_nothing_up(
    house: House, far: Far, held: clock.HeldClock
) -> None:
    with house():
        delivery = _filed()
        held.move(timedelta(days=1))
        lost = _claimed(delivery)
        held.move(-timedelta(days=1))
        assert jobs._due(at=clock.now()) == [delivery.hex]
        jobs.deliver(delivery.hex)
        assert far.got == ["visit 17 finished"]
        with writing():
            assert not lost.failed("too late", at=clock.now())


def test_a_lease_too_short_for_a_send_is_no_lease(house: House, held: clock.HeldClock) -> None:
    with house():
        claim = _claimed(_filed())
        assert claim.holds(at=clock.now(), room=SEND_LIMIT)
        held.move(LEASE - timedelta(seconds=5))
        assert not claim.holds(at=clock.now(), room=SEND_LIMIT)


def test_what_can_never_be_sent_fails_at_once_and_an_admin_may_retry_it(house: House, far: Far) -> None:
    with house():
        delivery = _filed()
        far.says = PermanentFailure("no mail server: set MAIL_URL, then retry")
        jobs.deliver(delivery.hex)
        row = _look(delivery)
        assert (row.state, row.last_error) == ("failed", "no mail server: set MAIL_URL, then retry")
        far.says = None
        with writing():
            assert Delivery.retry(delivery, at=clock.now())
        jobs.deliver(delivery.hex)
        assert _look(delivery).state == "sent"
        with writing():
            assert not Delivery.retry(delivery, at=clock.now())


def test_a_passing_trouble_is_tried_again_ever_more_slowly_until_it_is_dead(
    house: House, far: Far, held: clock.HeldClock
) -> None:
    far.says = TransientFailure("451 come back")
    with house():
        delivery = _filed()
        for attempt in range(1, MOST_TRIES):
            jobs.deliver(delivery.hex)
            row = _look(delivery)
            assert (row.state, row.attempts) == ("waiting", attempt)
            assert row.next_at == clock.now() + wait_after(attempt)
            held.move(wait_after(attempt))
        jobs.deliver(delivery.hex)
        row = _look(delivery)
        assert (row.state, row.last_error) == ("dead", "451 come back")


def test_the_far_end_may_say_when_to_come_back(house: House, far: Far, held: clock.HeldClock) -> None:
    far.says = TransientFailure("429", retry_after=90)
    with house():
        delivery = _filed()
        jobs.deliver(delivery.hex)
        assert _look(delivery).next_at == MONDAY + timedelta(seconds=90)


def test_a_message_that_kills_its_worker_each_time_ends_too(
    house: House, far: Far, held: clock.HeldClock
) -> None:
    with house():
        delivery = _filed()
        for _ in range(MOST_TRIES):
            _claimed(delivery)
            held.move(LEASE)
        jobs.deliver(delivery.hex)
        assert far.got == []
        assert _look(delivery).state == "dead"


def test_news_that_went_stale_is_not_sent(house: House, far: Far, held: clock.HeldClock) -> None:
    with house():
        delivery = _filed(stale_at=MONDAY + timedelta(hours=1))
        held.move(timedelta(hours=1))
        jobs.deliver(delivery.hex)
        assert far.got == []
        assert _look(delivery).state == "failed"


def test_a_bug_in_a_channel_is_tried_again_and_told(house: House, far: Far) -> None:
    far.says = ZeroDivisionError("division by zero")
    with house():
        delivery = _filed()
        jobs.deliver(delivery.hex)
        row = _look(delivery)
        assert (row.state, row.last_error) == ("waiting", "ZeroDivisionError: division by zero")


def test_a_kind_that_no_channel_carries_fails_in_words(house: House) -> None:
    with house():
        delivery = _filed()
        jobs.deliver(delivery.hex)
        row = _look(delivery)
        assert row.state == "failed"
        assert "test" in (row.last_error or "")


def test_while_redis_is_away_the_sweep_delivers_by_itself(
    house: House, post_office: PostOffice, redis_server: RedisServer
) -> None:
    redis_server.stop()
    with house():
        with writing():
            delivery = Delivery.file(
                dedupe="d",
                kind="email",
                recipient="mai@example.com",
                payload={"subject": "s", "text": "t"},
                at=clock.now(),
            )
        assert delivery is not None
        jobs.sweep()
        assert [mail["To"] for mail in post_office.mails] == ["mai@example.com"]
        assert _look(delivery).state == "sent"


def test_when_nobody_works_on_the_queue_the_sweep_sends_what_is_long_overdue(
    house: House, far: Far, held: clock.HeldClock
) -> None:
    with house():
        _filed()
        jobs.sweep()
        assert far.got == []
        held.move(jobs.NOBODY_CAME)
        jobs.sweep()
        assert far.got == ["visit 17 finished"]


def test_a_full_queue_is_not_filled_further_by_every_sweep(
    house: House, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "ENOUGH_JOBS", 3)
    with house():
        _filed()
        for _ in range(6):
            jobs.sweep()
        assert bell().waiting("bell") <= 4


def test_a_mail_server_that_hangs_delays_nobody_else(
    house: House, far: Far, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLOW", 0.05)
    monkeypatch.setattr(module, "REST", 0.2)
    monkeypatch.setattr(sending, "LOOK", 0.01)
    hanging = Far()
    hanging.says, hanging.thinks_for = TransientFailure("timed out"), 0.1
    app.extensions["channels"].register("slow", hanging)
    with house():
        mails = [_filed(f"mail {number}", kind="slow") for number in range(20)]
        other = _filed()
        begun = time.monotonic()
        jobs.deliver(*(mail.hex for mail in mails), other.hex)
        assert time.monotonic() - begun < 1
        assert far.got == ["visit 17 finished"]
        _until(lambda: not _sending(mails) and not module.channels().resting())
        hanging.says, hanging.thinks_for = None, 0.0
        jobs.deliver(*(mail.hex for mail in mails))
        _until(lambda: not _sending(mails))
        tried_in_vain = [mail for mail in mails if _look(mail).state == "waiting"]
        assert HANDS <= len(tried_in_vain) <= 2 * HANDS
        assert len(hanging.got) == 20 - len(tried_in_vain)


def test_a_long_write_of_somebody_else_does_not_lose_what_was_sent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "WAITS_TO_WRITE", (0.0, 0.0))
    turns = iter([Busy(), Busy()])

    def write_down(outcomes: Sequence[Outcome], *, at: datetime) -> None:
        if trouble := next(turns, None):
            raise trouble
        outcomes_written(outcomes, at=at)

    outcomes_written = module_of_outcomes.write_down
    monkeypatch.setattr(module_of_outcomes, "write_down", write_down)
    with house():
        delivery = _filed()
        sending.written([Outcome(_claimed(delivery), "sent")])
        assert _look(delivery).state == "sent"


def test_while_nothing_can_be_written_down_no_more_is_sent_than_may_go_twice(
    house: House, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_by_then: list[int] = []

    def write_down(outcomes: Sequence[Outcome], *, at: datetime) -> None:
        if not sent_by_then:  # the first outcomes wait for somebody's long write
            time.sleep(0.5)
            sent_by_then.append(len(far.got))
        outcomes_written(outcomes, at=at)

    outcomes_written = module_of_outcomes.write_down
    monkeypatch.setattr(module_of_outcomes, "write_down", write_down)
    with house():
        mails = [_filed(f"mail {number}") for number in range(40)]
        jobs.deliver(*(mail.hex for mail in mails))
        assert sent_by_then == [UNWRITTEN]
        assert len(far.got) == 40
        assert {_look(mail).state for mail in mails} == {"sent"}


def test_many_that_fall_due_at_once_are_rung_in_batches(
    house: House, far: Far, held: clock.HeldClock
) -> None:
    with house():
        with writing():
            for number in range(120):
                Delivery.file(
                    dedupe=f"{number}",
                    kind="test",
                    recipient="lan",
                    payload={},
                    at=MONDAY,
                    not_before=MONDAY + timedelta(seconds=1),
                )
        held.move(timedelta(seconds=2))
        jobs.ring_due()
        sizes = [len(job.args) for job in bell().queue("bell").jobs]
        assert sizes == [100, 20]


def test_what_the_ledger_must_not_keep_is_put_in_just_before(
    app: Flask, house: House, held: clock.HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each try anew, and to whom the words say."""
    heard: list[Message] = []

    class Listens:
        def send(self, message: Message) -> None:
            heard.append(message)
            if len(heard) == 1:
                raise TransientFailure("busy")

    def filled(message: Message) -> Message:
        return replace(message, recipient="lan@example.com", payload={"text": "the secret"})

    monkeypatch.setitem(app.extensions, "channels", Channels({"test": Listens()}))
    monkeypatch.setitem(module_of_outcomes._before_send, "a door", filled)
    with house(), writing():
        about = {"about": "a door"}
        filed = Delivery.file(dedupe="door", kind="test", recipient="LAN", payload=about, at=clock.now())
        assert filed is not None
    for _ in range(2):
        with house():
            jobs.deliver(filed.hex)
        held.move(timedelta(minutes=1))
    assert [(each.recipient, each.payload["text"]) for each in heard] == [
        ("lan@example.com", "the secret")
    ] * 2
    with house():
        kept = db.session.get_one(Delivery, filed)
        assert (kept.state, kept.recipient, kept.payload) == ("sent", "LAN", {"about": "a door"})
