"""P1: pages, in-process, as a share of a bare Flask's hello."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder

from benchmarks.company import Company
from benchmarks.founding import TODAY
from benchmarks.measure import Result, Times, times
from crmweb import clock, logs
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.db import db, writing
from crmweb.geo import Point
from crmweb.nearby.nearest import nearest
from crmweb.scope import Principal, system_access

Environ = dict[str, Any]


def pages(large: Company) -> Iterator[Result]:
    """P1: the nearby partial of 20 rows for a rep, with the guard on."""
    _log_as_in_production()
    rep = large.rep(large.books // 2)
    token = _token(large, rep)
    requests = [_partial(token, door) for door in _doors(large, rep)]
    hello, ours = Times([]), Times([])
    for _ in range(5):
        hello.each += times(_call(_bare()), [EnvironBuilder("/").get_environ()] * 200).each
        ours.each += times(_call(large.app), requests).each
    share = hello.p50 / ours.p50
    came_to = f"{share:.1%} ({ours.p50:.2f} ms, hello {hello.p50:.3f})"
    yield Result("P1", "nearby partial, 20 rows, of hello", came_to, "≥ 12%, stretch 16%", share >= 0.12)


def _log_as_in_production() -> None:
    """A line a request, but where nobody has to read it."""
    logs.set_up("production")
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as the process lives


def _bare() -> Flask:
    """Not ours: slow hooks of ours must not make the yardstick shorter."""
    app = Flask("hello")
    app.add_url_rule("/", view_func=lambda: "hello")
    return app


def _call(app: Flask) -> Callable[[Environ], None]:
    def call(environ: Environ) -> None:
        status: list[str] = []
        for _ in app.wsgi_app(dict(environ), lambda line, *_: status.append(line)):  # type: ignore[arg-type]
            pass
        assert status[0].startswith("200"), status

    return call


def _doors(company: Company, rep: Principal) -> list[Point]:
    with company.acting(rep):
        book = nearest(Point(10, 106), today=TODAY, k=300)
    return [Point(shop.lat, shop.lng) for shop in Random(9).choices(book, k=60)]


def _partial(token: str, at: Point) -> Environ:
    query = {"lat": f"{at.lat:.4f}", "lng": f"{at.lng:.4f}"}
    headers = [("HX-Request", "true"), ("Cookie", f"session={token}")]
    return EnvironBuilder("/nearby", query_string=query, headers=headers).get_environ()


def _token(company: Company, who: Principal) -> str:
    with company.app.app_context(), system_access("signing in for a benchmark"), writing():
        return DeviceSession.start(db.session.get_one(User, who.viewer_id), at=clock.now())
