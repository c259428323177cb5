"""Nearby is exact: whoever asks, wherever they stand, it names the same customers as measuring every one."""

import csv
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random

import pytest
from flask import Flask

from crmweb.db import db
from crmweb.geo import Point, haversine_m
from crmweb.nearby import books
from crmweb.nearby import nearest as nearby
from crmweb.nearby.asking import NO_FILTERS, Filters
from crmweb.nearby.hunches import Hunches
from crmweb.nearby.nearest import DueCounts, Search, nearest
from crmweb.nearby.neighbours import Neighbour
from crmweb.scope import NoPrincipal
from tests.conftest import Standing
from tests.nearby.world import NOW, TODAY, World, spread

BREWERIES = Path(__file__).parents[3] / "shared" / "data" / "breweries.csv"
ROUNDING_M = 1e-6

PLACES = [
    Point(10.7769, 106.7009), Point(21.0285, 105.8542), Point(51.5, -0.1), Point(39.7392, -104.9903),
    Point(0, 0), Point(45, 0), Point(0, 90), Point(84.375, 0), Point(-55, -170),
    Point(90, 0), Point(-90, 77), Point(89.9999, -180),
    Point(0, 180), Point(-17.5, -180), Point(-17.5, 179.99999),
]  # fmt: skip


def _world() -> World:
    """Lan and Hùng work under Mai; Tuấn sees all; Huy is an outsider, Nhàn is new."""
    world = World()
    for rep in ("Lan", "Hùng", "Huy", "Nhàn"):
        world.person(rep)
    world.person("Mai", role="manager", sees=["Lan", "Hùng"])
    world.person("Tuấn", role="admin")
    return world


def _share_out(world: World) -> None:
    """Half to Lan, some to others, some to two, some to nobody; some ended, some not begun, some put away."""
    for customer_id in list(world.customers):
        dice = world.random.random()
        if dice < 0.5:
            world.assign(customer_id, "Lan")
        if 0.4 < dice < 0.7:
            world.assign(customer_id, "Hùng")
        if 0.45 < dice < 0.5:
            world.assign(customer_id, "Lan", line="ice cream")
        if 0.7 < dice < 0.8:
            world.assign(customer_id, "Lan", ended_at=NOW)
        if 0.75 < dice < 0.85:
            world.assign(customer_id, "Hùng", started_at=None)
    world.assign(next(iter(world.customers)), "Huy")


@cache
def _hard_geometry() -> World:
    """Crowds at the poles, on ±180° and on one spot; and nobody for a thousand kilometres elsewhere."""
    world = _world()
    for place in PLACES:
        for point in spread(world.random, 60, [place], 2_000) + spread(world.random, 20, [place], 300_000):
            world.customer(point.lat, point.lng)
    _crowd(world)
    for _ in range(50):
        world.customer(10.7769, 106.7009, archived_at=NOW)
        world.customer(None, None)
    _share_out(world)
    return world


def _crowd(world: World) -> None:
    """Sixty in one house, four hundred in a dense grid, and some exactly where longitudes end or meet."""
    for _ in range(60):
        world.customer(10.7769, 106.7009)
    for step in range(400):
        world.customer(10.80 + step % 20 / 1e4, 106.70 + step // 20 / 1e4)
    for lat, lng in [(-17.5, 180), (-17.5, -180)] * 5 + [
        (pole, lng) for pole in (90, -90) for lng in (0, 120, -180)
    ]:
        world.customer(lat, lng)


@cache
def _breweries() -> World:
    """Real businesses in 23 countries."""
    world = _world()
    with BREWERIES.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["latitude"] and row["longitude"]:
                world.customer(float(row["latitude"]), float(row["longitude"]), name=row["name"])
    _share_out(world)
    return world


@pytest.fixture(scope="module")
def app(standing: Standing) -> Iterator[Flask]:
    """The tables without people, on which a world is put."""
    app = standing.begin_from("empty")
    with app.app_context():
        yield app
    app.extensions.pop("world", None)


@pytest.fixture(autouse=True)
def _no_hunches(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was learned in another world: people are called the same there."""
    monkeypatch.setattr(nearby, "_SIZES", Hunches())
    monkeypatch.setattr(nearby, "_REACHES", Hunches())


@pytest.fixture
def adversarial(app: Flask) -> World:
    """A world in which geometry is hard."""
    return _hard_geometry().on_stage(app)


@pytest.fixture
def breweries(app: Flask) -> World:
    """A world of real businesses."""
    if not BREWERIES.exists():
        pytest.skip(
            "the folder ../shared/data beside this repository is missing, and with it the real businesses"
        )
    return _breweries().on_stage(app)


WAYS: dict[str, dict[str, int]] = {
    "all at once": {},
    "by a seed": {"AT_ONCE": -1, "TEAM": 0},
    "by books": {"AT_ONCE": -1, "SEED": 0},
    "by one of each book": {"AT_ONCE": -1, "SEED": 0, "NEAREST_BOOKS": 0},
    "by many books": {"AT_ONCE": -1, "SEED": 0, "AT_FIRST": 1, "THEN": 1},
    "in a crowd": {"AT_ONCE": -1, "TEAM": 0, "CLOSE_M": -1, "CROWD": -1, "SQUARE": 5},
    "in a crowd of one's own": {
        "AT_ONCE": -1,
        "TEAM": 0,
        "CLOSE_M": -1,
        "CROWD": -1,
        "SQUARE": 5,
        "MOST_OF": 1_000,
    },
}
"""Every way to the answer, by the limits that make a small world take it."""


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way, whatever the size of the scope would choose."""
    for limit, value in WAYS[request.param].items():
        monkeypatch.setattr(nearby if hasattr(nearby, limit) else books, limit, value)


def due_counts(filters: Filters = NO_FILTERS) -> DueCounts | None:
    return Search(Point(0, 0), today=TODAY, filters=filters).due_counts()


def _assert_same(world: World, viewer: str, at: Point, k: int, filters: Filters) -> None:
    world.sign_in(viewer)
    found = nearest(at, today=TODAY, k=k, filters=filters)
    expected = world.nearest(viewer, at, k, filters)
    assert len(found) == len(expected)
    assert len({row.customer_id for row in found}) == len(found)
    for row, (distance, customer_id) in zip(found, expected, strict=True):
        assert row.distance_m == pytest.approx(distance, abs=ROUNDING_M)
        assert row.distance_m == pytest.approx(haversine_m(at, row.place), abs=ROUNDING_M)
        if row.customer_id != customer_id:
            other = world.customers[customer_id]
            assert (row.place.lat, row.place.lng) != (other["lat"], other["lng"]), (
                "customers on one spot go by id"
            )


FILTERS: list[Callable[[World], Filters]] = [
    lambda world: Filters(),
    lambda world: Filters(tiers=("A",)),
    lambda world: Filters(tiers=("A", "B"), statuses=("customer",)),
    lambda world: Filters(due="overdue"),
    lambda world: Filters(due="today", tiers=("C",)),
    lambda world: Filters(due="ahead"),
    lambda world: Filters(person_id=world.users["Hùng"]["id"]),
    lambda world: Filters(person_id=world.users["Huy"]["id"], statuses=("lead", "customer", "former")),
    lambda world: Filters(tiers=("Z",)),
]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("viewer", ["Lan", "Mai", "Tuấn", "Huy", "Nhàn"])
def test_everyone_is_shown_their_true_nearest_where_geometry_is_hard(adversarial: World, viewer: str) -> None:
    for filters in (asked(adversarial) for asked in FILTERS):
        for at in PLACES:
            _assert_same(adversarial, viewer, at, 20, filters)


@pytest.mark.parametrize("leeway", [1.5, 0.8, 0.1])
@pytest.mark.parametrize("viewer", ["Lan", "Mai", "Huy"])
def test_what_was_near_lately_changes_no_answer(
    adversarial: World, viewer: str, leeway: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearby, "AT_ONCE", 10**6)
    monkeypatch.setattr(nearby, "LEEWAY", leeway)
    for filters in (asked(adversarial) for asked in FILTERS[:4]):
        for at in PLACES:
            for step in (at, *spread(Random(3), 4, [at], 800)):
                _assert_same(adversarial, viewer, step, 20, filters)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("viewer", ["Lan", "Mai", "Tuấn"])
def test_everyone_is_shown_their_true_nearest_breweries(breweries: World, viewer: str) -> None:
    random = Random(11)
    customers = list(breweries.customers.values())
    for filters in (Filters(), Filters(tiers=("B",), due="overdue")):
        for _ in range(8):
            near = random.choice(customers)
            _assert_same(
                breweries, viewer, Point(near["lat"], near["lng"]), random.choice([1, 20, 50]), filters
            )
            anywhere = Point(random.uniform(-90, 90), random.uniform(-180, 180))
            _assert_same(breweries, viewer, anywhere, random.choice([1, 20, 50]), filters)


# What a row says


@pytest.fixture
def street(app: Flask) -> World:
    """One shop that Lan and Huy share, one of Lan's alone, on a street that runs east."""
    world = _world()
    corner = world.customer(
        10, 106.001, name="Corner", tier="A", status="customer", phone="+84281", email="a@b.vn"
    )
    world.customer(10, 106.002, name="Next door")
    early, late = NOW - timedelta(days=40), NOW - timedelta(days=4)
    world.assign(corner, "Huy", line="beer", next_due=TODAY - timedelta(days=30), last_visit_at=late)
    world.assign(corner, "Lan", line="", next_due=TODAY, last_visit_at=early)
    world.assign(corner, "Lan", line="water", next_due=TODAY + timedelta(days=3), last_visit_at=None)
    return world.on_stage(app)


def test_a_row_has_all_that_lan_needs_to_call_or_visit(street: World) -> None:
    street.sign_in("Lan")
    (row,) = nearest(Point(10, 106), today=TODAY)
    assert isinstance(row, Neighbour)
    assert (row.told.name, row.told.phone, row.told.email) == ("Corner", "+84281", "a@b.vn")
    assert (row.told.tier, row.told.status, row.told.lat, row.told.lng) == ("A", "customer", 10, 106.001)
    assert (row.direction, round(row.distance_m)) == ("e", 110)
    assert (row.told.next_due, row.told.last_visit_at) == (TODAY, NOW - timedelta(days=40))
    assert row.told.responsible == "Lan"


def test_due_is_that_of_ones_own_assignment(street: World) -> None:
    street.sign_in("Huy")
    (row,) = nearest(Point(10, 106), today=TODAY)
    assert (row.told.next_due, row.told.responsible) == (TODAY - timedelta(days=30), "Lan")


def test_due_is_that_of_the_assignment_one_asked_for(street: World) -> None:
    street.sign_in("Lan")
    (row,) = nearest(Point(10, 106), today=TODAY, filters=Filters(due="ahead"))
    assert row.told.next_due == TODAY + timedelta(days=3)
    assert nearest(Point(10, 106), today=TODAY, filters=Filters(due="overdue")) == []


def test_tuan_sees_what_nobody_looks_after(street: World) -> None:
    street.sign_in("Tuấn")
    corner, next_door = nearest(Point(10, 106), today=TODAY)
    assert (next_door.told.name, next_door.told.responsible, next_door.told.next_due) == (
        "Next door",
        None,
        None,
    )
    assert corner.told.next_due == TODAY - timedelta(days=30)


def test_huy_gets_nothing_by_asking_for_lans_book(street: World) -> None:
    street.sign_in("Huy")
    lan = street.users["Lan"]["id"]
    assert nearest(Point(10, 106), today=TODAY, filters=Filters(person_id=lan)) == []
    assert due_counts(Filters(person_id=lan)) == (0, 0)


def test_one_shop_with_many_assignments_takes_one_row(app: Flask) -> None:
    world = _world()
    for metres in range(3):
        shop = world.customer(10, 106 + metres / 1e5)
        for line in range(40):
            world.assign(shop, "Lan", line=f"line {line}")
    world.on_stage(app).sign_in("Lan")
    assert len(nearest(Point(10, 106), today=TODAY, k=3)) == 3
    assert len(nearest(Point(10, 106), today=TODAY, k=2)) == 2


@pytest.mark.parametrize("viewer", ["Lan", "Mai", "Huy", "Nhàn"])
def test_the_chips_count_customers_not_assignments(adversarial: World, viewer: str) -> None:
    adversarial.sign_in(viewer)
    for filters in (Filters(), Filters(tiers=("A", "C"), statuses=("lead",))):
        counts = due_counts(filters)
        assert counts is not None
        for state in ("overdue", "today"):
            expected = adversarial.nearest(viewer, Point(0, 0), 10**9, filters._replace(due=state))
            assert getattr(counts, state) == len(expected)


def test_who_sees_all_gets_no_counts(street: World) -> None:
    street.sign_in("Tuấn")
    assert due_counts() is None


def test_nobody_at_work_sees_nothing(app: Flask) -> None:
    db.session().info.pop("principal", None)
    with pytest.raises(NoPrincipal):
        nearest(Point(10, 106), today=TODAY)


@pytest.mark.usefixtures("way")
def test_tuan_who_stands_at_the_counter_sees_all_who_share_the_house(app: Flask) -> None:
    world = _world()
    for _ in range(30):
        world.customer(10.7769, 106.7009)
    world.on_stage(app)
    _assert_same(world, "Tuấn", Point(10.7769, 106.7009), 20, Filters())
    _assert_same(world, "Tuấn", Point(10.7769, 106.7009), 50, Filters())
