"""What somebody may try with messages: other addresses, other people's customers, other people's words."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.followups.consents import Consent
from crmweb.followups.message_templates import MessageTemplate
from crmweb.followups.models import SECOND_THOUGHT, Followup
from crmweb.notifications.models import Delivery
from tests.customers.shops import ENGLISH, House, PhoneOf
from tests.notifications.post_office import PostOffice
from tests.shops import Shops

Write = Callable[..., Any]
Work = Callable[[], None]


@pytest.fixture
def hanh(house: House, shops: Shops) -> str:
    """The contact at Lan's shop, with an address."""
    with house(), writing():
        place = db.session.scalars(
            select(CustomerContact).where(CustomerContact.customer_id == shops.lan)
        ).first()
        assert place is not None
        place.contact.email = "hanh@shops.example.com"
        return str(place.contact_id)


def _how_many(house: House) -> int:
    with house():
        return db.session.scalar(select(func.count(Followup.id))) or 0


def test_agreeing_for_one_address_is_not_agreeing_for_another(
    write: Write, house: House, hanh: str, post_office: PostOffice, work: Work
) -> None:
    """Whoever changes the address in between changes who would get it."""
    assert write(to=hanh).status_code == 303
    with house(), writing():
        db.session.get_one(Contact, uuid.UUID(hanh)).email = "somebody.else@example.com"
    assert write(to=hanh, agreed="").status_code == 422
    work()
    assert [mail["To"] for mail in post_office.mails] == ["hanh@shops.example.com"]


def test_a_contact_who_is_erased_does_not_borrow_the_shops_consent(
    write: Write, house: House, hanh: str, shops: Shops, post_office: PostOffice, work: Work
) -> None:
    """The shop itself agreed, she did not: without her row a message of hers is nobody's."""
    write()
    write(to=hanh, when="now")
    with house(), writing():
        db.session.delete(db.session.get_one(Contact, uuid.UUID(hanh)))
    work()
    assert [mail["To"] for mail in post_office.mails] == ["lan@shops.example.com"]


def test_the_moment_for_second_thoughts_is_kept(
    write: Write, house: House, phone: FlaskClient, post_office: PostOffice, work: Work
) -> None:
    """A worker that is quicker than a thumb would make an empty promise of Undo."""
    write()
    with house():
        delivery = db.session.scalars(select(Delivery)).one()
        assert delivery.next_at == clock.now() + SECOND_THOUGHT
        planned = db.session.scalars(select(Followup.id)).one()
    assert phone.post(f"/followups/{planned}/cancel").status_code == 303
    work()
    assert post_office.mails == []


@pytest.mark.parametrize("place", ["subject", "text"])
@pytest.mark.parametrize(
    "words",
    ["{{ config }}", "{% for x in y %}", "{contact.__class__}", "{0}", "{contact!r}", "{rep_phone:>99}"],
)
def test_no_template_language_is_spoken(write: Write, house: House, place: str, words: str) -> None:
    assert write(**{place: words}).status_code == 422
    assert _how_many(house) == 0


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\u2028", "\x0b", "%0d%0a"])
def test_no_line_break_begins_a_header(
    write: Write, post_office: PostOffice, work: Work, breaks: str
) -> None:
    write(subject=f"Trà{breaks}Bcc: spy@example.org")
    work()
    (mail,) = post_office.mails
    assert mail["Bcc"] is None
    assert mail["To"] == "lan@shops.example.com"


def test_a_break_in_a_name_begins_no_header_either(
    write: Write, post_office: PostOffice, work: Work, house: House, shops: Shops
) -> None:
    with house(), writing():
        db.session.get_one(Customer, shops.lan).name = "Shop\r\nBcc: spy@example.org"
    write(subject="Chào {customer}")
    work()
    (mail,) = post_office.mails
    assert mail["Bcc"] is None


def test_markup_in_a_name_is_text_in_the_mail(
    write: Write, post_office: PostOffice, work: Work, house: House, shops: Shops
) -> None:
    with house(), writing():
        db.session.get_one(Customer, shops.lan).name = '<img src="https://spy.example">'
    write(text="Chào {contact}")
    work()
    html = post_office.mails[0].get_body(("html",))
    assert html is not None
    assert "<img" not in html.get_content()


def test_a_retired_or_foreign_template_is_only_a_name(write: Write, house: House) -> None:
    """The words count that were sent; the id of a template that is none is forgotten."""
    with house(), writing():
        template = MessageTemplate(name="x", purpose="", created_at=clock.now())
        db.session.add(template)
        template.retire(at=clock.now())
    for named in ("zzz", str(uuid.uuid4()), "' OR 1=1"):
        assert write(template_id=named).status_code in (303, 422)


def test_another_teams_manager_changes_nothing(
    write: Write, house: House, phone_of: PhoneOf, binh: Actor, shops: Shops
) -> None:
    write(when="tomorrow")
    with house():
        planned = db.session.scalars(select(Followup.id)).one()
    stranger = phone_of(binh)
    consent = {"to": "shop", "channel": "email", "how": "withdrawn"}
    for address, data in (
        (f"/followups/{planned}/cancel", {}),
        (f"/followups/{planned}/answered", {}),
        (f"/customers/{shops.lan}/followups/answered", {}),
        (f"/customers/{shops.lan}/consents", consent),
        (f"/customers/{shops.lan}/followups/preview", {"text": "x"}),
    ):
        assert stranger.post(address, data=data).status_code == 404, address
    assert "Xin chào" not in stranger.get("/followups?whose=team", headers=ENGLISH).text
    with house():
        assert db.session.scalars(select(Followup.state)).one() == "planned"
        assert db.session.scalars(select(Consent.given)).all() == [True]


def test_a_way_out_answers_to_its_own_letter_alone(
    write: Write, post_office: PostOffice, work: Work, app: Flask, house: House, hanh: str
) -> None:
    """Two people, two links: one who leaves takes nobody along."""
    write()
    write(to=hanh)
    work()
    first = post_office.mails[0]["List-Unsubscribe"].strip()[1:-1]
    stopped = post_office.mails[0]["To"]
    answer = app.test_client().post(
        "/u/" + first.rpartition("/")[2],
        data={"List-Unsubscribe": "One-Click"},
        headers={"Sec-Fetch-Site": "none"},
    )
    assert answer.status_code == 200
    for secret in ("Shop of lan", "shops.example.com", "Lan"):
        assert secret not in answer.text
    with house():
        latest = {row.address: row.given for row in db.session.scalars(select(Consent).order_by(Consent.at))}
    assert [given for address, given in latest.items() if address == stopped] == [False]
    assert [given for address, given in latest.items() if address != stopped] == [True]
