"""A hundred phones on a line of 50 kbit/s that loses 30 % of their requests: nothing is lost, doubled or misordered.

It is our own outbox that sends, the modules of the product in Node.js.
"""

from __future__ import annotations

import json
import random
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from crmweb.db import db
from crmweb.idempotency import KeptAnswer
from crmweb.notes.models import Note
from crmweb.outbox.models import OutboxWrite
from crmweb.scope import system_access
from crmweb.timeline import Event
from crmweb.visits.models import Visit
from tests.drills.gates import ARRIVES, CUT, UNANSWERED, UNHEARD, Gate
from tests.drills.houses import House
from tests.drills.towns import Rep, settle
from tests.machine import node
from tests.supervisor.product import until

PEOPLE, EACH = 25, 4
"""Each of so many people has so many phones."""
VISITS = 25
"""Of each phone; each is four writes."""
SHOPS = 5
LINE = 50_000 // 8
"""Bytes a second, each way."""
LOST = 0.3
EARLY = 0.15
"""Of the visits: their result and their place set out before the check-in."""
ASTRAY = 0.1
"""How often somebody else is signed in as a phone tries to send, or nobody."""
KILLS = 6
"""Of the web process."""
PAUSE = 2_000
"""Milliseconds at most between the visits of a phone."""
PATIENCE = 1_800
"""Seconds."""
CLOCK = 90
"""Seconds within which the clock does what a killed process had taken on and not done: it looks once a minute."""
PHONES = Path(__file__).with_name("phones.mjs")


@dataclass(frozen=True)
class Kept:
    """One write that a phone took on, in its place."""

    person: uuid.UUID
    phone: str
    seq: int
    key: str
    kind: str
    visit: uuid.UUID
    tells: str
    early: bool


@dataclass
class Books:
    """What the house has, as the drill looks at it."""

    answers: dict[tuple[uuid.UUID, str], datetime]
    notes: Counter[tuple[uuid.UUID, str]]
    visits: dict[uuid.UUID, tuple[uuid.UUID, uuid.UUID, str | None, bool]]
    events: Counter[uuid.UUID]
    held: int

    @classmethod
    def read(cls, app: Flask) -> Books:
        with app.app_context(), system_access("a drill"):
            answers = select(KeptAnswer.user_id, KeptAnswer.key, KeptAnswer.kept_at)
            visits = select(Visit.id, Visit.person_id, Visit.customer_id, Visit.outcome, Visit.judged_at)
            entries = select(Event.customer_id).where(
                Event.kind.in_(("visit.started", "visit.finished", "note.written"))
            )
            return cls(
                {(user, key): at for user, key, at in db.session.execute(answers)},
                Counter((who, text) for who, text in db.session.execute(select(Note.by_id, Note.text))),
                {
                    visit: (who, where, outcome, bool(judged))
                    for visit, who, where, outcome, judged in db.session.execute(visits)
                },
                Counter(db.session.scalars(entries)),
                db.session.scalar(select(func.count()).select_from(OutboxWrite)) or 0,
            )

    def have(self, kept: Kept) -> bool:
        """Whether it is there, whole, and its author's."""
        if kept.kind == "note":
            return self.notes[kept.person, kept.tells] > 0
        who, where, outcome, judged = self.visits.get(kept.visit, (None, None, None, False))
        told = {"check-in": str(where) == kept.tells, "finish": outcome == kept.tells, "place": judged}
        return who == kept.person and told[kept.kind]


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    yield house
    house.end()


class Line:
    """Chooses what becomes of each request, and counts it."""

    def __init__(self) -> None:
        self.met: Counter[str] = Counter()
        self._chance = random.Random(30)

    def fate(self) -> str:
        lost = self._chance.random() < LOST
        fate = self._chance.choice((UNHEARD, UNANSWERED, CUT)) if lost else ARRIVES
        self.met[fate] += 1
        return fate


@pytest.mark.timeout(2100)
def test_a_hundred_phones_on_a_bad_line_bring_everything_once_in_order_under_their_own_names(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app, line = house.app(), Line()
    reps = settle(app, reps=PEOPLE, shops=SHOPS, sms_in=timedelta(days=1))
    writes = PEOPLE * EACH * VISITS * 4
    gate = Gate(house.product.port, bytes_a_second=LINE, fate=line.fate)
    began = time.monotonic()
    with _killed(house, app, writes):
        told = _live(reps, gate, tmp_path)
    took = time.monotonic() - began
    gate.close()
    until(lambda: not Books.read(app).held, within=CLOCK)
    kept = [_kept(each) for each in told if "key" in each]
    left, books = [each for each in told if each.get("left")], Books.read(app)
    lost = [each for each in kept if not books.have(each)]
    doubled = _doubled(kept, books)
    misordered = _misordered(kept, books)
    elsewhere = _elsewhere(kept, books)
    early = sum(each.early for each in kept)
    ends = sum((Counter(each["ends"]) for each in told if "ends" in each), Counter[str]())
    with capsys.disabled():
        print(
            f"\n{len(kept):,} writes of {PEOPLE * EACH} phones in {took:.0f} s, {early} of them",
            end=" ",
        )
        print(
            f"before their check-in; {sum(line.met.values()):,} requests {dict(line.met)}; drains {dict(ends)};",
            end=" ",
        )
        print(f"killed {dict(house.killed)}: {len(lost)} lost, {doubled} doubled,", end=" ")
        print(f"{misordered} misordered, {elsewhere} under another name")
    assert len(kept) == writes
    assert left == []
    assert lost == []
    assert (doubled, misordered, elsewhere, books.held) == (0, 0, 0, 0)
    assert min(ends["someone_else"], ends["signed_out"], ends["unreached"], house.killed["web"]) > 0


def _kept(told: dict[str, Any]) -> Kept:
    return Kept(**{**told, "person": uuid.UUID(told["person"]), "visit": uuid.UUID(told["visit"])})


def _live(reps: list[Rep], gate: Gate, folder: Path) -> list[dict[str, Any]]:
    """One process for the first phone of each, one for the second, and so on; what they tell."""
    running = []
    for number in range(EACH):
        phones = [
            {
                "name": f"phone {place}.{number}", "person": str(rep.id), "cookie": rep.cookie,
                "others": [reps[place - 1].cookie, ""], "customers": [str(shop.id) for shop in rep.shops],
            }
            for place, rep in enumerate(reps)
        ]  # fmt: skip
        plan = {
            "base": f"http://localhost:{gate.port}", "visits": VISITS, "early": EARLY, "astray": ASTRAY,
            "seed": number, "seconds": PATIENCE, "pause": PAUSE, "phones": phones,
        }  # fmt: skip
        asked, ledger = folder / f"plan{number}.json", folder / f"ledger{number}.jsonl"
        asked.write_text(json.dumps(plan))
        with asked.open() as told, ledger.open("w") as writes:
            running.append((subprocess.Popen([node.where(), PHONES], stdin=told, stdout=writes), ledger))
    try:
        for process, _ledger in running:
            assert process.wait(PATIENCE + 60) == 0
    finally:
        for process, _ledger in running:
            process.kill()
            process.wait()
    return [json.loads(line) for _process, ledger in running for line in ledger.read_text().splitlines()]


@contextmanager
def _killed(house: House, app: Flask, writes: int) -> Iterator[None]:
    """While this lasts the web process is killed some times, each after as many more writes came."""
    over = threading.Event()

    def kill() -> None:
        for number in range(1, KILLS + 1):
            while _arrived(app) < writes * number / (KILLS + 1):
                if over.wait(0.5):
                    return
            house.kill("web")

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


def _arrived(app: Flask) -> int:
    with app.app_context(), system_access("a drill"):
        return db.session.scalar(select(func.count()).select_from(KeptAnswer)) or 0


def _doubled(kept: list[Kept], books: Books) -> int:
    """More of a note than one, and more on a customer's page than there were visits and notes."""
    more = sum(count - 1 for count in books.notes.values())
    check_ins = Counter(uuid.UUID(each.tells) for each in kept if each.kind == "check-in")
    return more + sum(max(books.events[shop] - 2 * count, 0) for shop, count in check_ins.items())


def _misordered(kept: list[Kept], books: Books) -> int:
    """How often something was done before what its phone did before; what came too early, before its check-in."""
    wrong, began = 0, {each.visit: _at(each, books) for each in kept if each.kind == "check-in"}
    for phone in {each.phone for each in kept}:
        mine = [each for each in kept if each.phone == phone]
        in_turn = [_at(each, books) for each in sorted(mine, key=lambda each: each.seq) if not each.early]
        wrong += sum(later < earlier for earlier, later in pairwise(in_turn))
        wrong += sum(_at(each, books) < began[each.visit] for each in mine if each.early)
    return wrong


def _at(kept: Kept, books: Books) -> datetime:
    """When it was done."""
    return books.answers[kept.person, kept.key]


def _elsewhere(kept: list[Kept], books: Books) -> int:
    """What stands there under the name of somebody who did not do it."""
    visits, notes = {each.visit: each.person for each in kept}, {each.tells: each.person for each in kept}
    wrong = sum(visits.get(visit) != row[0] for visit, row in books.visits.items())
    mine = {(each.person, each.key) for each in kept}
    return (
        wrong
        + sum(notes.get(text) != who for who, text in books.notes)
        + sum(answer not in mine for answer in books.answers)
    )
