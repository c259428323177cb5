"""Somebody sets the clock, ahead or back, by an hour or a day, while all waits: nothing is lost or repeated."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, new_id, writing
from crmweb.followups.models import Followup
from crmweb.notifications import Notice
from crmweb.notifications.choices import NotificationChoices
from crmweb.reminders.models import Reminder
from crmweb.scope import system_access
from tests.drills.houses import AT_ANY_HOUR, House
from tests.drills.phones import Phone
from tests.drills.towns import Rep, settle
from tests.machine import faketime
from tests.machine.faketime import Wall
from tests.notifications.post_office import PostOffice
from tests.supervisor.product import until

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = timedelta()
WAIT = (timedelta(minutes=20), timedelta(minutes=90), timedelta(hours=26))
"""How far ahead it is due what waits: within the hour, within the day, after it."""
SETTINGS = (HOUR, NOW, DAY, NOW, -HOUR, NOW, -DAY, NOW, 2 * DAY)
"""How far ahead the clock is, one after the other."""
EACH = 4
STILL = 5.0
"""Seconds after which nothing more would come."""

# The lease and everything else as it is: only what was missed is looked for more often.
SWEEPS = """
from datetime import timedelta
from crmweb import schedule
schedule.RECURRING = (
    schedule.Task("ring", timedelta(seconds=2), "crmweb.notifications.jobs.ring_due", each_once=False),
    schedule.Task("sweep", timedelta(seconds=2), "crmweb.notifications.jobs.sweep", each_once=False),
)
"""


class Desk:
    """Where reminders and letters are filed, by the clock on the wall, and what came of them."""

    def __init__(self, house: House, office: PostOffice, wall: Wall, rep: Rep) -> None:
        self.house, self.office, self.wall, self.rep = house, office, wall, rep
        self.name = str(new_id())[-6:]
        """In everything that it files: other tests' may come yet."""
        self.due: dict[str, datetime] = {}
        self.expected: set[str] = set()
        self._phone = Phone(house.product.port, rep.cookie)

    def file(self, what: str, due: timedelta) -> None:
        """Letters and reminders; what is due at once sets out as the next thing happens."""
        self.write(what, due)
        self.remind(what, due)

    def remind(self, what: str, due: timedelta) -> None:
        at = self.wall.now()
        with self.house.app().app_context(), system_access("a drill"), writing():
            by = Actor.of(db.session.get_one(User, self.rep.id))
            for number in range(EACH):
                text = f"{self.name} call {what} {due} {number}"
                Reminder.remind(text, due_at=at + due, by=by, at=at, id=new_id())
                self.due[text] = at + due

    def write(self, what: str, due: timedelta) -> None:
        for number, shop in enumerate(self.rep.shops[:EACH]):
            text = f"{self.name} quote {what} {due} {number}"
            at = (self.wall.now() + due).astimezone(ZoneInfo(self.rep.zone))
            self._phone.write(shop.id, "email", text, at=at if due else None)
            self.due[text] = at

    def came(self) -> Counter[str]:
        subjects = (str(mail["Subject"]) for mail in self.office.mails)
        return Counter(subject for subject in subjects if subject.startswith(self.name))

    def all_due_came(self) -> None:
        """Wait until everything has that is due by the wall, or was at some time; and nothing else did."""
        until(self._came, within=120)
        assert self.came().keys() == self.expected

    def _came(self) -> bool:
        self.expected |= {text for text, due in self.due.items() if due <= self.wall.now()}
        return self.came().keys() >= self.expected

    def ends(self) -> Counter[str]:
        """Of the reminders' notices and of the follow-ups."""
        with self.house.app().app_context(), system_access("a drill"):
            notices = db.session.scalars(select(Notice.state).where(Notice.title.in_(self.due)))
            letters = db.session.scalars(select(Followup.state).where(Followup.subject.in_(self.due)))
            return Counter([*notices, *letters])


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Wall:
    return Wall(tmp_path_factory.mktemp("wall"))


@pytest.fixture(scope="module")
def post() -> Iterator[PostOffice]:
    office = PostOffice()
    yield office
    office.close()


@pytest.fixture(scope="module")
def house(post: PostOffice, wall: Wall, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    environment = {"MAIL_URL": post.url, "MAIL_FROM": "crm@example.com", **wall.environment}
    prelude = faketime.PRELUDE + SWEEPS + AT_ANY_HOUR
    house = House(tmp_path_factory.mktemp("house"), prelude=prelude, **environment)
    yield house
    house.end()


@pytest.fixture(scope="module")
def rep(house: House) -> Rep:
    """Told by mail, at any hour."""
    (rep,) = settle(house.app(), reps=1, shops=EACH, sms_in=DAY)
    with house.app().app_context(), system_access("a drill"), writing():
        db.session.add(NotificationChoices(person_id=rep.id, channels=["email"]))
    return rep


@pytest.fixture
def desk(house: House, post: PostOffice, wall: Wall, rep: Rep) -> Iterator[Desk]:
    yield Desk(house, post, wall, rep)
    post.hangs_at = None
    wall.set(ahead=NOW)


@pytest.mark.timeout(600)
def test_a_clock_that_jumps_and_comes_back_loses_and_repeats_nothing(
    desk: Desk, wall: Wall, capsys: pytest.CaptureFixture[str]
) -> None:
    for due in WAIT:
        desk.file("later", due)
    for number, ahead in enumerate(SETTINGS):
        desk.file(f"before {number}", NOW)
        wall.set(ahead=ahead)
        desk.file(f"after {number}", NOW)
        desk.all_due_came()
    time.sleep(STILL)
    came, ends = desk.came(), desk.ends()
    with capsys.disabled():
        twice = sum(times - 1 for times in came.values())
        print(f"\nclock set {len(SETTINGS)} times: {len(desk.due)} fell due, {len(came)} came,", end=" ")
        print(f"{twice} twice; {dict(ends)}")
    assert came == Counter(dict.fromkeys(desk.due, 1))
    assert ends.keys() == {"told", "sent"}


@pytest.mark.timeout(300)
def test_what_a_worker_had_in_hand_when_it_died_does_not_wait_for_a_lease_of_the_wrong_time(
    desk: Desk, wall: Wall, house: House, post: PostOffice
) -> None:
    desk.write("in hand", WAIT[0])
    post.heard.clear()
    post.hangs_at = "RCPT"
    wall.set(ahead=DAY)
    until(lambda: "RCPT" in post.heard, within=60)
    os.kill(house.product.part("bell"), signal.SIGKILL)
    wall.set(ahead=HOUR)
    post.hangs_at = None
    desk.all_due_came()
    assert set(desk.came().values()) == {1}
