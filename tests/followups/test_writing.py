"""Lan writes to a customer: at once or later, and only to who agreed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.clock import HeldClock
from crmweb.customers.contacts.models import CustomerContact
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.followups.consents import Consent, Stopped
from crmweb.followups.models import Followup
from crmweb.notifications import Delivery
from crmweb.timeline import Event
from tests.followups.conftest import WEDNESDAY, minted
from tests.notifications.post_office import PostOffice
from tests.shops import Shops

House = Callable[[], AbstractContextManager[None]]
Work = Callable[[], None]
Write = Callable[..., Any]


def _followup() -> Followup:
    return db.session.scalars(select(Followup)).unique().one()


def _event_of(followup: Followup) -> Event:
    return db.session.scalars(select(Event).where(Event.id == followup.id)).one()


def test_lan_writes_to_a_shop_and_it_arrives(
    write: Write, post_office: PostOffice, work: Work, house: House
) -> None:
    assert write().status_code == 303
    work()
    with house():
        followup = _followup()
        assert (followup.state, _event_of(followup).kind) == ("sent", "followup.sent")
    (mail,) = post_office.mails
    assert (mail["To"], mail["Subject"]) == ("lan@shops.example.com", "Xin chào")
    assert mail["Reply-To"] == "lan@example.com"
    assert "Lan" in mail["From"]
    assert mail["List-Unsubscribe"].strip().startswith("<http")
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Chào Shop of lan" in text.get_content()
    assert "<img" not in html.get_content()
    assert "Không nhận tin nữa" in html.get_content()


def test_nobody_is_written_to_who_was_not_asked(write: Write, house: House) -> None:
    answer = write(agreed="")
    assert answer.status_code == 422
    assert "Ask them first" in answer.text
    assert "Chào {contact}" in answer.text, "what was typed is kept"
    with house():
        assert db.session.scalar(select(Followup.id)) is None


def test_their_word_is_kept_and_not_asked_for_again(write: Write, house: House) -> None:
    write()
    assert write(agreed="").status_code == 303
    with house():
        kept = db.session.scalars(select(Consent)).one()
        assert (kept.given, kept.how, kept.channel) == (True, "spoken", "email")


def test_what_is_written_at_night_goes_in_the_morning(write: Write, time: HeldClock, house: House) -> None:
    time.move(timedelta(hours=12))  # ten at night
    write()
    with house():
        assert _followup().due_at == datetime(2026, 3, 5, 1, 0, tzinfo=UTC)


def test_what_is_written_on_saturday_night_waits_for_monday(
    write: Write, time: HeldClock, house: House
) -> None:
    time.move(timedelta(days=3, hours=12))
    write()
    with house():
        assert _followup().due_at == datetime(2026, 3, 9, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "at", "due"),
    [
        ("tomorrow", "", datetime(2026, 3, 5, 2, 0, tzinfo=UTC)),
        ("in3", "", datetime(2026, 3, 7, 2, 0, tzinfo=UTC)),
        ("at", "2026-03-06T15:30", datetime(2026, 3, 6, 8, 30, tzinfo=UTC)),
    ],
)
def test_lan_says_when_it_goes(write: Write, house: House, when: str, at: str, due: datetime) -> None:
    write(when=when, at=at)
    with house():
        followup = _followup()
        assert (followup.state, followup.due_at) == ("planned", due)


@pytest.mark.parametrize(
    "at", ["", "soon", "2026-03-03T10:00", "2028-01-01T10:00", "9999-12-31T23:59", "0001-01-01"]
)
def test_a_time_that_cannot_be_is_refused(write: Write, at: str) -> None:
    assert write(when="at", at=at).status_code == 422


def test_lan_thinks_again_before_it_goes(
    write: Write, phone: FlaskClient, time: HeldClock, post_office: PostOffice, work: Work, house: House
) -> None:
    write(when="tomorrow")
    with house():
        planned = _followup().id
    assert phone.post(f"/followups/{planned}/cancel").status_code == 303
    time.move(timedelta(days=1))
    work()
    with house():
        followup = _followup()
        assert (followup.state, followup.reason) == ("cancelled", "by_hand")
        assert db.session.scalars(select(Delivery.state)).one() == "cancelled"
        assert _event_of(followup).kind == "followup.cancelled"
    assert post_office.mails == []


def test_what_is_sent_cannot_be_taken_back(
    write: Write, phone: FlaskClient, post_office: PostOffice, work: Work, house: House
) -> None:
    write()
    work()
    with house():
        planned = _followup().id
    phone.post(f"/followups/{planned}/cancel")
    with house():
        assert _followup().state == "sent"


def test_a_mailbox_that_refuses_is_told_in_plain_words(
    write: Write, phone: FlaskClient, shops: Shops, post_office: PostOffice, work: Work, house: House
) -> None:
    post_office.answers["RCPT"] = "550 no such person"
    write()
    work()
    with house():
        assert _followup().state == "failed"
    assert "their mail server does not take it" in phone.get(f"/customers/{shops.lan}").text
    assert "no such person" in phone.get("/followups?state=failed").text


@pytest.mark.parametrize(
    ("state", "words"),
    [("sent", "Nothing sent yet"), ("failed", "No message failed"), ("cancelled", "Nothing cancelled")],
)
def test_an_empty_list_says_what_it_is_for(phone: FlaskClient, state: str, words: str) -> None:
    assert words in phone.get(f"/followups?state={state}", headers={"Accept-Language": "en"}).text


def test_a_replayed_message_is_one_message(write: Write, house: House) -> None:
    named, key = minted(WEDNESDAY), "a-key"
    first, again = (write(**{"id": named, "Idempotency-Key": key}) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    with house():
        assert str(_followup().id) == named
        assert len(db.session.scalars(select(Delivery)).all()) == 1


def _archive(customer: Customer, _lan: User) -> None:
    customer.archive(by=None, at=datetime.now(UTC))


def _lose(customer: Customer, _lan: User) -> None:
    customer.change(by=None, at=datetime.now(UTC), status="former")


def _dismiss(_customer: Customer, lan: User) -> None:
    lan.deactivate(by=Actor.of(lan), at=datetime.now(UTC))


def _hand_over(customer: Customer, _lan: User) -> None:
    customer.assignments[0].end(by=None, at=datetime.now(UTC))


def _stop(customer: Customer, _lan: User) -> None:
    db.session.add(Stopped(channel="email", address="lan@shops.example.com", since=datetime.now(UTC)))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (_archive, "archived"), (_lose, "former"), (_dismiss, "writer_gone"), (_hand_over, "handed_over"),
        (_stop, "withdrawn"),
    ],
)  # fmt: skip
def test_what_changed_meanwhile_is_asked_before_it_goes(
    write: Write, lan: Actor, shops: Shops, time: HeldClock, post_office: PostOffice, work: Work, house: House,
    changes: Callable[[Customer, User], None], why: str,
) -> None:  # fmt: skip
    write(when="tomorrow")
    with house(), writing():
        changes(db.session.get_one(Customer, shops.lan), db.session.get_one(User, lan.id))
    time.move(timedelta(days=1))
    work()
    with house():
        followup = _followup()
        assert (followup.state, followup.reason) == ("cancelled", why)
        assert db.session.scalars(select(Delivery.state).where(Delivery.kind == "email")).one() == "cancelled"
    assert post_office.mails == []


def test_who_does_not_work_there_any_more_is_not_written_to(write: Write, shops: Shops, house: House) -> None:
    with house(), writing():
        contact = db.session.scalars(
            select(CustomerContact).where(CustomerContact.customer_id == shops.lan)
        ).one()
        contact.contact.email = "keeper@example.com"
        keeper = contact.contact_id
    assert write(to=str(keeper), when="tomorrow").status_code == 303
    with house(), writing():
        db.session.get_one(Customer, shops.lan).drop_contact(keeper, by=None, at=datetime.now(UTC))
    with house():
        assert _followup().reason == "contact_gone"


def test_a_worker_that_wakes_at_night_waits_for_the_morning(
    write: Write, time: HeldClock, post_office: PostOffice, work: Work, house: House
) -> None:
    write(when="tomorrow")
    time.move(timedelta(days=1, hours=12))  # it was down all day; it is ten at night
    work()
    with house():
        assert (_followup().state, post_office.mails) == ("planned", [])
    time.move(timedelta(hours=11))
    work()
    with house():
        assert _followup().state == "sent"


def test_an_answer_ends_what_is_planned(write: Write, phone: FlaskClient, shops: Shops, house: House) -> None:
    write(when="tomorrow")
    assert phone.post(f"/customers/{shops.lan}/followups/answered").status_code == 303
    with house():
        assert (_followup().state, _followup().reason) == ("cancelled", "answered")


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_stranger_writes_to_nobody(
    phone_of: Callable[[Actor], FlaskClient], outsider: Actor, shops: Shops, channel: str
) -> None:
    theirs = phone_of(outsider)
    words = {
        "to": "shop",
        "channel": channel,
        "subject": "x",
        "text": "x",
        "when": "now",
        "agreed": "written",
    }
    assert theirs.post(f"/customers/{shops.lan}/followups", data=words).status_code == 404
    assert theirs.post(f"/customers/{shops.lan}/followups/preview", data=words).status_code == 404
    assert theirs.get(f"/customers/{shops.lan}/followups/new").status_code == 404
    assert (
        theirs.post(
            f"/customers/{shops.lan}/consents", data={"to": "shop", "channel": channel, "how": "form"}
        ).status_code
        == 404
    )


def test_a_contact_of_somebody_else_is_nobody_here(write: Write, shops: Shops, house: House) -> None:
    with house():
        other = db.session.scalars(
            select(CustomerContact.contact_id).where(CustomerContact.customer_id == shops.outsider)
        ).one()
    assert write(to=str(other)).status_code == 422


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{0.__class__}",
        "{contact.__init__}",
        "{% for x in y %}",
        "{contact",
        "}",
        "{config}",
        "{contact!r}",
    ],
)
def test_code_in_a_message_is_refused(write: Write, text: str) -> None:
    assert write(text=text).status_code == 422
    assert write(subject=text).status_code == 422


def test_a_name_that_looks_like_a_token_stays_a_name(
    write: Write, shops: Shops, work: Work, house: House, post_office: PostOffice
) -> None:
    with house(), writing():
        db.session.get_one(Customer, shops.lan).change(
            by=None, at=datetime.now(UTC), name="{rep_phone} {{7*7}}"
        )
    write(subject="{customer}\r\nBcc: spy@example.org", text="Chào {customer}")
    work()
    (mail,) = post_office.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "{rep_phone} {{7*7}} Bcc: spy@example.org"


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\u202eb\u0000c", "abc"), ("a\r\nb", "a\nb")],
)
def test_what_cannot_be_seen_is_left_out(write: Write, house: House, text: str, kept: str) -> None:
    write(text=text)
    with house():
        assert _followup().text == kept


def test_ten_thousand_characters_are_too_many(write: Write) -> None:
    assert write(text="ơ" * 10_000).status_code == 422
    assert write(text="ơ" * 1000, channel="sms").status_code == 422
    assert write(subject="ơ" * 10_000).status_code == 422


@pytest.mark.parametrize(("number", "says"), [("028 3823 4567", "landline"), ("chưa có", "no number")])
def test_an_sms_needs_a_mobile_number(
    write: Write, shops: Shops, house: House, number: str, says: str
) -> None:
    with house(), writing():
        db.session.get_one(Customer, shops.lan).change(by=None, at=datetime.now(UTC), phones=[number])
    answer = write(channel="sms")
    assert answer.status_code == 422
    assert says in answer.text


def test_nobody_writes_to_a_customer_who_was_put_away(
    write: Write, phone: FlaskClient, shops: Shops, house: House
) -> None:
    assert 'id="followups"' in phone.get(f"/customers/{shops.lan}").text
    with house(), writing():
        db.session.get_one(Customer, shops.lan).archive(by=None, at=datetime.now(UTC))
    assert write().status_code == 422
    assert 'id="followups"' not in phone.get(f"/customers/{shops.lan}").text


def test_a_preview_writes_nothing(phone: FlaskClient, shops: Shops, house: House) -> None:
    words = {"to": "shop", "channel": "sms", "text": "Chào chị {contact}, gọi {rep_phone}", "when": "now"}
    shown = phone.post(
        f"/customers/{shops.lan}/followups/preview", data=words, headers={"HX-Request": "true"}
    ).text
    assert "Chào chị Shop of lan, gọi Lan" in shown, "what nobody knows has a word in its place"
    assert "2 SMS" in shown
    with house():
        assert db.session.scalar(select(Followup.id)) is None


def test_mai_sees_what_her_team_planned(
    write: Write, phone_of: Callable[[Actor], FlaskClient], mai: Actor, binh: Actor
) -> None:
    write(when="tomorrow")
    assert "Shop of lan" in phone_of(mai).get("/followups?whose=team").text
    assert "Shop of lan" not in phone_of(mai).get("/followups").text
    assert "Shop of lan" not in phone_of(binh).get("/followups?whose=team").text
