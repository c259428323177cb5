"""Whoever wants no more says so by a link, without signing in, and it holds for the address wherever it stands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.followups.consents import Consent, Stopped
from crmweb.followups.models import Followup
from crmweb.followups.unsubscribe_tokens import token_for
from crmweb.timeline import Event
from tests.shops import Shops

House = Callable[[], AbstractContextManager[None]]
Write = Callable[..., Any]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def link(write: Write, house: House) -> str:
    """In the mail that Lan's shop will get tomorrow."""
    write(when="tomorrow")
    with house():
        return f"/u/{token_for(db.session.scalars(select(Followup.id)).one())}"


def _states() -> list[tuple[str, str]]:
    return [(each.state, each.reason) for each in db.session.scalars(select(Followup)).unique()]


def test_a_link_from_before_the_houses_key_changed_works_on(
    app: Flask, client: FlaskClient, link: str
) -> None:
    before = app.extensions["settings"]
    new = "another key of the house: 51c8f2a0b7de4936"
    try:
        app.extensions["settings"] = replace(before, secret_key=new)
        assert client.get(link).status_code == 404
        app.extensions["settings"] = replace(before, secret_key=new, old_secret_keys=(before.secret_key,))
        assert client.get(link).status_code == 200
    finally:
        app.extensions["settings"] = before


def test_looking_at_the_link_changes_nothing(client: FlaskClient, link: str, house: House) -> None:
    shown = client.get(link)
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "no-store"
    with house():
        assert db.session.scalar(select(Stopped.address)) is None
        assert _states() == [("planned", "")]


def test_one_tap_is_enough_and_stands_on_the_timeline(client: FlaskClient, link: str, house: House) -> None:
    for _ in range(2):
        assert client.post(link).status_code == 200
    with house():
        assert db.session.scalars(select(Stopped.address)).all() == ["lan@shops.example.com"]
        assert _states() == [("cancelled", "withdrawn")]
        kinds = db.session.scalars(select(Event.kind).where(Event.kind.like("consent.%"))).all()
        assert sorted(kinds) == ["consent.given", "consent.withdrawn"], "a replayed link says nothing new"


def test_a_mail_program_may_do_it_without_a_browser(app: Flask, link: str, house: House) -> None:
    """RFC 8058: no Origin, no Sec-Fetch-Site, no cookie."""
    asked = app.test_client().open(
        link, method="POST", data=ONE_CLICK, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert asked.status_code == 200
    with house():
        assert _states() == [("cancelled", "withdrawn")]


@pytest.mark.parametrize(
    "token", ["x", "A" * 35, "A" * 5000, "AaIS-6EUd3y3kRiQ8TjVR6cVhgJAfTr-Nt0", "ơ", "=" * 35]
)
def test_a_forged_link_opens_nothing(client: FlaskClient, link: str, house: House, token: str) -> None:
    asked = client.get(f"/u/{token}", headers={"Accept-Language": "en"})
    assert asked.status_code == 404
    assert "This link is not whole" in asked.text
    assert 'class="bar' not in asked.text  # nothing can be done here
    assert client.post(f"/u/{token}").status_code == 404
    with house():
        assert db.session.scalar(select(Stopped.address)) is None


def test_a_changed_letter_of_a_link_opens_nothing(client: FlaskClient, link: str) -> None:
    token = link.removeprefix("/u/")
    for place in range(len(token)):
        other = "B" if token[place] != "B" else "C"
        assert client.post(f"/u/{token[:place]}{other}{token[place + 1 :]}").status_code == 404


def test_it_holds_for_the_address_wherever_else_it_stands(
    client: FlaskClient,
    phone_of: Callable[[Actor], FlaskClient],
    hung: Actor,
    link: str,
    shops: Shops,
    house: House,
) -> None:
    with house(), writing():
        db.session.get_one(Customer, shops.hung).change(
            by=None, at=datetime.now(UTC), emails=["LAN@shops.example.com"]
        )
    words = {"to": "shop", "channel": "email", "subject": "x", "text": "x", "when": "tomorrow"}
    theirs = phone_of(hung)
    assert (
        theirs.post(f"/customers/{shops.hung}/followups", data={**words, "agreed": "spoken"}).status_code
        == 303
    )
    client.post(link)
    with house():
        assert _states() == [("cancelled", "withdrawn")] * 2
    said_so = theirs.post(f"/customers/{shops.hung}/followups", data={**words, "agreed": "spoken"})
    assert (said_so.status_code, "in writing" in said_so.text) == (422, True)
    assert (
        theirs.post(f"/customers/{shops.hung}/followups", data={**words, "agreed": "written"}).status_code
        == 303
    )


@pytest.fixture
def moved(link: str, shops: Shops, house: House) -> None:
    """The shop has another address since."""
    with house(), writing():
        shop = db.session.get_one(Customer, shops.lan)
        shop.change(by=None, at=datetime.now(UTC), emails=["new@shops.example.com"])


@pytest.mark.usefixtures("moved")
def test_what_is_planned_to_an_address_of_before_is_cancelled_at_once(
    phone: FlaskClient, shops: Shops, house: House
) -> None:
    """It would not be sent any more, and Lan sees why."""
    said = {"to": "shop", "channel": "email", "how": "withdrawn"}
    assert phone.post(f"/customers/{shops.lan}/consents", data=said).status_code == 303
    with house():
        assert _states() == [("cancelled", "withdrawn")]
    shown = phone.get("/followups?state=cancelled", headers={"Accept-Language": "en"})
    assert "they want no more messages" in shown.text


@pytest.mark.usefixtures("moved")
def test_a_link_in_a_mail_to_an_address_of_before_stops_those_to_the_new_one(
    client: FlaskClient, write: Write, link: str, house: House
) -> None:
    assert write(when="tomorrow").status_code == 303
    client.post(link)
    with house():
        assert _states() == [("cancelled", "withdrawn")] * 2


def test_lan_notes_who_agreed_and_who_wants_no_more(phone: FlaskClient, shops: Shops, house: House) -> None:
    said = {"to": "shop", "channel": "email"}
    for how in ("form", "withdrawn"):
        assert phone.post(f"/customers/{shops.lan}/consents", data={**said, "how": how}).status_code == 303
    assert phone.post(f"/customers/{shops.lan}/consents", data={**said, "how": "spoken"}).status_code == 422
    assert phone.post(f"/customers/{shops.lan}/consents", data={**said, "how": "written"}).status_code == 303
    with house():
        assert [(each.given, each.how) for each in db.session.scalars(select(Consent).order_by(Consent.id))] == [
            (True, "form"), (False, "told"), (True, "written"),
        ]  # fmt: skip
        assert db.session.scalar(select(Stopped.address)) is None


@pytest.mark.parametrize(
    "said",
    [
        {"to": "shop", "channel": "email", "how": "magic"}, {"to": "shop", "channel": "email"},
    ],
)  # fmt: skip
def test_what_is_no_word_of_theirs_is_refused(phone: FlaskClient, shops: Shops, said: dict[str, str]) -> None:
    assert phone.post(f"/customers/{shops.lan}/consents", data=said).status_code == 422
