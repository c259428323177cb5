"""One-time links: a look costs nothing, the button spends them, and nothing opens twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.links import LIFE, OneTimeLink
from crmweb.accounts.models import User
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from tests.accounts.conftest import is_in

House = Callable[[], AbstractContextManager[None]]
LinkFor = Callable[..., str]


def test_looking_at_a_link_does_not_spend_it(client: FlaskClient, lan: Actor, link_for: LinkFor) -> None:
    link = link_for(lan)
    for _ in range(3):
        answer = client.get(link)
        assert answer.status_code == 200
        assert lan.name in answer.text
        client.head(link)
    assert not is_in(client)
    answer = client.post(link)
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_in(client)


def test_a_link_opens_once(app: Flask, client: FlaskClient, lan: Actor, link_for: LinkFor) -> None:
    link = link_for(lan)
    assert client.post(link).status_code == 303
    other = app.test_client()
    again = other.post(link)
    assert again.status_code == 410
    assert lan.name not in again.text
    assert other.get(link).status_code == 410
    assert not is_in(other)


def test_a_link_lasts_for_a_quarter_of_an_hour(
    client: FlaskClient, lan: Actor, link_for: LinkFor, held: HeldClock
) -> None:
    link = link_for(lan)
    held.move(LIFE - timedelta(seconds=1))
    assert client.get(link).status_code == 200
    held.move(timedelta(seconds=1))
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410
    assert not is_in(client)


def test_of_two_who_come_at_once_one_gets_in(app: Flask, lan: Actor, link_for: LinkFor) -> None:
    link = link_for(lan)
    with ThreadPoolExecutor(6) as crowd:
        answers = list(crowd.map(lambda _: app.test_client().post(link).status_code, range(6)))
    assert sorted(answers) == [303, 410, 410, 410, 410, 410]


def test_a_link_of_somebody_who_left_opens_nothing(
    client: FlaskClient, house: House, lan: Actor, tuan: Actor, link_for: LinkFor
) -> None:
    link = link_for(lan)
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=tuan, at=clock.now())
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410
    assert not is_in(client)


def test_a_link_stays_dead_when_somebody_comes_back(
    client: FlaskClient, house: House, lan: Actor, tuan: Actor, link_for: LinkFor
) -> None:
    link = link_for(lan)
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=tuan, at=clock.now())
    with house(), writing():
        db.session.get_one(User, lan.id).deactivated_at = None
    assert client.post(link).status_code == 410


def test_a_link_opens_what_it_was_made_for(client: FlaskClient, lan: Actor, link_for: LinkFor) -> None:
    link = link_for(lan, purpose="reset")
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410
    assert not is_in(client)


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 5000, "%00", "%ff%fe", "ế", "..%2f..", "'--"])
def test_a_guessed_link_opens_nothing(client: FlaskClient, token: str) -> None:
    for method in ("GET", "POST"):
        assert client.open(f"/join/{token}", method=method).status_code in (400, 404, 410)
    assert not is_in(client)


def test_nobody_who_reads_the_database_can_use_a_link(house: House, lan: Actor, link_for: LinkFor) -> None:
    token = link_for(lan).removeprefix("/join/")
    assert len(token) >= 43, "256 bits"
    with house():
        kept = db.session.scalars(select(OneTimeLink.token)).all()
    assert len(kept) == 1
    assert token.encode() not in kept[0]


def test_a_link_is_kept_by_no_cache_and_told_to_nobody(
    client: FlaskClient, lan: Actor, link_for: LinkFor
) -> None:
    link = link_for(lan)
    for answer in (client.get(link), client.post(link), client.post(link)):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_link_that_is_over_for_a_day_is_forgotten(
    house: House, lan: Actor, link_for: LinkFor, held: HeldClock
) -> None:
    link_for(lan)
    held.move(LIFE + timedelta(hours=23))
    with house(), writing():
        OneTimeLink.prune(at=clock.now())
        assert db.session.scalars(select(OneTimeLink.id)).all()
    held.move(timedelta(hours=2))
    with house(), writing():
        OneTimeLink.prune(at=clock.now())
        assert not db.session.scalars(select(OneTimeLink.id)).all()
