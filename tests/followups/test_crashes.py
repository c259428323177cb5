"""Whatever crashes and whoever meddles, a follow-up has one end, and it is the ledger's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from crmweb.followups.models import Followup
from crmweb.notifications import Delivery, sending
from crmweb.notifications.claims import MOST_TRIES, Claim
from crmweb.notifications.models import LEASE
from crmweb.timeline import Event
from tests.notifications.post_office import PostOffice

House = Callable[[], AbstractContextManager[None]]
Work = Callable[[], None]
Write = Callable[..., Any]


def _ends() -> tuple[str, str, str]:
    """What the follow-up says, what the ledger, and what the timeline."""
    followup = db.session.scalars(select(Followup)).unique().one()
    delivery = db.session.scalars(select(Delivery).where(Delivery.dedupe == followup.delivery_dedupe)).one()
    event = db.session.scalars(select(Event).where(Event.id == followup.id)).one()
    return followup.state, delivery.state, event.kind


def _take() -> None:
    """A worker takes whatever is due, and is heard of no more."""
    ids = list(db.session.scalars(select(Delivery.id)))
    with writing():
        assert Claim.take(ids, at=clock.now(), but=frozenset())


def test_a_worker_that_dies_before_it_sends_leaves_it_to_the_next(
    write: Write, time: HeldClock, post_office: PostOffice, work: Work, house: House
) -> None:
    write(when="tomorrow")
    time.move(timedelta(days=1))
    with house():
        _take()
    work()
    assert post_office.mails == [], "it is in the hands of the first"
    time.move(LEASE + timedelta(seconds=1))
    work()
    with house():
        assert _ends() == ("sent", "sent", "followup.sent")
    assert len(post_office.mails) == 1


def test_a_worker_that_dies_after_it_sent_sends_the_same_mail_again(
    write: Write,
    time: HeldClock,
    post_office: PostOffice,
    work: Work,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(when="tomorrow")
    time.move(timedelta(days=1))
    with monkeypatch.context() as broken:
        broken.setattr(sending, "written", lambda _outcomes: None)
        work()
    with house():
        assert _ends() == ("planned", "waiting", "followup.planned")
    time.move(LEASE + timedelta(seconds=1))
    work()
    with house():
        assert _ends() == ("sent", "sent", "followup.sent")
    first, again = post_office.mails
    assert first["Message-ID"] == again["Message-ID"]


def test_what_is_being_sent_cannot_be_cancelled_and_ends_as_its_sender_finds(
    write: Write, phone: FlaskClient, time: HeldClock, post_office: PostOffice, work: Work, house: House
) -> None:
    write(when="tomorrow")
    time.move(timedelta(days=1))
    with house():
        _take()
        followup = db.session.scalars(select(Followup.id)).one()
    phone.post(f"/followups/{followup}/cancel")
    with house():
        assert _ends() == ("planned", "waiting", "followup.planned")
    time.move(LEASE + timedelta(seconds=1))
    work()
    with house():
        assert _ends() == ("sent", "sent", "followup.sent")


def test_a_listener_that_breaks_takes_the_end_along(
    write: Write,
    time: HeldClock,
    post_office: PostOffice,
    work: Work,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both are written, or neither."""
    write(when="tomorrow")
    time.move(timedelta(days=1))

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("no disk")

    with monkeypatch.context() as broken:
        broken.setattr(Followup, "end", breaks)
        with suppress(RuntimeError):
            work()
    with house():
        assert _ends() == ("planned", "waiting", "followup.planned")
    time.move(LEASE + timedelta(seconds=1))
    work()
    with house():
        assert _ends() == ("sent", "sent", "followup.sent")


def test_a_mail_server_that_is_away_too_long_ends_it_as_failed_and_an_admin_may_try_again(
    write: Write, phone_of: Callable[[Actor], FlaskClient], tuan: Actor, time: HeldClock, post_office: PostOffice,
    work: Work, house: House,
) -> None:  # fmt: skip
    write(when="tomorrow")
    time.move(timedelta(days=1))
    post_office.answers["RCPT"] = "451 greylisted, come back"
    for _ in range(MOST_TRIES):
        with house(), writing():
            for delivery in db.session.scalars(select(Delivery)):
                delivery.next_at = clock.now()
        work()
    with house():
        assert _ends() == ("failed", "dead", "followup.failed")
        delivery_id = db.session.scalars(select(Delivery.id)).one()
    post_office.answers.clear()
    assert phone_of(tuan).post(f"/admin/deliveries/{delivery_id}/retry").status_code == 303
    work()
    with house():
        assert _ends() == ("sent", "sent", "followup.sent")


def test_what_could_not_go_for_days_does_not_go_at_all(
    write: Write, time: HeldClock, post_office: PostOffice, work: Work, house: House
) -> None:
    write(when="tomorrow")
    time.move(timedelta(days=5))
    work()
    with house():
        assert _ends() == ("failed", "failed", "followup.failed")
    assert post_office.mails == []
