"""P10: what a phone fetches to show Today for the first time."""

import re
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin
from uuid import UUID

from sqlalchemy import select
from werkzeug.test import Client, TestResponse

from benchmarks.company import Company
from benchmarks.measure import Result
from benchmarks.pages import tokens
from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.location import LocationAnswer
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.db import db, writing
from crmweb.routes.plans import Day
from crmweb.scope import system_access

STOPS = 30
LARGEST_KB, MOST = 60, 8

_IN_A_PAGE = re.compile(r"""<(?:link|script|img|use|source)\b[^>]*?\s(?:href|src)="(/[^"]*)\"""")
_IN_A_STYLE = re.compile(r"""(?:url\(|@import )["']?([^"')]+)""")
_NAMES = {"text/html": _IN_A_PAGE, "text/css": _IN_A_STYLE}


def first_load(company: Company) -> Iterator[Result]:
    """P10: the page and all that it names, compressed, with the heads of the answers. Give it a copy."""
    rep = company.rep(company.books // 3)
    assert rep.viewer_id is not None
    plan_today(company, rep.viewer_id)
    (token,) = tokens(company, [rep.viewer_id])
    fetched = _fetch(company, token, "/")
    sizes = {path: _size(answer) for path, answer in fetched.items()}
    kilobytes = sum(sizes.values()) / 1000
    parts = ", ".join(f"{_kind(path, fetched[path])} {size / 1000:.1f}" for path, size in sizes.items())
    what = f"Today with {STOPS} stops, cold"
    yield Result(
        "P10",
        f"{what}: KB over the wire",
        f"{kilobytes:.1f} ({parts})",
        f"≤ {LARGEST_KB}",
        kilobytes <= LARGEST_KB,
    )
    yield Result("P10", f"{what}: requests", str(len(fetched)), f"≤ {MOST}", len(fetched) <= MOST)


def plan_today(company: Company, rep_id: UUID) -> list[UUID]:
    """Give a rep, who has agreed to tell where they are, a day of `STOPS` stops; returns whom they lead to."""
    with company.app.app_context(), system_access("planning a day"), writing():
        rep = Actor.of(db.session.get_one(User, rep_id))
        day = rep.today(clock.now())
        LocationAnswer.give(True, by=rep, at=clock.now())
        theirs = select(Assignment.customer_id).where(Assignment.person_id == rep_id).limit(STOPS)
        stops = list(db.session.scalars(theirs))
        for customer_id in stops:
            Day(rep_id, day).add(customer_id, at=clock.now())
        return stops


def _fetch(company: Company, token: str, start: str) -> dict[str, TestResponse]:
    """The page, what it names, and what that names: each once."""
    phone, waiting, fetched = Client(company.app), [start], dict[str, TestResponse]()
    phone.set_cookie("session", token)
    while waiting:
        path = waiting.pop(0)
        if path in fetched:
            continue
        fetched[path] = phone.get(path, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
        assert fetched[path].status_code == 200, (path, fetched[path].status)
        waiting += _named_by(path, phone.get(path))
    assert fetched[start].status_code == 200
    return fetched


def _named_by(path: str, answer: TestResponse) -> list[str]:
    pattern = _NAMES.get(answer.mimetype or "")
    found = pattern.findall(answer.text) if pattern else []
    return [urldefrag(urljoin(path, each)).url for each in found if not each.startswith(("data:", "#"))]


def _size(answer: TestResponse) -> int:
    """Bytes of the body as it is sent, and of its head."""
    head = f"HTTP/1.1 {answer.status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
    return len(answer.data) + len(head.encode()) + 2


def _kind(path: str, answer: TestResponse) -> str:
    name = path.rpartition("/")[2].partition("-")[0].partition(".")[0]
    return f"{name} {(answer.mimetype or '').rpartition('/')[2]}".strip()
