"""Ten thousand reminders that fall due in one minute reach the push service, by the real processes, within another."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import quantiles

import pytest
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.config import load_settings
from crmweb.db import db, new_id, writing
from crmweb.notifications import Notice
from crmweb.notifications.choices import NotificationChoices
from crmweb.notifications.endpoints import Endpoint
from crmweb.notifications.subscriptions import PushSubscription
from crmweb.notifications.vapid import vapid
from crmweb.reminders.models import Reminder
from crmweb.scope import system_access
from tests.notifications.push_house import Browser, Got, PushService, Says
from tests.supervisor.product import Product, until

REMINDERS, PEOPLE = 10_000, 200
AT_ONCE = 500
WITHIN = 60.0
"""Seconds for all but one in a hundred."""


class Timed(PushService):
    """Notes when each message came; it is opened later, by the browser that alone can."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[tuple[float, Got]] = []
        self.browsers: dict[str, Browser] = {}

    def take(self, got: Got) -> Says:
        self.came.append((time.time(), got))
        return self.usual

    def numbers(self) -> list[tuple[int, float]]:
        """Which reminder each message was, and when it came."""
        opened = [(self.browsers[got.path].opened(got.content), at) for at, got in self.came]
        return [(int(said["notification"]["title"].rpartition(" ")[2]), at) for said, at in opened]


@pytest.fixture
def service() -> Iterator[Timed]:
    service = Timed()
    yield service
    service.close()


@pytest.fixture
def house(service: Timed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    home = tmp_path_factory.mktemp("house")
    product = Product(home, "--no-demo", PUSH_SERVICES=service.origin).ready()
    yield product
    product.end()


@pytest.mark.timeout(600)
def test_ten_thousand_reminders_due_in_one_minute_go_out_within_another(
    house: Product, service: Timed, capsys: pytest.CaptureFixture[str]
) -> None:
    app = house.app()
    with app.app_context(), system_access("a drill"):
        staff = _hire(service, load_settings({**house.environment, "CRMWEB_ENV": "test"}).push_services, app)
        due_at = clock.now() + timedelta(seconds=75)
        for start in range(0, REMINDERS, AT_ONCE):
            _remind(staff, due_at, range(start, start + AT_ONCE))
        assert clock.now() < due_at, "this machine took too long to write the reminders down"
    until(lambda: len(service.came) >= REMINDERS, within=400)
    until(lambda: _told(house) == REMINDERS, within=60)
    came = service.numbers()
    late = sorted(at - _due(due_at, number).timestamp() for number, at in came)
    cuts, told = quantiles(late, n=100), Counter(number for number, _at in came)
    with capsys.disabled():
        print(f"\n{REMINDERS:,} reminders due within a minute, each after its own moment:", end=" ")
        print(f"p50 {cuts[49]:.1f} s, p99 {cuts[98]:.1f} s, last {late[-1]:.1f} s")
    assert told == Counter(range(REMINDERS))
    assert cuts[98] <= WITHIN


def _hire(service: Timed, services: object, app: object) -> list[Actor]:
    """People with a phone each."""
    at, key = clock.now(), vapid(app.extensions["settings"]).public  # type: ignore[attr-defined]
    staff = []
    for number in range(PEOPLE):
        browser = Browser(service, f"{number}")
        service.browsers[browser.endpoint.removeprefix(service.origin)] = browser
        with writing():
            user = User.add(f"Rep {number}", role="rep", at=at)
            DeviceSession.start(user, at=at, device="drill")
            db.session.flush()
            session = db.session.scalars(
                select(DeviceSession.id).where(DeviceSession.user_id == user.id)
            ).one()
            endpoint = Endpoint.read(browser.endpoint, browser.p256dh, browser.auth, services)  # type: ignore[arg-type]
            PushSubscription.keep(endpoint, person_id=user.id, session_id=session, key=key, fresh=True, at=at)
            db.session.add(NotificationChoices(person_id=user.id, channels=["push"]))  # no quiet hours
            staff.append(Actor.of(user))
    return staff


def _remind(staff: list[Actor], due_at: datetime, numbers: range) -> None:
    with writing():
        for number in numbers:
            person = staff[number % PEOPLE]
            Reminder.remind(
                f"Call shop {number}", due_at=_due(due_at, number), by=person, at=clock.now(), id=new_id()
            )


def _due(due_at: datetime, number: int) -> datetime:
    """All within one minute."""
    return due_at + timedelta(seconds=60 * number / REMINDERS)


def _told(house: Product) -> int:
    with house.app().app_context(), system_access("a drill"):
        return db.session.scalar(select(func.count()).select_from(Notice).where(Notice.state == "told")) or 0
