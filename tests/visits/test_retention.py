"""Old places become coarse, old photos go: by the policy, with the verdict kept."""

from __future__ import annotations

import importlib
import io
import pkgutil
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import crmweb
from crmweb import clock, files
from crmweb.accounts.actor import Actor
from crmweb.accounts.policy_kinds import POLICIES
from crmweb.accounts.rulings import Ruling
from crmweb.customers.models import Customer
from crmweb.customers.proposals import PIN, Proposal
from crmweb.db import Model, db, writing
from crmweb.timeline import Event
from crmweb.visits import retention
from crmweb.visits.models import Visit
from crmweb.visits.photos import VisitPhoto
from tests.customers.shops import ENGLISH, House
from tests.visits import photos
from tests.visits.conftest import NEAR, CheckIn

Find = Callable[[uuid.UUID], Visit]

OF_CUSTOMERS = {"customers", "assignments"}
"""Where a customer is, and the copy of it that Nearby reads: nobody's own place."""


def _let_go(house: House) -> None:
    with house():
        retention.let_go()


def _make_old(house: House, model: type[Model], column: str, days: int) -> None:
    with house(), writing():
        for row in db.session.scalars(select(model)):
            setattr(row, column, clock.now() - timedelta(days=days))


@pytest.fixture
def here(check_in: CheckIn, co_ba: uuid.UUID) -> uuid.UUID:
    return check_in(co_ba, **NEAR, fixed_at=clock.now().isoformat()).visit_id  # type: ignore[attr-defined, no-any-return]


def test_a_place_older_than_the_policy_becomes_coarse_and_its_verdict_stays(
    here: uuid.UUID, house: House, visit: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = visit(here)
    _make_old(house, Visit, "started_at", 61)
    _let_go(house)
    after = visit(here)
    assert (after.lat, after.lng) == (21.03, 105.85)
    assert (after.verdict, after.distance_m, after.accuracy_m) == (before.verdict, before.distance_m, 12)
    assert after.rounded_at is not None
    _let_go(house)
    assert visit(here).rounded_at == after.rounded_at


def test_a_younger_place_stays_exact_until_the_policy_is_shorter(
    here: uuid.UUID, house: House, visit: Find, tuan: Actor
) -> None:
    _make_old(house, Visit, "started_at", 59)
    _let_go(house)
    assert visit(here).lat == 21.0286
    with house(), writing():
        Ruling.set(POLICIES["location_days"], 30, head_id=None, by=tuan, at=clock.now())
    _let_go(house)
    assert visit(here).lat == 21.03


def test_an_old_day_says_that_its_places_are_coarse(
    here: uuid.UUID, house: House, lans_phone: FlaskClient, lan: Actor
) -> None:
    with house(), writing():
        visit = db.session.get_one(Visit, here)
        visit.started_at = visit.fixed_at = clock.now() - timedelta(days=61)
        visit.day = lan.today(visit.started_at)
        address = f"/my-day?day={visit.day}"
    assert "accuracy 12" in lans_phone.get(address, headers=ENGLISH).text
    _let_go(house)
    assert "kept to about 1 km" in lans_phone.get(address, headers=ENGLISH).text


def test_many_old_places_go_in_several_turns(
    check_in: CheckIn, co_ba: uuid.UUID, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        check_in(co_ba, **NEAR, fixed_at=clock.now().isoformat())
    _make_old(house, Visit, "started_at", 61)
    _let_go(house)
    with house():
        assert set(db.session.scalars(select(Visit.lat))) == {21.03}


def test_a_proposed_pin_becomes_coarse_when_it_is_decided(house: House, co_ba: uuid.UUID, lan: Actor) -> None:
    old = clock.now() - timedelta(days=70)
    with house(), writing():
        customer = db.session.get_one(Customer, co_ba)
        Proposal.make(customer, PIN, by=lan, at=old, place=(21.02861, 105.85421, 9.0))
    _let_go(house)
    assert _proposed(house) == (21.02861, 105.85421)
    _make_decided(house, old)
    _let_go(house)
    assert _proposed(house) == (21.03, 105.85)


def _proposed(house: House) -> tuple[float | None, float | None]:
    with house():
        found = db.session.scalars(select(Proposal)).one()
        return found.lat, found.lng


def _make_decided(house: House, at: datetime) -> None:
    with house(), writing():
        db.session.scalars(select(Proposal)).one().decided_at = at


def test_an_old_photo_goes_with_its_file(here: uuid.UUID, lans_phone: FlaskClient, house: House) -> None:
    for _ in range(2):
        lans_phone.post(f"/visits/{here}/photos", data={"photo": (io.BytesIO(photos.photo()), "shop.jpg")})
    with house(), writing():
        old, young = db.session.scalars(select(VisitPhoto).order_by(VisitPhoto.id))
        old.taken_at = clock.now() - timedelta(days=3651)
        names, kept = (old.name, young.name), young.id
    _let_go(house)
    with house():
        with pytest.raises(FileNotFoundError):
            files.open(names[0])
        files.open(names[1]).close()
        assert db.session.scalars(select(VisitPhoto.id)).all() == [kept]
        assert db.session.scalars(select(Event.payload).where(Event.id == here)).one()["photos"] == [
            str(kept)
        ]
    _let_go(house)


def test_what_was_broken_off_is_finished(here: uuid.UUID, lans_phone: FlaskClient, house: House) -> None:
    lans_phone.post(f"/visits/{here}/photos", data={"photo": (io.BytesIO(photos.photo()), "shop.jpg")})
    _make_old(house, VisitPhoto, "taken_at", 3651)
    with house():
        files.delete(db.session.scalars(select(VisitPhoto.name)).one())
    _let_go(house)
    with house():
        assert db.session.scalars(select(VisitPhoto)).all() == []
        assert "photos" not in db.session.scalars(select(Event.payload).where(Event.id == here)).one()


def test_no_place_of_a_person_is_forgotten() -> None:
    """Whoever adds a column for a place says here whose it is."""
    for module in pkgutil.walk_packages(crmweb.__path__, "crmweb."):
        importlib.import_module(module.name)
    with_a_place = {
        name
        for name, table in Model.metadata.tables.items()
        if any(
            column.name.split("_")[-1] in {"lat", "lng", "latitude", "longitude"} for column in table.columns
        )
    }
    persons = {model.__tablename__ for model in retention.PERSONS_PLACES}
    assert with_a_place == persons | OF_CUSTOMERS
