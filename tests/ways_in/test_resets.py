"""A forgotten password: nobody learns who is here, and the link is spent by the password that it brings."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.links import OneTimeLink
from crmweb.accounts.models import User
from crmweb.accounts.passwords import matches
from crmweb.accounts.resetting import MOST_ASKED
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from crmweb.notifications import Delivery
from tests.edge.test_reading import sql_log
from tests.notifications.post_office import PostOffice
from tests.ways_in.conftest import ENGLISH, PASSWORD, House, PhoneOf, Work, is_in, link_in

FRESH = "three herons over wet rice fields"


def ask(client: FlaskClient, email: str) -> tuple[int, str]:
    answer = client.post("/reset", data={"email": email}, headers=ENGLISH)
    return answer.status_code, answer.text


@pytest.fixture
def lost(client: FlaskClient, lan: Actor, phone_of: PhoneOf, post_office: PostOffice, work: Work) -> str:
    """The link that Lan gets, who has been in before."""
    phone_of(lan)
    ask(client, "lan@example.com")
    work()
    return link_in(post_office)


def test_lan_chooses_a_new_password_and_her_other_devices_are_out(
    client: FlaskClient, lan: Actor, phone_of: PhoneOf, lost: str, house: House
) -> None:
    other = phone_of(lan)
    assert lan.name in client.get(lost, headers=ENGLISH).text
    answer = client.post(lost, data={"password": FRESH})
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_in(client)
    assert not is_in(other)
    with house():
        assert matches(FRESH, db.session.get_one(User, lan.id).password_hash)
    assert client.post(lost, data={"password": "another one altogether now"}).status_code == 410


def test_a_bad_password_does_not_spend_the_link(client: FlaskClient, lan: Actor, lost: str) -> None:
    for bad in ("", "short", "nguyễn thị lan nguyễn thị lan"):
        assert client.post(lost, data={"password": bad}).status_code == 422
    assert not is_in(client)
    assert client.post(lost, data={"password": FRESH}).status_code == 303


def test_known_and_unknown_are_answered_alike_to_the_last_statement(
    app: Flask, client: FlaskClient, lan: Actor, phone_of: PhoneOf, tuan: Actor, house: House
) -> None:
    phone_of(lan)
    with house(), writing():
        db.session.get_one(User, tuan.id).deactivated_at = clock.now()
    heard = []
    for email in ("lan@example.com", "nobody@example.com", "tuan@example.com"):
        with sql_log() as said:
            status, text = ask(client, email)
        heard.append((status, text, [asked for asked in said if not asked.startswith("PRAGMA")]))
        assert email not in text
    assert heard[0] == heard[1] == heard[2]
    assert heard[0][0] == 200
    assert "Ask your admin for a card" in heard[0][1], "the same words for who has no email"


def test_nobody_unknown_gets_a_mail(
    client: FlaskClient, lan: Actor, phone_of: PhoneOf, post_office: PostOffice, work: Work, house: House
) -> None:
    for email in ("nobody@example.com", "lan@example.com"):  # Lan has never been in: she needs an invitation
        ask(client, email)
    work()
    assert post_office.mails == []
    with house():
        assert set(db.session.scalars(select(Delivery.state))) == {"cancelled"}


def test_a_look_alike_of_an_email_gets_nothing(
    client: FlaskClient, lan: Actor, phone_of: PhoneOf, post_office: PostOffice, work: Work
) -> None:
    """`ｌａｎ@…` is Lan to our door; the mail goes to the address that we have, and never to the one typed."""
    phone_of(lan)
    for spelling in ("LAN@EXAMPLE.COM", "ｌａｎ@example.com"):
        ask(client, spelling)
    work()
    assert {str(mail["To"]) for mail in post_office.mails} == {"lan@example.com"}


@pytest.mark.parametrize(
    "email",
    ["", "lan", "lan@", "lan@example.com\r\nBcc: spy@example.org", "lan@example.com, spy@example.org",
     "lan@example.com\u2028x", f"{'a' * 300}@example.com", "<lan@example.com>"],
)  # fmt: skip
def test_what_is_no_email_is_refused(client: FlaskClient, email: str, house: House) -> None:
    assert ask(client, email)[0] == 422
    with house():
        assert not db.session.scalars(select(Delivery)).all()


def test_asking_is_limited_for_known_and_unknown_alike(
    client: FlaskClient, lan: Actor, phone_of: PhoneOf, held: HeldClock, post_office: PostOffice, work: Work
) -> None:
    phone_of(lan)
    answers = []
    for email in ("lan@example.com", "nobody@example.com"):
        for _ in range(MOST_ASKED):
            assert ask(client, email)[0] == 200
        answers.append(ask(client, email.upper()))
    assert answers[0] == answers[1]
    assert answers[0][0] == 429
    work()
    assert len(post_office.mails) == MOST_ASKED


def test_asking_locks_nobody_out(app: Flask, client: FlaskClient, lan: Actor, house: House) -> None:
    """Whoever floods the form must not keep Lan from her password."""
    from crmweb.accounts.passwords import hash_password

    with house(), writing():
        db.session.get_one(User, lan.id).password_hash = hash_password(PASSWORD)
    for _ in range(10):
        ask(client, "lan@example.com")
    data = {"email": "lan@example.com", "password": PASSWORD}
    assert app.test_client().post("/session", data=data).status_code == 303


# --- what it does not open ------------------------------------------------------------------------------


def test_the_link_lasts_for_half_an_hour(client: FlaskClient, lost: str, held: HeldClock) -> None:
    held.move(timedelta(minutes=30) - timedelta(seconds=1))
    assert client.get(lost).status_code == 200
    held.move(timedelta(seconds=1))
    assert client.get(lost).status_code == 410
    assert client.post(lost, data={"password": FRESH}).status_code == 410
    assert not is_in(client)


def test_a_reset_is_no_way_to_join(client: FlaskClient, lost: str) -> None:
    token = lost.rpartition("/")[2]
    assert client.post(f"/join/{token}").status_code == 410
    assert client.post(f"/setup/{token}").status_code == 410
    assert not is_in(client)


def test_a_link_to_join_resets_nothing(client: FlaskClient, lan: Actor, house: House) -> None:
    with house(), writing():
        token = OneTimeLink.issue(db.session.get_one(User, lan.id), at=clock.now())
    assert client.post(f"/reset/{token}", data={"password": FRESH}).status_code == 410
    assert not is_in(client)


def test_a_changed_email_shuts_it(
    client: FlaskClient, lan: Actor, tuan: Actor, lost: str, house: House
) -> None:
    with house(), writing():
        db.session.get_one(User, lan.id).be_reached("new@example.com", None, by=tuan, at=clock.now())
    assert client.post(lost, data={"password": FRESH}).status_code == 410


def test_signing_in_meanwhile_shuts_it(
    app: Flask, client: FlaskClient, lan: Actor, lost: str, house: House
) -> None:
    with house(), writing():
        token = OneTimeLink.issue(db.session.get_one(User, lan.id), at=clock.now())
    app.test_client().post(f"/join/{token}")
    assert client.post(lost, data={"password": FRESH}).status_code == 410


def test_the_page_is_kept_by_no_cache_and_told_to_nobody(client: FlaskClient, lost: str) -> None:
    for answer in (client.get(lost), client.post(lost, data={"password": "x"}), client.get("/reset/spent")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_no_log_hears_a_token_a_code_or_a_password(
    client: FlaskClient, admins: FlaskClient, sau: Actor, lost: str, said: io.StringIO
) -> None:
    from tests.ways_in.conftest import card_for

    token, code = lost.rpartition("/")[2], card_for(admins, sau)
    for path in (
        f"/reset/{token}",
        f"/reset/{token}/x",
        f"/Reset/{token}",
        f"/setup/{token}",
        f"/join?code={code}",
    ):
        client.get(path)
        client.post(path, data={"password": "canary that is too", "code": code[:-1]})
    client.post("/join", data={"code": code})
    client.post(lost, data={"password": FRESH})
    written = said.getvalue()
    assert "/reset/" in written
    for secret in (token, code, code.replace("-", ""), FRESH, "canary"):
        assert secret not in written


def test_the_mail_speaks_the_language_of_its_reader(
    client: FlaskClient, lan: Actor, phone_of: PhoneOf, post_office: PostOffice, work: Work, house: House
) -> None:
    phone_of(lan)
    with house(), writing():
        db.session.get_one(User, lan.id).locale = "vi"
    ask(client, "lan@example.com")
    work()
    assert post_office.mails[0]["Subject"] == "Chọn mật khẩu mới"
