"""The shop answers by mail, or the mail comes back: nothing more goes out, the timeline says so, Lan hears of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.clock import HeldClock
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.followups.consents import Consent, Stopped
from crmweb.followups.incoming.marks import marked, marked_address
from crmweb.followups.incoming.models import Incoming
from crmweb.followups.incoming.taking import MOST
from crmweb.followups.models import Followup
from crmweb.followups.unreachable import Unreachable
from crmweb.notifications import Notice
from crmweb.timeline import Event
from crmweb.web import LARGEST_BODY
from tests.followups.incoming.conftest import TOKEN
from tests.followups.incoming.mails import answer, bounce
from tests.notifications.post_office import PostOffice
from tests.shops import Shops

House = Callable[[], AbstractContextManager[None]]
HandIn = Callable[..., TestResponse]
Write = Callable[..., Any]
Work = Callable[[], None]
PhoneOf = Callable[[Actor], FlaskClient]

SHOP = "lan@shops.example.com"
ENGLISH = {"Accept-Language": "en"}


def answered(followup: Followup, text: str = "Chị lấy hai thùng.", **more: str) -> bytes:
    return answer(text, name=followup.wire_id or "", **{"sender": SHOP, **more}).as_bytes()


def came_back(followup: Followup, status: str = "5.1.1", said: str = "550 5.1.1 who?", **more: str) -> bytes:
    return bounce(status, said, **{"name": followup.wire_id or "", "address": SHOP, **more})


def states(house: House) -> list[tuple[str, str]]:
    with house():
        return [
            (each.state, each.reason)
            for each in db.session.scalars(select(Followup).order_by(Followup.id)).unique()
        ]


def kinds(house: House) -> list[str]:
    with house():
        return list(db.session.scalars(select(Event.kind).where(Event.kind.like("%ed")).order_by(Event.seq)))


def notices(house: House) -> list[tuple[str, str]]:
    with house():
        told = db.session.execute(select(Notice.kind, User.name).join(User, User.id == Notice.person_id))
        return [(kind, name) for kind, name in told]


# --- answers ------------------------------------------------------------------------------------------


def test_an_answer_ends_what_is_planned_and_stands_on_the_timeline(
    mailed: Followup,
    write: Write,
    hand_in: HandIn,
    house: House,
    phone: FlaskClient,
    shops: Shops,
    lan: Actor,
) -> None:
    write(when="tomorrow")
    taken = hand_in(answered(mailed, "Chị lấy <b>hai</b> thùng.\n\nOn Wed, Lan wrote:\n> Chào"))
    assert (taken.status_code, taken.data) == (202, b"")
    assert states(house) == [("sent", ""), ("cancelled", "answered")]
    assert notices(house) == [("incoming.answer", lan.name)]
    for shown in (f"/customers/{shops.lan}", f"/followups/{mailed.id}"):
        text = phone.get(shown, headers=ENGLISH).text
        assert "Chị lấy &lt;b&gt;hai&lt;/b&gt; thùng." in text
        assert "Lan wrote" not in text
    assert "Shop of lan answered by Email" in phone.get(f"/customers/{shops.lan}", headers=ENGLISH).text
    assert "answered " in phone.get("/followups?state=sent", headers=ENGLISH).text


def test_an_answer_that_is_handed_in_twice_counts_once(
    mailed: Followup, hand_in: HandIn, house: House
) -> None:
    for _ in range(2):
        assert hand_in(answered(mailed)).status_code == 202
    assert kinds(house).count("followup.answered") == 1
    assert len(notices(house)) == 1
    hand_in(answered(mailed, **{"Message-ID": "<2@example.com>"}))
    assert kinds(house).count("followup.answered") == 2, "a second answer is a second one"


def test_lan_hears_it_by_the_words_of_the_answer(
    mailed: Followup, hand_in: HandIn, house: House, work: Work, post_office: PostOffice, shops: Shops
) -> None:
    hand_in(answered(mailed))
    work()
    work()
    told = post_office.mails[-1]
    assert told["To"] == "lan@example.com"
    assert told["Subject"] == "Shop of lan answered by Email"
    assert "Chị lấy hai thùng." in told.get_content()
    assert f"/customers/{shops.lan}" in told.get_content()


def test_once_lan_handed_the_shop_over_the_other_one_hears_it(
    mailed: Followup, hand_in: HandIn, house: House, shops: Shops, hung: Actor
) -> None:
    with house(), writing():
        customer = db.session.get_one(Customer, shops.lan)
        (hers,) = customer.people
        customer.assign(db.session.get_one(User, hung.id), by=None, at=clock.now())
        hers.end(by=None, at=clock.now())
    hand_in(answered(mailed))
    assert notices(house) == [("incoming.answer", hung.name)]


@pytest.mark.parametrize(
    "more",
    [{"Auto-Submitted": "auto-replied"}, {"sender": "lan@example.com"}, {"sender": "CRM@example.com"}],
    ids=["out of office", "Lan herself", "a mail of ours"],
)
def test_what_no_customer_wrote_is_no_answer(
    mailed: Followup, write: Write, hand_in: HandIn, house: House, more: dict[str, str]
) -> None:
    write(when="tomorrow")
    assert hand_in(answered(mailed, **more)).status_code == 202
    assert states(house) == [("sent", ""), ("planned", "")]
    assert notices(house) == []


def test_an_answer_from_another_address_says_which(
    mailed: Followup, hand_in: HandIn, phone: FlaskClient, shops: Shops
) -> None:
    hand_in(answered(mailed, sender="Sếp <boss@shops.example.com>"))
    assert "from boss@shops.example.com" in phone.get(f"/customers/{shops.lan}", headers=ENGLISH).text


def test_two_machines_that_answer_each_other_do_not_fill_the_timeline(
    mailed: Followup, hand_in: HandIn, house: House
) -> None:
    for number in range(MOST + 5):
        hand_in(answered(mailed, **{"Message-ID": f"<{number}@example.com>"}))
    assert kinds(house).count("followup.answered") == MOST


@pytest.mark.parametrize("words", ["STOP", "Từ chối.", "vui lòng huỷ"])
def test_who_answers_no_more_is_not_written_to(
    mailed: Followup, hand_in: HandIn, house: House, words: str
) -> None:
    hand_in(answered(mailed, words))
    with house():
        assert Stopped.at("email", SHOP) is not None
        assert [(each.given, each.how) for each in db.session.scalars(select(Consent).order_by(Consent.id))] == [
            (True, "spoken"), (False, "answer"),
        ]  # fmt: skip
    assert notices(house)[0][0] == "incoming.stop"


# --- what came back -----------------------------------------------------------------------------------


def test_what_came_back_has_failed_and_nothing_more_goes_there(
    mailed: Followup,
    write: Write,
    hand_in: HandIn,
    house: House,
    phone: FlaskClient,
    shops: Shops,
    lan: Actor,
) -> None:
    write(when="tomorrow")
    for _ in range(2):
        assert hand_in(came_back(mailed)).status_code == 202
    assert states(house) == [("failed", "came back 5.1.1: 550 5.1.1 who?"), ("cancelled", "unreachable")]
    assert kinds(house).count("followup.bounced") == 1
    assert notices(house) == [("incoming.bounce", lan.name)]
    shown = phone.get(f"/customers/{shops.lan}", headers=ENGLISH).text
    assert "Email to Shop of lan came back" in shown
    assert "there is no such mailbox" in shown
    assert "550 5.1.1 who?" in phone.get(f"/followups/{mailed.id}", headers=ENGLISH).text
    assert "there is no such mailbox" in phone.get("/followups?state=failed", headers=ENGLISH).text


def test_an_address_from_which_mail_came_back_is_not_written_to_until_somebody_says_that_it_works(
    mailed: Followup, write: Write, hand_in: HandIn, phone: FlaskClient, shops: Shops
) -> None:
    hand_in(came_back(mailed))
    refused = write(when="tomorrow")
    assert (refused.status_code, "came back. Mend it" in refused.text) == (422, True)
    asked = {"to": "shop", "channel": "email"}
    assert phone.post(f"/customers/{shops.lan}/reachable", data=asked).status_code == 303
    assert write(when="tomorrow").status_code == 303


def test_who_answers_from_there_can_be_reached(mailed: Followup, hand_in: HandIn, house: House) -> None:
    hand_in(came_back(mailed))
    hand_in(answered(mailed))
    with house():
        assert db.session.scalar(select(Unreachable.address)) is None


@pytest.mark.parametrize(
    ("status", "more"),
    [("5.2.2", {}), ("4.4.7", {}), ("5.7.1", {}), ("5.1.1", {"address": "forwarded@example.org"})],
    ids=["full", "gave up", "spam", "where it is forwarded to"],
)
def test_what_says_nothing_of_the_address_fails_alone(
    mailed: Followup, write: Write, hand_in: HandIn, house: House, status: str, more: dict[str, str]
) -> None:
    write(when="tomorrow")
    hand_in(came_back(mailed, status, "said", **more))
    assert [state for state, _reason in states(house)] == ["failed", "planned"]
    with house():
        assert db.session.scalar(select(Unreachable.address)) is None


def test_a_mail_that_is_only_late_is_still_sent(mailed: Followup, hand_in: HandIn, house: House) -> None:
    hand_in(came_back(mailed, "4.4.1", "later", action="delayed"))
    assert states(house) == [("sent", "")]


def test_a_bounce_that_is_quicker_than_our_own_hand_keeps_its_word(
    doors: None, write: Write, post_office: PostOffice, work: Work, hand_in: HandIn, house: House
) -> None:
    """A mail server on the same machine says no before the worker has written down that it said yes."""
    write()
    with house():
        followup = db.session.scalars(select(Followup)).unique().one()
    post_office_takes = post_office.mails.append

    def take_and_send_back(mail: EmailMessage) -> None:
        post_office_takes(mail)
        hand_in(came_back(followup))

    post_office.mails = _Box(take_and_send_back)
    work()
    assert states(house) == [("failed", "came back 5.1.1: 550 5.1.1 who?")]
    work()
    assert len(post_office.mails) == 0, "nor is it sent again"


class _Box(list[EmailMessage]):
    """Does something else with each mail."""

    def __init__(self, take: Callable[[EmailMessage], None]) -> None:
        super().__init__()
        self._take = take

    def append(self, mail: EmailMessage) -> None:
        self._take(mail)


@pytest.mark.parametrize(
    ("said", "gone"), [("550 5.1.1 who?", True), ("550 who?", False), ("554 5.7.1 spam", False)]
)
def test_what_is_refused_at_the_door_is_as_if_it_had_come_back(
    doors: None, write: Write, post_office: PostOffice, work: Work, house: House, said: str, gone: bool
) -> None:
    write(when="now")
    write(when="tomorrow")
    post_office.answers["RCPT"] = said
    work()
    assert [state for state, _reason in states(house)] == ["failed", "cancelled" if gone else "planned"]
    assert [kind for kind, _name in notices(house)] == ["incoming.bounce"] * gone


# --- marks --------------------------------------------------------------------------------------------


def test_a_mail_leaves_with_an_address_that_names_it(
    mailed: Followup, post_office: PostOffice, app: Flask, lan: Actor
) -> None:
    with app.app_context():
        where = marked_address(mailed.id)
        assert marked(where.upper()) == mailed.id
    assert len(where.partition("@")[0]) <= 64
    (mail,) = post_office.mails
    assert mail["Reply-To"] == f"lan@example.com, {where}"
    assert f"FROM:<{where}>" in "\n".join(post_office.lines)


def test_the_address_alone_tells_what_it_is_about(
    mailed: Followup, hand_in: HandIn, house: House, app: Flask
) -> None:
    with app.app_context():
        where = marked_address(mailed.id)
    hand_in(answer("Có", name="f" * 32, sender=SHOP, To=f"CRM <{where.upper()}>").as_bytes())
    assert kinds(house).count("followup.answered") == 1
    hand_in(bounce("5.1.1", "550 who?", name="f" * 32, carries="nothing", to=where, address=SHOP))
    assert [state for state, _reason in states(house)] == ["failed"]


@pytest.mark.parametrize("place", [0, 20, 41])
def test_a_changed_letter_of_a_mark_names_nothing(mailed: Followup, app: Flask, place: int) -> None:
    with app.app_context():
        name, _plus, rest = marked_address(mailed.id).partition("+")
        mark, _at, domain = rest.partition("@")
        other = "b" if mark[place] != "b" else "c"
        assert marked(f"{name}+{mark[:place]}{other}{mark[place + 1 :]}@{domain}") is None


# --- doors --------------------------------------------------------------------------------------------


def test_without_a_token_there_is_no_door(app: Flask) -> None:
    for path in ("/in/mail", "/in/sms"):
        for shown in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
            assert app.test_client().post(path, data=b"x", headers=shown).status_code == 404


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer x", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer tôi", "x"]
)
def test_a_wrong_token_opens_nothing(
    app: Flask, doors: None, mailed: Followup, house: House, shown: str
) -> None:
    headers = {"Authorization": shown.encode().decode("latin-1"), "Sec-Fetch-Site": "cross-site"}
    for path in ("/in/mail", "/in/sms"):
        assert app.test_client().post(path, data=answered(mailed), headers=headers).status_code == 401
    assert kinds(house).count("followup.answered") == 0


def test_a_signed_in_person_needs_the_token_too(phone: FlaskClient, doors: None) -> None:
    assert phone.post("/in/mail", data=b"x").status_code == 401


def test_a_provider_that_knows_only_addresses_shows_the_token_as_a_password(
    app: Flask, mailed: Followup, house: House
) -> None:
    asked = app.test_client().post(
        "/in/mail", data=answered(mailed), content_type="message/rfc822", auth=("crmweb", TOKEN)
    )
    assert asked.status_code == 202
    assert kinds(house).count("followup.answered") == 1


def test_whoever_hands_in_learns_nothing_of_whom_we_know(
    mailed: Followup, hand_in: HandIn, house: House
) -> None:
    known, unknown = hand_in(answered(mailed)), hand_in(answer("x", name="e" * 32).as_bytes())
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data) == (202, b"")
    assert hand_in(b"\0" * 1000).status_code == 202
    with house():
        assert db.session.scalar(select(func.count(Incoming.id))) == 1


def test_what_is_no_mail_at_all_is_told(hand_in: HandIn) -> None:
    assert hand_in(b" \r\n").status_code == 422
    form = hand_in(b"a=b", **{"Content-Type": "application/x-www-form-urlencoded"})
    assert (form.status_code, "message/rfc822" in form.text) == (415, True)
    assert hand_in(b"x" * (LARGEST_BODY + 1)).status_code == 413


def test_the_log_names_nobody(
    mailed: Followup, hand_in: HandIn, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(answered(mailed, "Bí mật"))
    hand_in(answer("Bí mật", name="e" * 32, sender=SHOP).as_bytes())
    hand_in(came_back(mailed))
    written = caplog.text + "".join(capsys.readouterr())
    assert "mail in" in written
    assert SHOP not in written
    assert "Bí mật" not in written


def test_an_outsider_sees_no_answer(
    mailed: Followup, hand_in: HandIn, phone_of: PhoneOf, outsider: Actor
) -> None:
    hand_in(answered(mailed))
    assert phone_of(outsider).get(f"/followups/{mailed.id}").status_code == 404


def test_the_same_words_next_week_are_news(
    mailed: Followup, hand_in: HandIn, house: House, time: HeldClock
) -> None:
    hand_in(answered(mailed, **{"Message-ID": "<a@example.com>"}))
    time.move(timedelta(days=7))
    hand_in(answered(mailed, **{"Message-ID": "<b@example.com>"}))
    assert kinds(house).count("followup.answered") == 2


def test_a_broken_parser_would_be_noticed() -> None:
    """The mails of these tests are what they say."""
    assert BytesParser(policy=policy.default).parsebytes(bounce("5.1.1", "x")).get_content_type() == (
        "multipart/report"
    )
