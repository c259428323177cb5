"""P1, P4, P5: requests in-process, as a share of a bare Flask's hello."""

import os
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from werkzeug.test import EnvironBuilder

from benchmarks.company import Company
from benchmarks.founding import NOW, SAID, TALKATIVE, TODAY
from benchmarks.measure import Result, Times, times
from crmweb import clock, logs
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.geo import Point
from crmweb.nearby.nearest import nearest
from crmweb.scope import Principal, system_access

Environ = dict[str, Any]
ROUNDS, EACH = 5, 60
"""Requests are measured in rounds of so many, each beside a round of hellos."""


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
    yield _share("P1", "nearby partial, 20 rows, of hello", company.app, nearby, "200", (0.12, 0.16))
    random = Random(4)
    anyone = random.sample(range(company.size), ROUNDS * EACH * 2)
    check_ins = map(_check_in, _doors(company, anyone))
    yield _share("P4", "check-in, of hello", company.app, check_ins, "303", (0.08, 0.12))
    talkative = random.sample(range(0, company.size, TALKATIVE), EACH)
    shown = cycle(map(_customer_page, _doors(company, talkative)))
    what = f"customer page, 30 of {SAID} entries, of hello"
    yield _share("P5", what, company.app, shown, "200", (0.12, 0.20))


def log_as_in_production() -> None:
    """A line a request, but where nobody has to read it."""
    logs.set_up("production", to=Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as the process lives


def tokens(company: Company, people: list[Any]) -> list[str]:
    """Each of these people signed in."""
    with company.app.app_context(), system_access("signing in for a benchmark"), writing():
        return [DeviceSession.start(db.session.get_one(User, person), at=clock.now()) for person in people]


def _share(
    number: str, what: str, app: Flask, requests: Iterator[Environ], status: str, goals: tuple[float, float]
) -> Result:
    """How much of the time of a request of ours a hello takes; each of ours is sent once."""
    hello, ours = Times([]), Times([])
    said = _call(_bare(), "200")
    answer = _call(app, status)
    for _ in range(ROUNDS):
        hello.each += times(said, [EnvironBuilder("/").get_environ()] * 200).each
        ours.each += times(lambda _: answer(next(requests)), range(EACH)).each
    share = hello.p50 / ours.p50
    came_to = f"{share:.1%} ({ours.p50:.2f} ms, hello {hello.p50:.3f})"
    goal, stretch = goals
    return Result(number, what, came_to, f"≥ {goal:.0%}, stretch {stretch:.0%}", share >= goal)


def _bare() -> Flask:
    """Not ours: slow hooks of ours must not make the yardstick shorter."""
    app = Flask("hello")
    app.add_url_rule("/", view_func=lambda: "hello")
    return app


def _call(app: Flask, expected: str) -> Callable[[Environ], None]:
    def call(environ: Environ) -> None:
        status: list[str] = []
        for _ in app.wsgi_app(dict(environ), lambda line, *_: status.append(line)):  # type: ignore[arg-type]
            pass
        assert status[0].startswith(expected), status

    return call


def _doors_of(company: Company, rep: Principal) -> list[Point]:
    with company.acting(rep):
        book = nearest(Point(10, 106), today=TODAY, k=300)
    return [shop.place for shop in Random(9).choices(book, k=EACH)]


def _doors(company: Company, numbers: list[int]) -> list[Door]:
    """These customers by their number, each with the rep who looks after it before the door."""
    columns = (Assignment.person_id, Customer.id, Customer.lat, Customer.lng)
    codes = [f"KH{number:07}" for number in numbers]
    found = select(*columns).join(Customer, Customer.id == Assignment.customer_id)
    with company.app.app_context(), system_access("choosing doors"):
        rows = db.session.execute(found.where(Customer.code.in_(codes))).all()
    signed_in = tokens(company, [row.person_id for row in rows])
    return [Door(token, row.id, Point(row.lat, row.lng)) for token, row in zip(signed_in, rows, strict=True)]


def _partial(token: str, at: Point) -> Environ:
    query = {"lat": f"{at.lat:.4f}", "lng": f"{at.lng:.4f}"}
    headers = [("HX-Request", "true"), ("Cookie", f"session={token}")]
    return EnvironBuilder("/nearby", query_string=query, headers=headers).get_environ()


def _check_in(door: Door) -> Environ:
    """As the form sends it: with names of its own, and the place that the phone found."""
    form = {
        "id": str(_minted()), "Idempotency-Key": str(new_id()), "client_at": clock.now().isoformat(),
        "lat": f"{door.at.lat:.6f}", "lng": f"{door.at.lng:.6f}", "accuracy_m": "12",
    }  # fmt: skip
    headers = [("Sec-Fetch-Site", "same-origin"), ("Cookie", f"session={door.token}")]
    address = f"/customers/{door.customer_id}/visits"
    return EnvironBuilder(address, method="POST", data=form, headers=headers).get_environ()


def _minted() -> UUID:
    """An id of the day that is replayed: the house takes none of another season."""
    milliseconds, chance = int(clock.now().timestamp() * 1000), new_id().int % (1 << 80)
    return UUID(int=milliseconds << 80 | chance)


def _customer_page(door: Door) -> Environ:
    headers = [("Cookie", f"session={door.token}")]
    return EnvironBuilder(f"/customers/{door.customer_id}", headers=headers).get_environ()
