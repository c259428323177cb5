"""P6: searching as one types, for every length of what was typed so far."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import select

from benchmarks.company import Company
from benchmarks.measure import Result, Times, times
from crmweb.customers.models import Customer
from crmweb.customers.search import Search
from crmweb.db import db
from crmweb.names import fold
from crmweb.scope import Principal

SHOPS = 40
"""Customers who are looked for, each by every beginning of what they are known by."""

LONGEST = 24


class Typed(NamedTuple):
    """Something that people type, and how they come by it."""

    what: str
    of: Callable[[Any], str]


TYPED = [
    Typed("names", lambda shop: str(shop.name)),
    Typed("names without accents", lambda shop: fold(shop.name)),
    Typed("codes", lambda shop: str(shop.code)),
    Typed("phones", lambda shop: "0" + str(shop.phone).removeprefix("+84")),
    Typed("ends of phones", lambda shop: str(shop.phone)[-6:]),
]


def searches(large: Company) -> Iterator[Result]:
    """P6: an admin over all, then reps within their own book."""
    random = Random(7)
    admin = [large.admin()] * SHOPS
    reps = [large.rep(random.randrange(large.books)) for _ in range(SHOPS)]
    for scope, seekers, goal in (("everyone's", admin, 2.0), ("a rep's own", reps, 0.5)):
        sought = [(who, _shop(large, who, random, large.size)) for who in seekers]
        for typed in TYPED:
            yield _slowest(scope, typed, _by_length(large, typed, sought), goal)


def _shop(company: Company, who: Principal, random: Random, size: int) -> Any:
    """Somebody whom they may see."""
    with company.acting(who):
        shops = select(Customer.name, Customer.code, Customer.phone)
        if who.sees_all:
            return db.session.execute(shops.where(Customer.code == f"KH{random.randrange(size):07}")).one()
        return random.choice(db.session.execute(shops).all())


def _by_length(company: Company, typed: Typed, sought: list[tuple[Principal, Any]]) -> dict[int, Times]:
    found: dict[int, Times] = {}
    for who, shop in sought:
        text = typed.of(shop)[:LONGEST]
        with company.acting(who):
            for length in range(1, len(text) + 1):
                taken = times(lambda start: Search(start).run(), [text[:length]])
                found.setdefault(length, Times([])).each.extend(taken.each)
    return {length: taken for length, taken in found.items() if len(taken.each) >= SHOPS // 4}


def _slowest(scope: str, typed: Typed, found: dict[int, Times], goal: float) -> Result:
    """The length at which the half of the searches take longest, beside the half of all."""
    length = max(found, key=lambda each: found[each].p50)
    slowest = found[length].p50
    together = Times([each for taken in found.values() for each in taken.each])
    return Result(
        "P6",
        f"search, {scope}, {typed.what}, slowest of {len(found)} lengths",
        f"{slowest:.2f} ms at {length} (p50 of all {together.p50:.2f}, p95 {together.p95:.1f})",
        f"≤ {goal} ms",
        slowest <= goal,
    )
