"""The page on which a person says how they want to be told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import time

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.notifications.channels import Channels, Message
from crmweb.notifications.choices import Choices, choices_of
from crmweb.notifications.models import Delivery
from tests.notifications.push_house import PushService

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
PAGE = "/settings/notifications"
ENGLISH = {"Accept-Language": "en"}


class _Sms:
    def send(self, message: Message) -> None:
        """Nothing is sent here."""


def _ways(client: FlaskClient) -> list[str]:
    page = BeautifulSoup(client.get(PAGE).text, "html.parser")
    return [str(row["id"]).removeprefix("way-") for row in page.select("#channels li")]


def _choices(house: House, person: Actor) -> Choices:
    with house():
        return choices_of(person.id)


def _give_number(house: House, person: Actor) -> None:
    with house(), writing():
        db.session.get_one(User, person.id).phone = "+84912345678"


def test_lan_sees_the_ways_that_she_has(
    app: Flask, house: House, lan: Actor, phone_of: PhoneOf, push_service: PushService
) -> None:
    client = phone_of(lan)
    assert _ways(client) == ["push", "email"]
    _give_number(house, lan)
    assert _ways(client) == ["push", "email"], "there is no gateway that sends SMS"
    channels: Channels = app.extensions["channels"]
    channels.register("sms", _Sms())
    assert _ways(client) == ["push", "sms", "email"]


def test_lan_moves_email_to_the_front_without_a_script(house: House, lan: Actor, phone_of: PhoneOf) -> None:
    client = phone_of(lan)
    assert client.post(f"{PAGE}/channels", data={"up": "email"}).status_code == 303
    assert _ways(client) == ["email", "push"]
    assert set(_choices(house, lan).channels) == {"push", "sms", "email"}, "a number may come later"
    client.post(f"{PAGE}/channels", data={"up": "push"})
    assert _ways(client) == ["push", "email"]


@pytest.mark.parametrize("up", ["push", "sms", "pigeon", ""])
def test_what_is_first_or_not_there_cannot_move_up(lan: Actor, phone_of: PhoneOf, up: str) -> None:
    assert phone_of(lan).post(f"{PAGE}/channels", data={"up": up}).status_code == 404


def test_lan_keeps_her_evenings_and_her_order(house: House, lan: Actor, phone_of: PhoneOf) -> None:
    client = phone_of(lan)
    client.post(f"{PAGE}/channels", data={"up": "email"})
    client.post(f"{PAGE}/quiet", data={"quiet_from": "20:00", "quiet_until": "06:00"})
    chosen = _choices(house, lan)
    assert (chosen.quiet_from, chosen.quiet_until) == (time(20), time(6))
    assert chosen.channels.index("email") < chosen.channels.index("push")
    client.post(f"{PAGE}/quiet", data={"quiet_from": "", "quiet_until": ""})
    assert _choices(house, lan).quiet_from is None


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"quiet_from": "20:00", "quiet_until": ""}, "Give both times, or none."),
        ({"quiet_from": "", "quiet_until": "06:00"}, "Give both times, or none."),
        ({"quiet_from": "20:00", "quiet_until": "20:00"}, "Give two different times."),
        ({"quiet_from": "20:00", "quiet_until": "25:61"}, "Give a time such as 21:00."),
    ],
)
def test_half_of_a_quiet_time_is_told_beside_its_field(
    house: House, lan: Actor, phone_of: PhoneOf, typed: dict[str, str], says: str
) -> None:
    answer = phone_of(lan).post(f"{PAGE}/quiet", data=typed, headers=ENGLISH)
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    told = page.select_one("#quiet_until-error")
    assert told is not None
    assert told.get_text().strip() == says
    assert _choices(house, lan) == Choices()


def test_a_test_without_a_device_sends_nothing(house: House, lan: Actor, phone_of: PhoneOf) -> None:
    client = phone_of(lan)
    assert "Send a test" not in client.get(PAGE, headers=ENGLISH).text
    assert client.post(f"{PAGE}/test").status_code == 303
    with house():
        assert db.session.scalars(select(Delivery)).all() == []


def test_what_each_browser_may_need_stands_on_the_page(lan: Actor, phone_of: PhoneOf) -> None:
    page = BeautifulSoup(phone_of(lan).get(PAGE).text, "html.parser")
    shown = [part for part in page.select("push-toggle [data-when]") if not part.has_attr("hidden")]
    assert [part["data-when"] for part in shown] == ["script"], "the others are for the script to show"
    named = {
        state for part in page.select("push-toggle [data-when]") for state in str(part["data-when"]).split()
    }
    assert named >= {
        "install",
        "unsupported",
        "insecure",
        "blocked",
        "off",
        "asking",
        "late",
        "failed",
        "on",
        "refused",
    }
