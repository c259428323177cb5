"""What goes wrong in a running house, and that every message still leaves it, once."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask

from crmweb import clock
from crmweb.db import db, writing
from crmweb.notifications import Delivery
from crmweb.scope import system_access
from tests.notifications.post_office import PostOffice
from tests.supervisor.product import Product, alive, until

pytestmark = pytest.mark.slow

# The same rules with shorter waits: a lease of 3 s, a sweep each 2 s that steps in after 1 s.
IMPATIENT = """
from datetime import timedelta
from crmweb import schedule
from crmweb.notifications import claims, jobs, sending
claims.LEASE, sending.SEND_LIMIT, jobs.NOBODY_CAME = timedelta(seconds=3), 1.0, timedelta(seconds=1)
schedule.RECURRING = (
    schedule.Task("sweep", timedelta(seconds=2), "crmweb.notifications.jobs.sweep", each_once=False),
)
"""


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    office = PostOffice()
    yield office
    office.close()


@pytest.fixture(scope="module")
def house(office: PostOffice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    mail = {"MAIL_URL": office.url, "MAIL_FROM": "crm@example.com"}
    product = Product(tmp_path_factory.mktemp("house"), "--no-demo", prelude=IMPATIENT, **mail).ready()
    yield product
    product.end()


@dataclass
class Desk:
    """Where a test files mail to Mai and looks what became of it."""

    house: Product
    office: PostOffice
    app: Flask

    def file(self, subject: str) -> uuid.UUID:
        """As a request would."""
        with self.app.app_context(), system_access("a test"), writing():
            filed = Delivery.file(
                dedupe=subject,
                kind="email",
                recipient="mai@example.com",
                payload={"subject": subject, "text": "x"},
                at=clock.now(),
            )
        assert filed is not None
        return filed

    def row(self, delivery: uuid.UUID) -> Delivery:
        with self.app.app_context(), system_access("a test"):
            return db.session.get_one(Delivery, delivery)

    def sent(self, delivery: uuid.UUID) -> bool:
        return self.row(delivery).state == "sent"

    def arrived(self, subject: str) -> int:
        return len([mail for mail in self.office.mails if mail["Subject"] == subject])


@pytest.fixture
def desk(house: Product, office: PostOffice) -> Iterator[Desk]:
    office.heard.clear()
    desk = Desk(house, office, house.app())
    yield desk
    office.hangs_at = None
    with desk.app.app_context():
        db.engine.dispose()


def test_mai_has_her_mail_moments_after_the_commit(desk: Desk) -> None:
    delivery = desk.file("visit 17")
    until(lambda: desk.sent(delivery), within=10)
    assert desk.arrived("visit 17") == 1


def test_redis_dies_the_web_goes_on_and_the_mail_leaves(desk: Desk) -> None:
    before = desk.house.part("redis")
    os.kill(before, signal.SIGKILL)
    delivery = desk.file("while redis was away")
    assert desk.house.get("/readyz") == 200
    until(lambda: desk.house.part("redis") != before)
    until(lambda: desk.sent(delivery))
    later = desk.file("after redis came back")
    until(lambda: desk.sent(later))
    assert desk.arrived("while redis was away") == desk.arrived("after redis came back") == 1


def test_a_worker_killed_before_the_mail_was_out_is_followed_by_one_that_sends_it_once(desk: Desk) -> None:
    desk.office.hangs_at = "RCPT"
    delivery = desk.file("killed before")
    until(lambda: "RCPT" in desk.office.heard)
    os.kill(desk.house.part("bell"), signal.SIGKILL)
    desk.office.hangs_at = None
    until(lambda: desk.sent(delivery))
    assert desk.arrived("killed before") == 1
    assert desk.row(delivery).attempts == 2


def test_a_worker_killed_when_the_mail_was_out_sends_it_again_under_the_same_name(desk: Desk) -> None:
    desk.office.hangs_at = "MAIL IS HERE"
    delivery = desk.file("killed after")
    until(lambda: desk.arrived("killed after"))
    os.kill(desk.house.part("bell"), signal.SIGKILL)
    desk.office.hangs_at = None
    until(lambda: desk.sent(delivery))
    first, second = (mail for mail in desk.office.mails if mail["Subject"] == "killed after")
    assert first["Message-ID"] == second["Message-ID"]


def test_a_worker_frozen_past_its_lease_does_not_send_when_it_wakes(desk: Desk) -> None:
    desk.office.hangs_at = "RCPT"
    delivery = desk.file("frozen")
    until(lambda: "RCPT" in desk.office.heard)
    frozen = desk.house.part("bell")
    os.kill(frozen, signal.SIGSTOP)
    desk.office.hangs_at = None
    until(lambda: desk.sent(delivery))
    os.kill(frozen, signal.SIGCONT)
    until(lambda: desk.house.told("lease lost, not sent"))
    assert desk.arrived("frozen") == 1
    assert desk.sent(delivery)


def test_a_bell_that_hangs_up_on_ctrl_c_finishes_its_mail_first(desk: Desk) -> None:
    desk.office.hangs_at = "RCPT"
    delivery = desk.file("the last one")
    until(lambda: "RCPT" in desk.office.heard)
    everything = desk.house.everything()
    desk.house.signal(signal.SIGINT)
    desk.office.hangs_at = None
    assert desk.house.ended() == 0
    assert desk.sent(delivery)
    assert desk.arrived("the last one") == 1
    assert not [pid for pid in everything if alive(pid)]
