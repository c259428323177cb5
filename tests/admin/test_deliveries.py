"""Tuấn sees what did not arrive, why, and sends it again."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.db import db, writing
from crmweb.notifications import Delivery
from crmweb.notifications.claims import Claim
from crmweb.schedule import RECURRING, Clock

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def file(house: House) -> Callable[..., uuid.UUID]:
    """`file("Quote", failed="no such mailbox")`: one more delivery."""

    def file(
        subject: str, *, kind: str = "email", to: str = "minh@example.com", failed: str = ""
    ) -> uuid.UUID:
        with house(), writing():
            filed = Delivery.file(
                dedupe=f"{subject} {to}",
                kind=kind,
                recipient=to,
                payload={"subject": subject},
                at=clock.now(),
            )
            assert filed is not None
            if failed:
                (claim,) = Claim.take([filed], at=clock.now())
                claim.failed(failed, at=clock.now())
        return filed

    return file


def test_tuan_reads_why_a_mail_failed_and_retries_it(
    file: Callable[..., uuid.UUID], phone_of: PhoneOf, tuan: Actor, house: House
) -> None:
    failed = file("Your quote", failed="the mail server said 550 no such mailbox")
    file("Another one")
    shown = phone_of(tuan).get("/admin/deliveries", headers=ENGLISH).text
    assert "1 try" in shown
    assert "Your quote" in shown
    assert "550 no such mailbox" in shown
    assert "Another one" not in shown
    assert phone_of(tuan).post(f"/admin/deliveries/{failed}/retry").status_code == 303
    with house():
        assert db.session.get_one(Delivery, failed).state == "waiting"
    again = phone_of(tuan).post(f"/admin/deliveries/{failed}/retry", follow_redirects=True, headers=ENGLISH)
    assert "sent meanwhile" in again.text


def test_what_nobody_tried_yet_counts_no_tries(
    file: Callable[..., uuid.UUID], phone_of: PhoneOf, tuan: Actor
) -> None:
    file("Another one")
    waiting = phone_of(tuan).get("/admin/deliveries?state=waiting", headers=ENGLISH).text
    assert "Another one" in waiting
    assert "0 tries" not in waiting


def test_he_filters_by_state_channel_and_recipient(
    file: Callable[..., uuid.UUID], phone_of: PhoneOf, tuan: Actor
) -> None:
    file("Mail to Minh")
    file("SMS to Minh", kind="sms", to="+84912345678")

    def ask(query: str) -> str:
        return phone_of(tuan).get(f"/admin/deliveries?{query}", headers=ENGLISH).text

    waiting, by_sms, to_minh = (
        ask("state=waiting"),
        ask("state=waiting&channel=sms"),
        ask("state=waiting&to=minh@"),
    )
    assert "Mail to Minh" in waiting
    assert "Mail to Minh" not in by_sms
    assert "SMS to Minh" in by_sms
    assert "SMS to Minh" not in to_minh
    assert "None of these" in ask("state=sent")
    assert "Everything arrived" in ask("state=nonsense&channel=nonsense&after=nonsense")


def test_a_mended_mail_server_gets_all_of_them_again(
    file: Callable[..., uuid.UUID], phone_of: PhoneOf, tuan: Actor, house: House
) -> None:
    for number in range(3):
        file(f"Mail {number}", failed="the mail server refused the sign-in")
    file("SMS", kind="sms", to="+84912345678", failed="no credit")
    assert phone_of(tuan).post("/admin/deliveries/retry?channel=email").status_code == 303
    with house():
        states = db.session.execute(select(Delivery.kind, Delivery.state)).all()
    assert sorted(map(tuple, states)) == [("email", "waiting")] * 3 + [("sms", "failed")]


def test_a_long_list_goes_on(file: Callable[..., uuid.UUID], phone_of: PhoneOf, tuan: Actor) -> None:
    for number in range(51):
        file(f"Mail {number:02}")
    first = phone_of(tuan).get("/admin/deliveries?state=waiting", headers=ENGLISH).text
    assert "Mail 50" in first
    assert "Mail 00" not in first
    address = first.split('class="pager"><a class="btn text" href="')[1].split('"')[0].replace("&amp;", "&")
    rest = phone_of(tuan).get(address, headers={**ENGLISH, "HX-Request": "true"}).text
    assert "Mail 00" in rest
    assert "<html" not in rest


def test_only_an_admin_reads_it(phone_of: PhoneOf, lan: Actor, mai: Actor) -> None:
    for person in (lan, mai):
        assert phone_of(person).get("/admin/deliveries").status_code == 403


def test_a_collector_reads_what_waits_and_when_the_sweep_was(
    file: Callable[..., uuid.UUID], client: FlaskClient, app: Flask
) -> None:
    file("Waits")
    (sweep,) = [task for task in RECURRING if task.name == "sweep deliveries"]
    with clock.frozen(clock.now()) as held:
        Clock(app, (sweep,)).do(sweep, sweep.occurrence(clock.now()))
        held.move(timedelta(seconds=90))
        told = client.get("/metrics").text
    assert "crmweb_sweep_age_seconds 90.0" in told
    assert 'crmweb_deliveries{state="waiting"} 1.0' in told
    assert "crmweb_delivery_oldest_due_seconds 9" in told
    assert 'crmweb_queue_waiting{queue="bell"}' in told
    assert 'crmweb_queue_age_seconds{queue="bell"}' in told
    assert "crmweb_notices_unreached 0.0" in told
