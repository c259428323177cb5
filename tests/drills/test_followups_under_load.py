"""Reps visit and write while web, worker, clock, Redis and the whole house are killed: each follow-up ends once."""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select

from crmweb.db import db
from crmweb.followups.models import PLANNED, Followup
from crmweb.notifications import Delivery
from crmweb.notifications.channels import wire_id as sms_id
from crmweb.notifications.email import message_id as mail_id
from crmweb.scope import system_access
from crmweb.timeline import Event
from tests.drills.houses import AT_ANY_HOUR, EVERYTHING, IMPATIENT, House
from tests.drills.phones import Phone
from tests.drills.towns import OUTCOME, Rep, Shop, settle
from tests.notifications.post_office import PostOffice
from tests.notifications.sms_gateway import SmsGateway
from tests.supervisor.product import until

REPS, SHOPS = 6, 40
SMS_IN = timedelta(seconds=45)
"""When the second message of every sequence is due."""
UNKNOWN = 16
"""Each of so many shops has no such address or number. An even one: its letters go by SMS, since nobody may write to an
address again that a mail server does not know.
"""
PAUSE = 3.0
"""Seconds between two kills."""
ORDER = ("bell", "web", "redis", "bell", "clock", EVERYTHING, "bell", "redis", "web", "slow")
SENDER = "crm@example.com"


@dataclass
class Day:
    """What one rep did, as the house acknowledged it."""

    rep: Rep
    phone: Phone
    singles: list[uuid.UUID] = field(default_factory=list)
    visits: list[uuid.UUID] = field(default_factory=list)

    def work(self, first: int) -> None:
        for number, shop in enumerate(self.rep.shops, first):
            self.visits.append(self.phone.visit(shop.id, OUTCOME))
            self.singles.append(
                self.phone.write(shop.id, "email" if number % 2 else "sms", f"Quote {number}")
            )
            self._change(number, shop)

    def _change(self, number: int, shop: Shop) -> None:
        """Now and then something comes between."""
        if number % 7 == 0:
            self.phone.cancel(self.singles[-1])
        if number % 11 == 0:
            self.phone.visit(shop.id, "no_order")
        if number % 13 == 0:
            self.phone.wants_no_more(shop.id, "sms")


@dataclass(frozen=True)
class Told:
    """One follow-up, as the three that tell of it do: itself, the ledger, the customer's timeline."""

    id: uuid.UUID
    cause: uuid.UUID | None
    state: str
    reason: str
    delivery: str
    event: str
    name: str
    """Under which the far end knows it."""


@dataclass(frozen=True)
class Came:
    """One message at a far end: what it says to whom, under which name, when."""

    words: str
    name: str
    at: float


@pytest.fixture
def house(
    office: PostOffice, gateway: SmsGateway, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    ways_out = {"MAIL_URL": office.url, "MAIL_FROM": SENDER, "SMS_URL": gateway.url}
    house = House(tmp_path_factory.mktemp("house"), prelude=IMPATIENT + AT_ANY_HOUR, **ways_out)
    yield house
    house.end()


@pytest.mark.timeout(600)
def test_every_followup_ends_once_though_everything_is_killed(
    house: House, office: PostOffice, gateway: SmsGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    reps = settle(house.app(), reps=REPS, shops=SHOPS, sms_in=SMS_IN)
    for shop in (shop for rep in reps for shop in rep.shops[::UNKNOWN]):
        office.refuses.add(shop.email)
        gateway.refuses.add(shop.number)
    days = [Day(rep, Phone(house.product.port, rep.cookie)) for rep in reps]
    _live(house, days)
    until(lambda: not any(told.state == PLANNED for told in _told(house)), within=240)
    told, came = _told(house), _arrived(office, gateway)
    with capsys.disabled():
        print("\n" + _figures(house, days, told, came))
    _nothing_is_missing(days, told)
    _each_has_one_end(told)
    _far_ends_agree(house, told, came)


def _live(house: House, days: list[Day]) -> None:
    """All reps work; meanwhile one part after the other dies."""
    parts = random.Random(4).sample(ORDER, len(ORDER))
    with ThreadPoolExecutor(len(days)) as crowd:
        working = [crowd.submit(day.work, place * SHOPS) for place, day in enumerate(days)]
        number = 0
        while not all(each.done() for each in working):
            time.sleep(PAUSE)
            house.kill(parts[number % len(parts)])
            number += 1
        for each in working:
            each.result()
    while number < len(parts):  # the last ones die while the rest is sent
        house.kill(parts[number])
        number += 1
        time.sleep(PAUSE)


def _told(house: House) -> list[Told]:
    with house.app().app_context(), system_access("a drill"):
        ledger = {each.dedupe: each.state for each in db.session.scalars(select(Delivery))}
        events = {row.id: row.kind for row in db.session.execute(select(Event.id, Event.kind))}
        found = db.session.scalars(select(Followup)).unique()
        return [
            Told(
                each.id, each.cause_id, each.state, each.reason, ledger.get(each.delivery_dedupe, "nothing"),
                events.get(each.id, "nothing"), _name(each),
            )
            for each in found
        ]  # fmt: skip


def _name(followup: Followup) -> str:
    dedupe = followup.delivery_dedupe
    return mail_id(dedupe, SENDER) if followup.channel == "email" else sms_id(dedupe)


def _arrived(office: PostOffice, gateway: SmsGateway) -> list[Came]:
    mails = (
        Came(f"{mail['To']} {mail['Subject']}", str(mail["Message-ID"]), at)
        for mail, at in zip(office.mails, office.came_at, strict=True)
    )
    texts = (
        Came(f"{sms['to']} {sms['text']}", str(sms["id"]), at)
        for sms, at in zip(gateway.messages, gateway.came_at, strict=True)
    )
    return sorted((*mails, *texts), key=lambda came: came.at)


def _nothing_is_missing(days: list[Day], told: list[Told]) -> None:
    """What the house acknowledged is there, and nothing else: two by each visit, one by each letter."""
    by_visit = Counter(each.cause for each in told if each.cause)
    assert by_visit == Counter({visit: 2 for day in days for visit in day.visits})
    assert {each.id for each in told if not each.cause} == {one for day in days for one in day.singles}


def _each_has_one_end(told: list[Told]) -> None:
    """It, the ledger and the timeline say the same."""
    ends = {"sent": {"sent"}, "cancelled": {"cancelled"}, "failed": {"failed", "dead"}}
    assert [each for each in told if each.delivery not in ends.get(each.state, set())] == []
    assert [each for each in told if each.event != f"followup.{each.state}"] == []
    assert {each.state for each in told} == set(ends), "some end was never tried"


def _far_ends_agree(house: House, told: list[Told], came: list[Came]) -> None:
    names: defaultdict[str, set[str]] = defaultdict(set)
    for each in came:
        names[each.words].add(each.name)
    assert [words for words, theirs in names.items() if len(theirs) > 1] == [], "twice under different names"
    arrived = set().union(*names.values())
    assert arrived <= {each.name for each in told}
    assert [each for each in told if each.state == "sent" and each.name not in arrived] == []
    assert [each for each in told if each.state == "failed" and each.name in arrived] == []
    assert [first for first, again in _doubled(came) if not house.sender_died(first.at, again.at)] == []
    for late in _too_late(told, came):
        left_at = min(each.at for each in came if each.name == late.name)
        assert house.sender_died(left_at, time.monotonic()), late


def _doubled(came: list[Came]) -> list[tuple[Came, Came]]:
    """What came again, with the time before."""
    last: dict[str, Came] = {}
    pairs = []
    for each in came:
        if each.name in last:
            pairs.append((last[each.name], each))
        last[each.name] = each
    return pairs


def _too_late(told: list[Told], came: list[Came]) -> list[Told]:
    """Cancelled after the far end took it from a sender that died before it could say so."""
    arrived = {each.name for each in came}
    return [each for each in told if each.state == "cancelled" and each.name in arrived]


def _figures(house: House, days: list[Day], told: list[Told], came: list[Came]) -> str:
    sent, again = sum(day.phone.sent for day in days), sum(day.phone.again for day in days)
    ends, reasons = Counter(each.state for each in told), Counter(each.reason for each in told if each.reason)
    arrived = {each.name for each in came}
    missing = [each for each in told if each.state == "sent" and each.name not in arrived]
    return (
        f"{sent:,} writes by HTTP, {again} sent again; killed {dict(house.killed)}\n"
        f"{len(told):,} follow-ups: {dict(ends)}; {dict(reasons)}\n"
        f"{len(arrived):,} arrived, {len(missing)} missing, {len(_doubled(came))} twice under the same name, "
        f"{len(_too_late(told, came))} cancelled after they had left"
    )
