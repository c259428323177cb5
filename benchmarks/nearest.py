"""P2, P2b, P3: the nearest customers, by how many there are and by who asks."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from benchmarks.company import Company
from benchmarks.founding import LEAD, TODAY
from benchmarks.measure import Result, Times, times
from crmweb.db import db
from crmweb.geo import Point
from crmweb.nearby.asking import NO_FILTERS, Filters
from crmweb.nearby.nearest import nearest
from crmweb.nearby.neighbours import Neighbour

A_TENTH = Filters(tiers=("A",))
A_THOUSANDTH = Filters(statuses=("former",))


class Question(NamedTuple):
    """Who asks for how many of what, and what growth may cost them."""

    what: str
    who: str
    k: int
    filters: Filters
    goal: float


QUESTIONS = [
    Question("everyone's, K20", "admin", 20, NO_FILTERS, 1.5),
    Question("everyone's, K50", "admin", 50, NO_FILTERS, 1.5),
    Question("everyone's, K50, one in ten", "admin", 50, A_TENTH, 1.5),
    Question("a rep's 300, K20", "rep", 20, NO_FILTERS, 2.2),
]


def growth(small: Company, large: Company) -> Iterator[Result]:
    """P2: what a hundred times as many customers cost, half of the questions taken in turns with the other."""
    for question in QUESTIONS:
        few, many = Times([]), Times([])
        for turn in range(4):
            few.each += _times(small, question, Random(turn)).each
            many.each += _times(large, question, Random(turn)).each
        ratio = many.p50 / few.p50
        came_to = f"{ratio:.2f}× ({few.p50:.2f} → {many.p50:.2f} ms)"
        yield Result(
            "P2",
            f"nearest, {question.what}: 1M against 10k",
            came_to,
            f"≤ {question.goal}×",
            ratio <= question.goal,
        )


def scopes(large: Company) -> Iterator[Result]:
    """P2b: managers and rare filters, in the towns and anywhere on Earth."""
    for team, goal in (
        (LEAD, 8.0),
        ("team of 40", 8.0),
        ("team of 66", 8.0),
        ("region of 400", 300.0),
        ("whole company", 300.0),
    ):
        yield _scope(large, f"{team}, in towns", team, _towns(large, 40), NO_FILTERS, goal)
        yield _scope(large, f"{team}, anywhere on Earth", team, _anywhere(40), NO_FILTERS, goal)
    yield _scope(large, "everyone's, anywhere on Earth", "admin", _anywhere(40), NO_FILTERS, 300.0)
    yield _scope(large, "everyone's, one in a thousand", "admin", _towns(large, 40), A_THOUSANDTH, 300.0)
    yield _scope(large, "everyone's due today", "admin", _towns(large, 40), Filters(due="today"), 300.0)
    yield _scope(
        large, "whole company, one in a thousand", "whole company", _towns(large, 40), A_THOUSANDTH, 300.0
    )


def full_scan(large: Company) -> Iterator[Result]:
    """P3: against measuring every customer in SQL, and whether both name the same."""
    places = [*_towns(large, 12), *_anywhere(4)]
    with large.acting(large.admin()):
        scan = times(_scan, places[:4])
        ours = times(_nearest, _towns(large, 200))
        wrong = sum(_ids(_nearest(place)) != [bytes(row[0]) for row in _scan(place)] for place in places)
    ratio = scan.p50 / ours.p50
    came_to = f"{ratio:,.0f}× ({ours.p50:.2f} against {scan.p50:,.0f} ms)"
    yield Result("P3", "nearest of 1M, K20: against a full scan", came_to, "≥ 1,000×", ratio >= 1000)
    yield Result("P3", f"mismatches with it at {len(places)} places", str(wrong), "0", wrong == 0)


def _times(company: Company, question: Question, random: Random) -> Times:
    if question.who == "rep":
        return _times_of_reps(company, question, random)
    places = [company.towns.place(random) for _ in range(75)]
    with company.acting(company.admin()):
        return times(
            lambda place: nearest(place, today=TODAY, k=question.k, filters=question.filters), places
        )


def _times_of_reps(company: Company, question: Question, random: Random) -> Times:
    """Reps at their own customers' doors."""
    each: list[float] = []
    for _ in range(15):
        with company.acting(company.rep(random.randrange(company.books))):
            book = nearest(Point(10, 106), today=TODAY, k=300)
            doors = [shop.place for shop in random.choices(book, k=5)]
            each += times(lambda door: nearest(door, today=TODAY, k=question.k), doors).each
    return Times(each)


def _scope(
    company: Company, what: str, who: str, places: list[Point], filters: Filters, goal: float
) -> Result:
    principal = company.admin() if who == "admin" else company.manager(who)
    with company.acting(principal):
        taken = times(lambda place: nearest(place, today=TODAY, filters=filters), places)
    came_to = f"{taken.p95:.1f} ms (p50 {taken.p50:.1f})"
    return Result("P2b", f"nearest, {what}, K20, p95", came_to, f"≤ {goal:.0f} ms", taken.p95 <= goal)


def _nearest(place: Point) -> list[Neighbour]:
    return nearest(place, today=TODAY)


def _ids(found: list[Neighbour]) -> list[bytes]:
    return [neighbour.customer_id.bytes for neighbour in found]


def _scan(place: Point) -> Sequence[Any]:
    return (
        db.session.connection()
        .exec_driver_sql(
            _EVERY_CUSTOMER, {"lat": place.lat, "lng": place.lng}, execution_options={"scoped": True}
        )
        .all()
    )


# What one writes first; the asker sees all, so it needs no scope.
_EVERY_CUSTOMER = """
SELECT id, 2 * 6371008.8 * asin(sqrt(
    pow(sin(radians(lat - :lat) / 2), 2) + cos(radians(:lat)) * cos(radians(lat)) * pow(sin(radians(lng - :lng) / 2), 2)
)) AS distance, name, address, phone, email, tier, status, lat, lng
FROM customers WHERE archived_at IS NULL AND lat IS NOT NULL ORDER BY distance, id LIMIT 20
"""


def _towns(company: Company, count: int) -> list[Point]:
    random = Random(5)
    return [company.towns.place(random) for _ in range(count)]


def _anywhere(count: int) -> list[Point]:
    random = Random(6)
    return [Point(random.uniform(-85, 85), random.uniform(-180, 180)) for _ in range(count)]
