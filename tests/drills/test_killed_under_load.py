"""Follow-ups leave the house once each, while its processes are killed again and again under load."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from crmweb import clock
from crmweb.db import db, writing
from crmweb.notifications import Delivery
from crmweb.notifications.sending import UNWRITTEN
from crmweb.scope import system_access
from tests.drills.houses import IMPATIENT
from tests.notifications.post_office import PostOffice
from tests.supervisor.product import Product, alive, until

MAILS, BATCH, KILLS = 2_000, 50, 12


@pytest.fixture
def house(office: PostOffice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    mail = {"MAIL_URL": office.url, "MAIL_FROM": "crm@example.com"}
    product = Product(tmp_path_factory.mktemp("house"), "--no-demo", prelude=IMPATIENT, **mail).ready()
    yield product
    product.end()


@pytest.mark.timeout(600)
def test_every_message_ends_once_though_everything_is_killed(
    house: Product, office: PostOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    app, chance, killed = house.app(), random.Random(4), Counter[str]()
    for start in range(0, MAILS, BATCH):
        _file(app, range(start, start + BATCH))
        if start % (MAILS // KILLS) < BATCH:
            part = chance.choice(["bell", "redis", "web", "clock", "slow"])
            if alive(house.part(part)):
                os.kill(house.part(part), signal.SIGKILL)
                killed[part] += 1
        time.sleep(0.1)
    until(lambda: _ended(app) == MAILS, within=240)
    came = Counter(str(mail["Message-ID"]) for mail in office.mails)
    doubled = sum(times - 1 for times in came.values())
    with capsys.disabled():
        print(f"\n{MAILS:,} messages, killed {dict(killed)}: {len(came):,} arrived,", end=" ")
        print(f"{MAILS - len(came)} missing, {doubled} twice under the same Message-ID")
    assert len(came) == MAILS
    assert _states(app) == {"sent": MAILS}
    assert doubled <= killed["bell"] * UNWRITTEN, (
        "more were doubled than were on their way when the worker died"
    )


def _file(app: Flask, numbers: range) -> None:
    with app.app_context(), system_access("a drill"), writing():
        for number in numbers:
            Delivery.file(
                dedupe=f"followup {number}", kind="email", recipient="minh@example.com",
                payload={"subject": f"Quote {number}", "text": "x"}, at=clock.now(),
            )  # fmt: skip


def _states(app: Flask) -> dict[str, int]:
    with app.app_context(), system_access("a drill"):
        counted = select(Delivery.state, func.count()).group_by(Delivery.state)
        return {state: int(count) for state, count in db.session.execute(counted)}


def _ended(app: Flask) -> int:
    return sum(count for state, count in _states(app).items() if state != "waiting")
