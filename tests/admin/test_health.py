"""Tuấn sees at a glance whether the house is well, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.db import writing
from crmweb.lights.findings import Finding, Said, bad, note, ok
from crmweb.lights.models import Light

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
ENGLISH, VIETNAMESE = {"Accept-Language": "en"}, {"Accept-Language": "vi"}

FULL = bad("Only %(free)s MB free", "Make room, or writes will soon be refused.", free=7)
WELL = ok("Are built")


@pytest.fixture
def found(house: House) -> Callable[..., None]:
    """`found(disk=FULL)`: what the clock found just now."""

    def found(**looks: Said) -> None:
        with house(), writing():
            Light.keep([Finding(what, said) for what, said in looks.items()], at=clock.now())

    return found


Found = Callable[..., None]


def test_each_light_says_what_it_sees_and_what_to_do(found: Found, phone_of: PhoneOf, tuan: Actor) -> None:
    found(assets=WELL, disk=FULL, redis=note("Does not run", "crmweb run starts it."))
    shown = phone_of(tuan).get("/admin/health", headers=ENGLISH).text
    assert "1 light is red" in shown
    assert shown.index("Only 7 MB free") < shown.index("Does not run") < shown.index("Are built")
    assert "Make room" in shown
    told = phone_of(tuan).get("/admin/health", headers=VIETNAMESE).text
    assert "Chỉ còn trống 7 MB" in told
    assert "1 đèn đỏ" in told


def test_the_office_shows_that_something_is_red(found: Found, phone_of: PhoneOf, tuan: Actor) -> None:
    found(disk=FULL)
    assert "1 red" in phone_of(tuan).get("/admin", headers=ENGLISH).text
    found(disk=WELL)
    assert " red<" not in phone_of(tuan).get("/admin", headers=ENGLISH).text


def test_where_nobody_looks_green_lights_calm_nobody(found: Found, phone_of: PhoneOf, tuan: Actor) -> None:
    assert "Nobody looks" in phone_of(tuan).get("/admin/health", headers=ENGLISH).text
    with clock.frozen(clock.now() - timedelta(hours=2)):
        found(disk=WELL)
    shown = phone_of(tuan).get("/admin/health", headers=ENGLISH).text
    assert "Nobody has looked since" in shown
    assert "Everything runs" not in shown
    assert "1 red" in phone_of(tuan).get("/admin", headers=ENGLISH).text


def test_what_a_look_quotes_is_text(found: Found, phone_of: PhoneOf, tuan: Actor) -> None:
    found(disk=bad("Could not be looked at: %(reason)s", "", reason="<b>&%s %(x)s"))
    assert "&lt;b&gt;&amp;%s %(x)s" in phone_of(tuan).get("/admin/health", headers=ENGLISH).text


def test_a_light_of_another_version_is_shown_as_it_stands(
    found: Found, phone_of: PhoneOf, tuan: Actor
) -> None:
    found(disk=bad("Only %(gone)s left, 100% sure", "Do it."))
    assert "100% sure" in phone_of(tuan).get("/admin/health", headers=ENGLISH).text


def test_nobody_without_the_right_sees_it_or_is_told_that_it_is_there(
    found: Found, phone_of: PhoneOf, people: dict[str, Actor]
) -> None:
    found(disk=FULL)
    for name in ("lan", "hung", "mai", "binh", "outsider"):
        phone = phone_of(people[name])
        assert phone.get("/admin/health").status_code == 403, name
        assert "/admin/health" not in phone.get("/admin").text
