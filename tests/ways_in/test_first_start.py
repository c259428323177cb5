"""An empty house: the printed link makes the first admin, whom a short guide leads on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.passwords import matches
from crmweb.accounts.setting_up import LIFE, SetUpLink
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from tests.shops import Shops
from tests.ways_in.conftest import ENGLISH, PASSWORD, House, PhoneOf, actions, is_in

FILLED = {"name": " Đỗ Minh Tuấn ", "email": "tuan@example.com", "password": PASSWORD}


@pytest.fixture
def link(house: House) -> str:
    """What `crmweb run` prints."""
    with house(), writing():
        return f"/setup/{SetUpLink.issue(at=clock.now())}"


def admins(house: House) -> list[str]:
    with house():
        return list(db.session.scalars(select(User.name).where(User.role == "admin")))


@pytest.mark.empty
def test_tuan_sets_his_house_up(client: FlaskClient, link: str, house: House) -> None:
    assert client.get(link).status_code == 200
    answer = client.post(link, data=FILLED, headers={"Accept-Language": "vi"})
    assert (answer.status_code, answer.location) == (303, "/welcome")
    assert client.get("/welcome").status_code == 200
    with house():
        tuan = db.session.scalars(select(User)).one()
        assert (tuan.name, tuan.role, tuan.locale) == ("Đỗ Minh Tuấn", "admin", "vi")
        assert matches(PASSWORD, tuan.password_hash)
    assert "user.added" in actions(house)
    other = client.application.test_client()
    assert other.post("/session", data={"email": "tuan@example.com", "password": PASSWORD}).status_code == 303


@pytest.mark.empty
@pytest.mark.parametrize(
    "flaw",
    [{"name": ""}, {"name": " \u200b"}, {"email": "tuan"}, {"email": ""}, {"password": "short"},
     {"password": "tuan tuan tuan"}, {"name": "x" * 201}],
)  # fmt: skip
def test_what_is_filled_in_wrongly_spends_nothing_and_stays(
    client: FlaskClient, link: str, house: House, flaw: dict[str, str]
) -> None:
    refused = client.post(link, data={**FILLED, **flaw}, headers=ENGLISH)
    assert refused.status_code == 422
    kept = "tuan@example.com" if "email" not in flaw else "Đỗ Minh Tuấn"
    assert kept in refused.text
    assert PASSWORD not in refused.text
    assert admins(house) == []
    assert client.post(link, data=FILLED).status_code == 303


@pytest.mark.empty
def test_the_form_gives_no_other_role(client: FlaskClient, link: str, house: House) -> None:
    more = {"role": "emperor", "id": "7", "manager_id": "7", "password_hash": "x"}
    client.post(link, data={**FILLED, **more})
    assert admins(house) == ["Đỗ Minh Tuấn"]


@pytest.mark.empty
def test_the_link_is_spent_once_however_many_come(app: Flask, link: str, house: House) -> None:
    def fill_in(number: int) -> int:
        return app.test_client().post(link, data={**FILLED, "email": f"t{number}@example.com"}).status_code

    with ThreadPoolExecutor(4) as crowd:
        answers = sorted(crowd.map(fill_in, range(4)))
    assert answers == [303, 410, 410, 410]
    assert len(admins(house)) == 1


@pytest.mark.empty
def test_each_start_prints_another_and_withdraws_the_last(
    app: Flask, client: FlaskClient, link: str, house: House
) -> None:
    with house(), writing():
        second = f"/setup/{SetUpLink.issue(at=clock.now())}"
    assert client.post(link, data=FILLED).status_code == 410
    assert client.get(link).status_code == 410
    assert client.post(second, data=FILLED).status_code == 303


@pytest.mark.empty
def test_once_there_is_an_admin_no_link_makes_another(client: FlaskClient, link: str, house: House) -> None:
    with house(), writing():
        User.add("Mai", role="admin", email="mai@example.com", at=clock.now())
    assert client.get(link).status_code == 410
    assert client.post(link, data=FILLED).status_code == 410
    assert not is_in(client)
    with house(), writing():
        assert SetUpLink.issue(at=clock.now()) is None
        assert db.session.scalar(select(func.count(SetUpLink.id))) == 0


@pytest.mark.empty
def test_the_link_is_over_after_a_week(client: FlaskClient, link: str, held: HeldClock) -> None:
    held.move(LIFE - timedelta(seconds=1))
    assert client.get(link).status_code == 200
    held.move(timedelta(seconds=1))
    assert client.get(link).status_code == 410
    assert client.post(link, data=FILLED).status_code == 410


@pytest.mark.empty
def test_the_form_is_kept_by_no_cache_and_told_to_nobody(client: FlaskClient, link: str) -> None:
    for answer in (client.get(link), client.post(link), client.post(link, data=FILLED)):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


# --- the guide ------------------------------------------------------------------------------------------


@pytest.mark.empty
def test_the_guide_ticks_what_exists(client: FlaskClient, link: str, house: House) -> None:
    client.post(link, data=FILLED)
    assert client.get("/welcome", headers=ENGLISH).text.count(">Done<") == 0
    with house(), writing():
        User.add("Lan", role="rep", at=clock.now())
    assert client.get("/welcome", headers=ENGLISH).text.count(">Done<") == 1


def test_customers_are_ticked_when_there_are_some(phone_of: PhoneOf, tuan: Actor, house: House) -> None:
    assert phone_of(tuan).get("/welcome", headers=ENGLISH).text.count(">Done<") == 1
    with house():
        Shops.open()
    assert phone_of(tuan).get("/welcome", headers=ENGLISH).text.count(">Done<") == 2


def test_put_away_the_guide_is_out_of_the_way_and_still_there(phone_of: PhoneOf, tuan: Actor) -> None:
    browser = phone_of(tuan)
    assert 'href="/welcome"' in browser.get("/settings").text
    assert browser.post("/welcome/dismissal").location == "/"
    assert 'href="/welcome"' not in browser.get("/settings").text
    assert browser.get("/welcome").status_code == 200


def test_the_guide_is_for_who_lets_people_in(phone_of: PhoneOf, mai: Actor) -> None:
    assert phone_of(mai).get("/welcome").status_code == 403
