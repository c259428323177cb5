"""Everything that is held about somebody, as a file: for themself, and for whoever answers for it."""

from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts import proof
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.audit import Entry
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.holdings import HOLDINGS, PERSON, Subject, telling
from crmweb.holdings.handing_out import MOST_A_DAY
from crmweb.notes.models import Note
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, House, PhoneOf
from tests.holdings.conftest import KEEPER, SECRET_WORD, Life, opened, rows
from tests.notes.sounds import WEBM_OPUS

MINE = "/settings/my-data"


@pytest.fixture
def lans(phone_of: PhoneOf, lan: Actor) -> FlaskClient:
    return phone_of(lan)


@pytest.fixture
def tuans(phone_of: PhoneOf, tuan: Actor) -> FlaskClient:
    return phone_of(tuan)


# --- of oneself ---------------------------------------------------------------------------------------


def test_lan_takes_along_all_that_is_held_about_her(lans: FlaskClient, life: Life, lan: Actor) -> None:
    archive = opened(lans.post(MINE))
    names = {
        name.removeprefix("data/").removesuffix(".json")
        for name in archive.namelist()
        if name.startswith("data/")
    }
    assert names >= {
        "users", "sessions", "location_answers", "one_time_links", "visits", "visit_photos", "notes", "reminders",
        "routes", "route_stops", "stops", "day_plans", "followups", "consents", "notices", "assignments", "proposals",
        "events", "oversight", "audit_entries", "audit_values",
    }  # fmt: skip
    assert rows(archive, "users")[0]["email"] == lan.email
    assert SECRET_WORD in [note["text"] for note in rows(archive, "notes")]
    assert archive.read(f"visit_photos/{life.photo_name}")[:2] == b"\xff\xd8"
    assert archive.read(f"voice_notes/{life.voice_name}") == WEBM_OPUS


def test_every_point_of_her_visits_is_in_it(lans: FlaskClient, life: Life, house: House) -> None:
    visit = rows(opened(lans.post(MINE)), "visits")[0]
    assert (visit["lat"], visit["lng"], visit["accuracy_m"]) == (10.7701, 106.6901, 12.0)
    assert visit["verdict"]
    with house():
        assert visit["fixed_at"] == db.session.get_one(Visit, life.visit).fixed_at.isoformat()  # type: ignore[union-attr]


def test_nothing_of_others_is_in_it(lans: FlaskClient, life: Life, lan: Actor) -> None:
    archive = opened(lans.post(MINE))
    told = b"".join(archive.read(name) for name in archive.namelist() if not name.startswith("visit_photos"))
    assert b"Shop of outsider" not in told
    assert b"0901 234 567" not in told, "numbers of customers are the customers' own"
    assert b"keeper@shops.example.com" not in told
    assert {row["person"] for row in rows(archive, "notices")} == {lan.name}


def test_what_opens_a_door_is_not_in_it(lans: FlaskClient, life: Life) -> None:
    archive = opened(lans.post(MINE))
    for name in ("sessions", "one_time_links"):
        assert not {"token", "code"} & set(rows(archive, name)[0])
    assert "password_hash" not in rows(archive, "users")[0]


def test_a_spreadsheet_opens_it_and_runs_nothing(
    lans: FlaskClient, life: Life, house: House, lan: Actor
) -> None:
    with house(), writing():
        customer = db.session.get_one(Customer, life.shop)
        Note.write(customer, "=HYPERLINK(1)", by=lan, at=clock.now(), now=clock.now())
    archive = opened(lans.post(MINE))
    text = archive.read("notes.csv").decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text)))
    assert {row["text"] for row in table} == {SECRET_WORD, "'=HYPERLINK(1)"}
    assert {row["customer"] for row in table} == {"Shop of lan"}
    assert len(table) == len(rows(archive, "notes"))


def test_its_first_page_says_what_is_in_it(lans: FlaskClient, life: Life, lan: Actor) -> None:
    page = opened(lans.post(MINE, headers=ENGLISH)).read("index.html").decode()
    assert lan.name in page
    assert "Visits, with every point" in page
    assert 'href="data/visits.json"' in page
    vietnamese = opened(lans.post(MINE, headers={"Accept-Language": "vi"})).read("index.html").decode()
    assert '<html lang="vi">' in vietnamese
    assert "Visits, with every point" not in vietnamese


def test_a_long_life_is_read_a_page_at_a_time(
    house: House, life: Life, lan: Actor, monkeypatch: pytest.MonkeyPatch, lans: FlaskClient
) -> None:
    monkeypatch.setattr(telling, "A_PAGE", 7)
    with house(), writing():
        customer = db.session.get_one(Customer, life.shop)
        for number in range(30):
            Note.write(customer, f"Note {number}", by=lan, at=clock.now(), now=clock.now())
    found = [len(page) for page in _pages(house, "notes", lan)]
    assert found == [7, 7, 7, 7, 3]
    assert len({row["id"] for row in rows(opened(lans.post(MINE)), "notes")}) == 31
    assert len(rows(opened(lans.post(MINE)), "oversight")) == len(rows(opened(lans.post(MINE)), "oversight"))


def _pages(house: House, name: str, lan: Actor) -> list[list[telling.Row]]:
    with house():
        return list(telling.pages(HOLDINGS[name], Subject(PERSON, lan.id)))


def test_the_page_counts_what_there_is(lans: FlaskClient, life: Life) -> None:
    page = lans.get(MINE, headers=ENGLISH).text
    assert '<div id="held-visits"><dt>Visits, with every point</dt><dd>1</dd></div>' in page
    assert "held-push_subscriptions" not in page


def test_it_is_written_down(lans: FlaskClient, life: Life, house: House, lan: Actor) -> None:
    opened(lans.post(MINE))
    with house():
        entry = db.session.scalars(select(Entry).where(Entry.action == "user.exported")).one()
        assert (entry.by_id, entry.about_id) == (lan.id, lan.id)


def test_an_open_phone_on_a_table_gives_nothing_away(lans: FlaskClient, house: House) -> None:
    with clock.frozen(clock.now()) as held:
        held.move(proof.FRESH_FOR)
        for method in ("GET", "POST"):
            answer = lans.open(MINE, method=method)
            assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/session/proof")
    with house():
        assert db.session.scalar(select(Entry).where(Entry.action == "user.exported")) is None


def test_so_many_a_day_are_enough(lans: FlaskClient, tuans: FlaskClient, lan: Actor) -> None:
    for _each in range(MOST_A_DAY):
        assert lans.post(MINE).status_code == 200
    refused = lans.post(MINE, headers=ENGLISH)
    assert refused.status_code == 429
    assert "Come back tomorrow" in refused.text
    assert tuans.post(f"/admin/data/person/{lan.id}").status_code == 200, "others are counted by themselves"


# --- for others ---------------------------------------------------------------------------------------


def test_tuan_makes_it_for_lan(tuans: FlaskClient, life: Life, house: House, lan: Actor, tuan: Actor) -> None:
    archive = opened(tuans.post(f"/admin/data/person/{lan.id}"))
    assert rows(archive, "users")[0]["name"] == lan.name
    with house():
        entry = db.session.scalars(select(Entry).where(Entry.action == "user.exported")).one()
        assert (entry.by_id, entry.about_id) == (tuan.id, lan.id)


def test_everything_about_a_customer(tuans: FlaskClient, life: Life) -> None:
    archive = opened(tuans.post(f"/admin/data/customer/{life.shop}"))
    assert rows(archive, "customers")[0]["name"] == "Shop of lan"
    assert rows(archive, "contacts")[0]["name"] == KEEPER
    assert rows(archive, "customer_phones")[0]["typed"].startswith("0901")
    for name in (
        "visits",
        "notes",
        "visit_photos",
        "followups",
        "consents",
        "events",
        "reminders",
        "assignments",
    ):
        assert rows(archive, name), name
    assert f"visit_photos/{life.photo_name}" in archive.namelist()
    assert f"voice_notes/{life.voice_name}" in archive.namelist()
    assert {row["name"] for row in rows(archive, "customers")} == {"Shop of lan"}


def test_everything_about_somebody_at_a_customer(tuans: FlaskClient, life: Life) -> None:
    archive = opened(tuans.post(f"/admin/data/contact/{life.keeper}"))
    assert rows(archive, "contacts")[0]["name"] == KEEPER
    assert rows(archive, "followups")[0]["text"] == SECRET_WORD
    assert rows(archive, "visit_attendees")[0]["name"] == KEEPER
    assert "customer_phones.csv" not in archive.namelist()


def test_who_may_not_hears_nothing(
    phone_of: PhoneOf, people: dict[str, Actor], life: Life, lan: Actor
) -> None:
    for who in ("lan", "hung", "mai", "outsider"):
        for path in (f"person/{lan.id}", f"customer/{life.shop}", f"contact/{life.keeper}"):
            assert phone_of(people[who]).get(f"/admin/data/{path}").status_code == 403
            assert phone_of(people[who]).post(f"/admin/data/{path}").status_code == 403


def test_what_is_no_kind_or_nobody_is_not_found(tuans: FlaskClient, lan: Actor, life: Life) -> None:
    for path in (f"parrot/{lan.id}", f"customer/{lan.id}", f"contact/{lan.id}", f"person/{life.shop}"):
        assert tuans.get(f"/admin/data/{path}").status_code == 404


def test_a_person_who_has_nothing_gets_what_there_is(
    phone_of: PhoneOf, outsider: Actor, house: House
) -> None:
    archive = opened(phone_of(outsider).post(MINE))
    assert "visits.csv" not in archive.namelist()
    with house():
        assert rows(archive, "users")[0]["id"] == str(db.session.get_one(User, outsider.id).id)
