"""A phone is killed a hundred times, while it keeps something and while it sends: what it said is saved, arrives."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Timer

import pytest
from flask import Flask
from playwright.sync_api import Playwright
from sqlalchemy import select

from crmweb.db import db
from crmweb.notes.models import Note
from crmweb.scope import system_access
from crmweb.visits.models import Visit
from tests.drills.gates import OPEN, REFUSED, SILENT, Gate
from tests.drills.handsets import Handset, Written
from tests.drills.houses import House
from tests.drills.towns import Rep, settle
from tests.supervisor.product import until

WRITING, SENDING = 50, 50
"""How often it is killed with something being written down, and with things on their way out."""
LATEST = 0.6
"""Seconds after the tap, or after the signal, within which it dies."""
PACE = 40_000
"""Bytes a second that go through, each way: the drain takes a while."""
WAYS = (OPEN, OPEN, OPEN, REFUSED, REFUSED, SILENT)
"""How the house is reached while something is written down, by chance."""
HANDED_OVER = 0.12
"""How often the other one takes the phone."""
WEB_DIES = 10
"""In each so many-th drain the server dies, too."""


@dataclass
class Ledger:
    """What was done on this phone, in this order."""

    chance: random.Random
    reps: list[Rep]
    written: list[Written] = field(default_factory=list)

    def note(self, author: Rep) -> Written:
        return self._add(Written(author, self.chance.choice(author.shops), f"Note {len(self.written)}"))

    def check_in(self, author: Rep) -> Written:
        been = {each.shop for each in self.written if not each.note}
        return self._add(Written(author, next(shop for shop in author.shops if shop not in been)))

    def either(self, author: Rep) -> Written:
        return self.note(author) if self.chance.random() < 0.5 else self.check_in(author)

    def _add(self, written: Written) -> Written:
        self.written.append(written)
        return written


@dataclass(frozen=True)
class Came:
    """One row on the server."""

    author: object
    what: object
    at: datetime


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    yield house
    house.end()


@pytest.fixture
def gate(house: House) -> Iterator[Gate]:
    gate = Gate(house.product.port, bytes_a_second=PACE)
    yield gate
    gate.close()


@pytest.mark.timeout(1200)
def test_what_a_phone_said_is_saved_arrives_once_though_it_is_killed_a_hundred_times(
    house: House, gate: Gate, playwright: Playwright, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance, app = random.Random(16), house.app()
    reps = settle(app, reps=2, shops=WRITING, sms_in=timedelta(days=1))
    ledger, drill = (
        Ledger(chance, reps),
        Drill(house, app, gate, Handset(playwright, tmp_path, gate.port), chance),
    )
    rounds = [drill.killed_while_writing] * WRITING + [drill.killed_while_sending] * SENDING
    chance.shuffle(rounds)
    began = time.monotonic()
    drill.hand_to(reps[0])
    for each in rounds:
        if chance.random() < HANDED_OVER:
            drill.hand_to(reps[drill.holder is reps[0]])
        each(ledger)
    for rep in reps:
        drill.let_out(rep)
    took = time.monotonic() - began
    said = [each for each in ledger.written if each.said]
    came = _came(app)
    times = Counter((one.author, one.what) for one in came)
    whats = Counter(one.what for one in came)
    unsaid = sum(whats[_what(each)] for each in ledger.written if not each.said)
    lost = [each for each in said if not whats[_what(each)]]
    doubled = sum(count - 1 for count in whats.values())
    elsewhere = sum(whats[_what(each)] - times[each.author.id, _what(each)] for each in ledger.written)
    misordered = _misordered(ledger, came)
    with capsys.disabled():
        print(
            f"\nkilled {len(rounds)} times in {took:.0f} s, {drill.midway} times with some sent and some not:",
            end=" ",
        )
        print(f"{len(said)} said saved, {len(said) - len(lost)} of these arrived; {unsaid} of", end=" ")
        print(
            f"{len(ledger.written) - len(said)} that did not say so; {len(lost)} lost, {doubled} doubled,",
            end=" ",
        )
        print(f"{misordered} misordered, {elsewhere} under another name; {dict(drill.ways)}")
    assert drill.midway
    assert lost == []
    assert (doubled, misordered, elsewhere) == (0, 0, 0)
    assert whats.keys() <= {_what(each) for each in ledger.written}


def test_the_book_opens_while_nobody_can_open_the_memory_of_the_phone(
    house: House, gate: Gate, playwright: Playwright, tmp_path: Path
) -> None:
    chance, app = random.Random(16), house.app()
    (rep,) = settle(app, reps=1, shops=WRITING, sms_in=timedelta(days=1))
    phone = Handset(playwright, tmp_path, gate.port)
    drill, note = Drill(house, app, gate, phone, chance), Ledger(chance, [rep]).note(rep)
    drill.hand_to(rep)
    gate.turn(REFUSED)
    with phone.memory_held():
        phone.wake(rep)
        phone.fill_in(note)
    phone.write(note)
    assert note.said
    phone.sleep()
    drill.let_out(rep)
    assert [came.what for came in _came(app)] == [note.note]


class Drill:
    """One phone, which two share, before one house."""

    def __init__(self, house: House, app: Flask, gate: Gate, phone: Handset, chance: random.Random) -> None:
        self._house, self._app, self._gate = house, app, gate
        self._phone, self._chance = phone, chance
        self.midway = 0
        self.ways: Counter[str] = Counter()
        self._drains = 0

    def hand_to(self, rep: Rep) -> None:
        """The other one signs in, and the phone takes along what is theirs."""
        self._gate.turn(OPEN)
        self.holder = rep
        self._phone.wake(rep)
        self._phone.pack()
        self._phone.sleep()

    def killed_while_writing(self, ledger: Ledger) -> None:
        way = self._chance.choice(WAYS)
        self.ways[way] += 1
        self._gate.turn(way)
        self._phone.wake(self.holder)
        if way == OPEN:
            self._phone.empties()
        self._phone.write(ledger.either(self.holder), dies_after=LATEST * self._chance.random() ** 3)

    def killed_while_sending(self, ledger: Ledger) -> None:
        self._drains += 1
        self._gate.turn(REFUSED)
        self._phone.wake(self.holder)
        for _each in range(self._chance.randint(2, 4)):
            self._phone.write(ledger.note(self.holder))
        waiting, before = self._phone.waiting(), len(_came(self._app))
        self._gate.turn(OPEN)
        if web_dies := self._drains % WEB_DIES == 0:
            Timer(self._chance.uniform(0, LATEST), self._house.kill, ["web"]).start()
        self._phone.hears_of_signal(dies_after=self._chance.uniform(0, LATEST))
        if web_dies:
            until(lambda: self._house.killed["web"] and self._house.product.get("/session/new") == 200)
        self.midway += 0 < len(_came(self._app)) - before < waiting

    def let_out(self, rep: Rep) -> None:
        """All that is theirs goes out."""
        self.hand_to(rep)
        self._phone.wake(rep)
        self._phone.empties(within=120)
        self._phone.sleep()


def _what(written: Written) -> object:
    return written.note or written.shop.id


def _came(app: Flask) -> list[Came]:
    """Everything that is there, in the order in which it came."""
    with app.app_context(), system_access("a drill"):
        notes = db.session.execute(select(Note.by_id, Note.text, Note.recorded_at))
        visits = db.session.execute(select(Visit.person_id, Visit.customer_id, Visit.recorded_at))
        came = [Came(*row) for row in (*notes, *visits)]
    return sorted(came, key=lambda one: one.at)


def _misordered(ledger: Ledger, came: list[Came]) -> int:
    """How often something of somebody's came after what they did later."""
    turn = {_what(each): place for place, each in enumerate(ledger.written)}
    wrong = 0
    for rep in ledger.reps:
        theirs = [turn[one.what] for one in came if one.author == rep.id]
        wrong += sum(later < earlier for earlier, later in pairwise(theirs))
    return wrong
