"""The first page of somebody new asks for little, and takes no more than it asks for."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.passwords import hash_password, matches
from crmweb.db import db, writing
from tests.notifications.post_office import PostOffice
from tests.ways_in.conftest import PASSWORD, House, PhoneOf, Work, card_for, invited, is_in, link_in

FRESH = "three herons over wet rice fields"
LOOK = {"locale": "vi", "zone": "Asia/Ho_Chi_Minh"}


def test_who_was_invited_needs_a_password_to_go_on(
    admins: FlaskClient, client: FlaskClient, nam: Actor, post_office: PostOffice, work: Work
) -> None:
    invited(admins, nam)
    work()
    client.post(link_in(post_office))
    assert client.post("/settings/welcome", data=LOOK).status_code == 422
    assert client.post("/settings/welcome", data={**LOOK, "password": "short"}).status_code == 422
    assert client.post("/settings/welcome", data={**LOOK, "password": FRESH}).status_code == 303
    assert is_in(client), "a first password does not sign the phone out that it was typed on"


def test_who_came_by_a_card_may_leave_it_out(
    admins: FlaskClient, client: FlaskClient, nam: Actor, house: House
) -> None:
    client.post("/join", data={"code": card_for(admins, nam)})
    assert client.post("/settings/welcome", data=LOOK).status_code == 303
    with house():
        assert db.session.get_one(User, nam.id).password_hash is None


def test_nobody_changes_a_password_here(phone_of: PhoneOf, lan: Actor, house: House) -> None:
    """Whoever finds a phone unlocked would else need no old password."""
    with house(), writing():
        db.session.get_one(User, lan.id).password_hash = hash_password(PASSWORD)
    phone_of(lan).post("/settings/welcome", data={**LOOK, "password": FRESH})
    with house():
        assert matches(PASSWORD, db.session.get_one(User, lan.id).password_hash)


@pytest.mark.parametrize(
    "wrong", [{"zone": "Mars/Olympus"}, {"locale": "xx"}, {"zone": ""}, {"zone": "../etc"}]
)
def test_what_is_no_zone_or_language_is_refused(phone_of: PhoneOf, lan: Actor, wrong: dict[str, str]) -> None:
    assert phone_of(lan).post("/settings/welcome", data={**LOOK, **wrong}).status_code == 422


def test_the_form_gives_neither_role_nor_email(phone_of: PhoneOf, lan: Actor, house: House) -> None:
    more = {"role": "admin", "email": "boss@example.com", "manager_id": "", "name": "Boss"}
    assert phone_of(lan).post("/settings/welcome", data={**LOOK, **more}).status_code == 303
    with house():
        user = db.session.get_one(User, lan.id)
        assert (user.role, user.email, user.name) == ("rep", "lan@example.com", lan.name)
