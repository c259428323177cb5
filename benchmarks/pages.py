"""P1, P4, P5: requests in-process, as a share of a bare Flask's hello.

Both go through Flask's own client, as those of the prototypes did that the goals come from (docs/decisions.md); beside
it stands what is left when it is taken away from both, which nobody meets who calls a page.
"""

import os
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, NamedTuple
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from werkzeug.test import EnvironBuilder

from benchmarks.company import Company
from benchmarks.founding import NOW, SAID, TALKATIVE, TODAY
from benchmarks.measure import Result, Times, once, times
from crmweb import clock, logs
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.geo import Point
from crmweb.nearby.nearest import nearest
from crmweb.scope import Principal, system_access

ROUNDS, EACH = 50, 6
"""Requests are measured in short rounds, each beside one of hellos: the pace of a machine that others use, too, changes
within a second.
"""

DOORS = 60
"""Places before which a rep asks who is near, and pages of customers that are looked at again and again."""

Call = Callable[[], object]


class Asked(NamedTuple):
    """A request, as Flask's client takes it; `token`: of whose session."""

    path: str
    token: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    data: dict[str, str] | None = None


class Door(NamedTuple):
    """A customer, and the session of the rep who stands before it."""

    token: str
    customer_id: Any
    at: Point


def pages(company: Company) -> Iterator[Result]:
    """P1, P4, P5, the guard on, on the day of the founding. They sign in and check in: give them a copy."""
    with clock.frozen(NOW):
        yield from _pages(company)


def _pages(company: Company) -> Iterator[Result]:
    rep = company.rep(company.books // 2)
    (token,) = tokens(company, [rep.viewer_id])
    nearby = cycle(_partial(token, at) for at in _doors_of(company, rep))
    yield _share("P1", "nearby partial, 20 rows, of hello", company.app, nearby, 200, (0.12, 0.16))
    random = Random(4)
    anyone = random.sample(range(company.size), ROUNDS * EACH * 4)
    check_ins = map(_check_in, _doors(company, anyone))
    yield _share("P4", "check-in, of hello", company.app, check_ins, 303, (0.08, 0.12))
    talkative = random.sample(range(0, company.size, TALKATIVE), DOORS)
    shown = cycle(map(_customer_page, _doors(company, talkative)))
    what = f"customer page, 30 of {SAID} entries, of hello"
    yield _share("P5", what, company.app, shown, 200, (0.12, 0.20))


def log_as_in_production() -> None:
    """A line a request, but where nobody has to read it."""
    logs.set_up("production", to=Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as the process lives


def tokens(company: Company, people: list[Any]) -> list[str]:
    """Each of these people signed in."""
    with company.app.app_context(), system_access("signing in for a benchmark"), writing():
        return [DeviceSession.start(db.session.get_one(User, person), at=clock.now()) for person in people]


def _share(
    number: str, what: str, app: Flask, requests: Iterator[Asked], status: int, goals: tuple[float, float]
) -> Result:
    """How much of the time of a request of ours a hello takes; each of ours is sent once."""
    came_to = [_beside_hello(prepare, app, requests, status) for prepare in (_by_client, _without_client)]
    (share, ours_ms, hello_ms), (bare, _, _) = came_to
    words = f"{share:.1%} ({ours_ms:.2f} ms, hello {hello_ms:.3f}; {bare:.1%} without the client)"
    goal, stretch = goals
    return Result(number, what, words, f"≥ {goal:.0%}, stretch {stretch:.0%}", share >= goal)


def _beside_hello(
    prepare: Callable[[Flask, list[Asked], int], list[Call]],
    app: Flask,
    requests: Iterator[Asked],
    status: int,
) -> tuple[float, float, float]:
    """The share in half of the rounds, and the milliseconds of ours and of hello."""
    hellos = prepare(_bare(), [Asked("/")] * 4 * EACH, 200)
    shares, ours, hello = [], Times([]), Times([])
    for _ in range(ROUNDS):
        said, answered = (
            times(_do, hellos),
            _each_once(prepare(app, list(islice(requests, 2 * EACH)), status)),
        )
        shares.append(said.p50 / answered.p50)
        hello.each += said.each
        ours.each += answered.each
    return median(shares), ours.p50, hello.p50


def _do(call: Call) -> object:
    return call()


def _each_once(calls: list[Call]) -> Times:
    """The first half warms what is kept in memory."""
    half = len(calls) // 2
    for call in calls[:half]:
        call()
    return Times([once(_do, call) for call in calls[half:]])


def _bare() -> Flask:
    """Not ours: slow hooks of ours must not make the yardstick shorter."""
    app = Flask("hello")
    app.add_url_rule("/", view_func=lambda: "hello")
    return app


def _by_client(app: Flask, requests: list[Asked], expected: int) -> list[Call]:
    """Each browser has a client of its own."""
    clients = {token: app.test_client() for token in {asked.token for asked in requests}}
    for token, client in clients.items():
        if token:
            client.set_cookie("session", token)

    def prepared(asked: Asked) -> Call:
        ask, (path, _token, headers, method, data) = clients[asked.token].open, asked

        def call() -> None:
            answer = ask(path, method=method, headers=headers, data=data)
            assert answer.status_code == expected, answer.status

        return call

    return list(map(prepared, requests))


def _without_client(app: Flask, requests: list[Asked], expected: int) -> list[Call]:
    def prepared(asked: Asked) -> Call:
        path, token, headers, method, data = asked
        named = [*headers, ("Cookie", f"session={token}")]
        environ = EnvironBuilder(path, method=method, headers=named, data=data).get_environ()

        def call() -> None:
            said: list[str] = []
            for _ in app.wsgi_app(environ, lambda line, *_: said.append(line)):  # type: ignore[arg-type]
                pass
            assert said[0].startswith(str(expected)), said

        return call

    return list(map(prepared, requests))


def _doors_of(company: Company, rep: Principal) -> list[Point]:
    with company.acting(rep):
        book = nearest(Point(10, 106), today=TODAY, k=300)
    return [shop.place for shop in Random(9).choices(book, k=DOORS)]


def _doors(company: Company, numbers: list[int]) -> list[Door]:
    """These customers by their number, each with the rep who looks after it before the door."""
    columns = (Assignment.person_id, Customer.id, Customer.lat, Customer.lng)
    codes = [f"KH{number:07}" for number in numbers]
    found = select(*columns).join(Customer, Customer.id == Assignment.customer_id)
    with company.app.app_context(), system_access("choosing doors"):
        rows = db.session.execute(found.where(Customer.code.in_(codes))).all()
    signed_in = tokens(company, [row.person_id for row in rows])
    return [Door(token, row.id, Point(row.lat, row.lng)) for token, row in zip(signed_in, rows, strict=True)]


def _partial(token: str, at: Point) -> Asked:
    return Asked(f"/nearby?lat={at.lat:.4f}&lng={at.lng:.4f}", token, (("HX-Request", "true"),))


def _check_in(door: Door) -> Asked:
    """As the form sends it: with names of its own, and the place that the phone found."""
    form = {
        "id": str(_minted()), "Idempotency-Key": str(new_id()), "client_at": clock.now().isoformat(),
        "lat": f"{door.at.lat:.6f}", "lng": f"{door.at.lng:.6f}", "accuracy_m": "12",
    }  # fmt: skip
    from_here = (("Sec-Fetch-Site", "same-origin"),)
    return Asked(f"/customers/{door.customer_id}/visits", door.token, from_here, "POST", form)


def _minted() -> UUID:
    """An id of the day that is replayed: the house takes none of another season."""
    milliseconds, chance = int(clock.now().timestamp() * 1000), new_id().int % (1 << 80)
    return UUID(int=milliseconds << 80 | chance)


def _customer_page(door: Door) -> Asked:
    return Asked(f"/customers/{door.customer_id}", door.token)
