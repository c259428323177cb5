"""Tuấn invites by email; the link opens once, for whom and for what it was made."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.links import OneTimeLink
from crmweb.accounts.models import User
from crmweb.accounts.roles import ADMIN, Role
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from crmweb.notifications import Delivery
from tests.notifications.post_office import PostOffice
from tests.ways_in.conftest import ENGLISH, Hire, House, PhoneOf, Work, actions, invited, is_in, link_in

WEEK = timedelta(days=7)


def test_nam_comes_in_by_the_mail_and_gives_himself_a_password(
    admins: FlaskClient, client: FlaskClient, nam: Actor, post_office: PostOffice, work: Work, house: House
) -> None:
    answer = invited(admins, nam)
    assert (answer.status_code, answer.location) == (303, f"/admin/users/{nam.id}")
    work()
    link = link_in(post_office)
    assert nam.name in client.get(link, headers=ENGLISH).text
    joined = client.post(link)
    assert (joined.status_code, joined.location) == (303, "/settings/welcome")
    asked = client.get(joined.location, headers=ENGLISH).text
    assert 'name="password"' in asked
    assert "Skip" not in asked
    data = {"locale": "vi", "zone": "Asia/Bangkok", "password": "a boat on the river at noon"}
    assert client.post("/settings/welcome", data=data).location == "/"
    assert is_in(client)
    with house():
        user = db.session.get_one(User, nam.id)
        assert (user.locale, user.zone) == ("vi", "Asia/Bangkok")
        assert user.password_hash
    assert [action for action in actions(house) if "invited" in action or "joined" in action] == [
        "user.invited",
        "user.joined",
    ]


def test_the_mail_speaks_the_language_of_who_gets_it(
    admins: FlaskClient, hire: Hire, post_office: PostOffice, work: Work
) -> None:
    invited(admins, hire("Nam", email="nam@example.com", locale="vi"))
    invited(admins, hire("Ben", email="ben@example.com"))  # has chosen none: the admin's
    work()
    by_address = {mail["To"]: mail for mail in post_office.mails}
    assert by_address["nam@example.com"]["Subject"] == "Phạm Anh Tuấn mời bạn dùng crmweb"
    assert by_address["ben@example.com"]["Subject"] == "Phạm Anh Tuấn invites you to crmweb"


def test_the_mail_has_both_parts_a_message_id_and_watches_nobody(
    admins: FlaskClient, nam: Actor, post_office: PostOffice, work: Work
) -> None:
    invited(admins, nam)
    work()
    (mail,) = post_office.mails
    html = mail.get_body(("html",))
    assert html is not None
    assert link_in(post_office) in html.get_content()
    assert mail["Message-ID"].endswith("@example.com>")
    for spy in ("<img", "http-equiv", "src=", "url("):
        assert spy not in html.get_content()
    assert html.get_content().count("http") == 2, "the link, and its words"


def test_a_mail_that_is_sent_twice_is_the_same_mail(
    admins: FlaskClient, client: FlaskClient, nam: Actor, post_office: PostOffice, work: Work, held: HeldClock
) -> None:
    post_office.hangs_up_after_data = True
    invited(admins, nam)
    work()
    post_office.hangs_up_after_data = False
    held.move(timedelta(minutes=5))
    work()
    first, second = post_office.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert link_in(post_office, 0) == link_in(post_office, 1)
    assert client.post(link_in(post_office, 0)).status_code == 303


def test_neither_database_nor_ledger_holds_what_opens_the_door(
    admins: FlaskClient, nam: Actor, post_office: PostOffice, work: Work, house: House
) -> None:
    invited(admins, nam)
    work()
    token = link_in(post_office).rpartition("/")[2]
    assert len(token) >= 43, "256 bits"
    with house():
        filed = db.session.scalars(select(Delivery)).one()
        assert token not in f"{filed.payload} {filed.dedupe} {filed.recipient}"
        assert token.encode() not in db.session.scalars(select(OneTimeLink.token)).one()


@pytest.mark.parametrize("name", ["Nam\r\nBcc: spy@example.org", "Nam\u2028Bcc: spy@example.org"])
def test_a_name_adds_no_header(
    admins: FlaskClient, nam: Actor, tuan: Actor, post_office: PostOffice, work: Work, house: House, name: str
) -> None:
    with house(), writing():
        db.session.get_one(User, tuan.id).name = name
        db.session.get_one(User, nam.id).name = name
    invited(admins, nam)
    work()
    (mail,) = post_office.mails
    assert mail["Bcc"] is None
    assert mail["To"] == "nam@example.com"


# --- what it does not open ------------------------------------------------------------------------------


@pytest.fixture
def link(admins: FlaskClient, nam: Actor, post_office: PostOffice, work: Work) -> str:
    """Nam's, out of his mail."""
    invited(admins, nam)
    work()
    return link_in(post_office)


def opens(app: Flask, link: str) -> bool:
    """Whether it lets a stranger's browser in; tells by GET and POST alike."""
    browser = app.test_client()
    seen = browser.get(link).status_code
    spent = browser.post(link).status_code
    assert (seen, spent) in ((200, 303), (410, 410))
    return is_in(browser)


def test_replayed_it_opens_nothing(app: Flask, link: str) -> None:
    assert opens(app, link)
    assert not opens(app, link)


def test_it_opens_for_a_week(app: Flask, link: str, held: HeldClock) -> None:
    held.move(WEEK - timedelta(seconds=1))
    assert app.test_client().get(link).status_code == 200
    held.move(timedelta(seconds=1))
    assert not opens(app, link)


def test_another_email_withdraws_it_also_when_it_comes_back(
    app: Flask, link: str, house: House, nam: Actor, tuan: Actor
) -> None:
    for email in ("nam.tran@example.com", "nam@example.com"):
        with house(), writing():
            db.session.get_one(User, nam.id).be_reached(email, None, by=tuan, at=clock.now())
        assert not opens(app, link)


def test_an_email_changed_behind_our_back_shuts_it_too(
    app: Flask, link: str, house: House, nam: Actor
) -> None:
    with house(), writing():
        db.session.get_one(User, nam.id).email_key = "somebody@example.com"
    assert not opens(app, link)


def test_another_phone_number_does_not(app: Flask, link: str, house: House, nam: Actor, tuan: Actor) -> None:
    with house(), writing():
        db.session.get_one(User, nam.id).be_reached("nam@example.com", "0901234567", by=tuan, at=clock.now())
    assert opens(app, link)


def test_a_second_invitation_shuts_the_first(
    app: Flask, link: str, admins: FlaskClient, nam: Actor, post_office: PostOffice, work: Work
) -> None:
    invited(admins, nam)
    work()
    assert not opens(app, link)
    assert opens(app, link_in(post_office))


def test_withdrawn_it_opens_nothing(app: Flask, link: str, admins: FlaskClient, nam: Actor) -> None:
    assert admins.post(f"/admin/users/{nam.id}/ways-in/withdrawal").status_code == 303
    assert not opens(app, link)


def test_whoever_came_in_otherwise_leaves_no_open_door(
    app: Flask, link: str, house: House, nam: Actor
) -> None:
    with house(), writing():
        other = OneTimeLink.issue(db.session.get_one(User, nam.id), at=clock.now())
    app.test_client().post(f"/join/{other}")
    assert not opens(app, link)


def test_it_opens_nothing_when_its_inviter_has_left(
    app: Flask, link: str, house: House, tuan: Actor, hire: Hire
) -> None:
    hire("Another admin", role="admin")
    with house(), writing():
        db.session.get_one(User, tuan.id).deactivate(by=tuan, at=clock.now())
    assert not opens(app, link)


def test_what_rises_above_its_inviter_is_asked_again_at_the_door(
    app: Flask, phone_of: PhoneOf, hire: Hire, house: House, post_office: PostOffice, work: Work
) -> None:
    """A made role gains rights between the invitation and the door."""
    with house(), writing():
        desk = Role.make("Desk", {"users:manage"}, by=None, at=clock.now()).name
        helper = Role.make("Helper", set(), by=None, at=clock.now()).name
    person = hire("Nam", email="nam@example.com", role=helper)
    assert invited(phone_of(hire("Oanh", role=desk)), person).status_code == 303
    work()
    with house(), writing():
        db.session.get_one(Role, helper).change("Helper", {"audit:read"}, by=None, at=clock.now())
    assert not opens(app, link_in(post_office))


def test_a_mail_that_waited_too_long_does_not_go(
    admins: FlaskClient, nam: Actor, post_office: PostOffice, work: Work, house: House
) -> None:
    """It is asked once more just before: withdrawn meanwhile, nobody gets a dead link."""
    invited(admins, nam)
    admins.post(f"/admin/users/{nam.id}/ways-in/withdrawal")
    work()
    assert post_office.mails == []
    with house():
        assert db.session.scalars(select(Delivery.state)).one() == "cancelled"


# --- whom one may invite --------------------------------------------------------------------------------


def test_nobody_opens_a_door_that_is_above_them(
    phone_of: PhoneOf, hire: Hire, house: House, tuan: Actor
) -> None:
    """Whoever may only manage people would else print a card in an admin's name, and walk in."""
    with house(), writing():
        desk = Role.make("Desk", ADMIN - {"audit:read"}, by=None, at=clock.now()).name
    browser = phone_of(hire("Oanh", role=desk))
    for address in (f"/admin/users/{tuan.id}/invitation", f"/admin/users/{tuan.id}/lost-phone"):
        assert browser.post(address).status_code == 403
    assert browser.post("/admin/users/cards", data={"person": str(tuan.id)}).status_code == 403
    assert str(tuan.id) not in browser.get("/admin/users/cards").text
    assert is_in(phone_of(tuan))


def test_a_manager_invites_nobody(phone_of: PhoneOf, mai: Actor, nam: Actor) -> None:
    assert invited(phone_of(mai), nam).status_code == 403


def test_who_left_is_not_invited(admins: FlaskClient, nam: Actor, tuan: Actor, house: House) -> None:
    with house(), writing():
        db.session.get_one(User, nam.id).deactivate(by=tuan, at=clock.now())
    assert invited(admins, nam).status_code == 404


def test_without_an_email_a_card_is_named(admins: FlaskClient, sau: Actor, house: House) -> None:
    invited(admins, sau)
    assert "Print a card instead" in admins.get("/admin/users/invitations", headers=ENGLISH).text
    with house():
        assert not db.session.scalars(select(OneTimeLink)).all()


def test_one_tap_invites_everybody_who_was_never_in_and_nobody_twice(
    admins: FlaskClient, nam: Actor, sau: Actor, post_office: PostOffice, work: Work, phone_of: PhoneOf,
    people: dict[str, Actor], held: HeldClock,
) -> None:  # fmt: skip
    for person in people.values():
        phone_of(person)
    for _ in range(2):
        admins.post("/admin/users/invitations")
        work()
    assert [mail["To"] for mail in post_office.mails] == ["nam@example.com"]
    held.move(WEEK)
    admins.post("/admin/users/invitations")
    work()
    assert len(post_office.mails) == 2, "the first has expired"


def test_the_page_says_what_became_of_each(
    admins: FlaskClient, nam: Actor, post_office: PostOffice, work: Work, held: HeldClock, client: FlaskClient
) -> None:
    def shown() -> str:
        return admins.get(f"/admin/users/{nam.id}", headers=ENGLISH).text

    assert "Nothing was given yet." in shown()
    invited(admins, nam)
    assert 'class="state open">Waiting' in shown()
    assert "by Phạm Anh Tuấn" in shown()
    held.move(WEEK)
    assert 'class="state late">Expired' in shown()
    invited(admins, nam)
    work()
    client.post(link_in(post_office))
    assert 'class="state ok">Used' in shown()
    assert nam.name not in admins.get("/admin/users/invitations", headers=ENGLISH).text
