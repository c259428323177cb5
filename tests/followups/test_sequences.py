"""Three days after a visit that ended well, a message goes by itself, unless they came back before."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.clock import HeldClock
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.followups.addressees import addressees
from crmweb.followups.consents import Consent
from crmweb.followups.message_templates import MessageTemplate
from crmweb.followups.models import Followup
from crmweb.followups.sequences import Sequence, Step
from crmweb.notes.models import Note
from crmweb.visits.models import Visit
from tests.notifications.post_office import PostOffice
from tests.shops import Shops

House = Callable[[], AbstractContextManager[None]]
Acting = Callable[[Actor], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def asks_how_they_like_it(shops: Shops, house: House, lan: Actor) -> None:
    """By email after 3 and after 10 days; the shop has agreed."""
    with house(), writing():
        template = MessageTemplate(id=new_id(), name="Ask", purpose="", created_at=clock.now())
        template.say("email", subject="{customer}", text="Chào {contact}, {date}")
        steps = [
            Step(position=place, after_days=days, at_time=time(9), channel="email", template=template)
            for place, days in enumerate((3, 10))
        ]
        db.session.add(
            Sequence(
                id=new_id(),
                name="Ask",
                outcome="interested",
                active=True,
                created_at=clock.now(),
                steps=steps,
            )
        )
        customer = db.session.get_one(Customer, shops.lan)
        Consent.give(customer, addressees(customer)[-1], "email", how="spoken", by=lan, at=clock.now())


def _planned() -> list[Followup]:
    query = select(Followup).where(Followup.state == "planned").order_by(Followup.due_at)
    return list(db.session.scalars(query).unique())


@pytest.fixture
def visit(shops: Shops, acting: Acting, lan: Actor, asks_how_they_like_it: None) -> Any:
    """Lan visited her shop, and they were interested."""
    with acting(lan), writing():
        visit = Visit.check_in(db.session.get_one(Customer, shops.lan), by=lan, at=clock.now())
        visit.finish("interested", by=lan, at=clock.now())
        return visit.id


def test_both_messages_are_planned_at_once(visit: Any, house: House) -> None:
    with house():
        first, second = _planned()
        assert first.due_at == datetime(2026, 3, 7, 2, 0, tzinfo=UTC)
        assert second.due_at == datetime(2026, 3, 14, 2, 0, tzinfo=UTC)
        assert (first.subject, first.text) == ("Shop of lan", "Chào Shop of lan, 7/3")


def test_a_finish_that_is_told_again_doubles_nothing(
    visit: Any, acting: Acting, lan: Actor, house: House, time: HeldClock
) -> None:
    time.move(timedelta(hours=1))
    with acting(lan), writing():
        again = db.session.get_one(Visit, visit)
        again.tell()
        again.finish("interested", by=lan, at=clock.now())
    with house():
        assert len(_planned()) == 2


def test_a_result_that_is_taken_back_takes_them_along_and_may_come_again(
    visit: Any, acting: Acting, lan: Actor, house: House
) -> None:
    with acting(lan), writing():
        db.session.get_one(Visit, visit).reopen(by=lan, at=clock.now())
    with house():
        assert _planned() == []
    with acting(lan), writing():
        db.session.get_one(Visit, visit).finish("interested", by=lan, at=clock.now())
    with house():
        assert len(_planned()) == 2
    with acting(lan), writing():
        db.session.get_one(Visit, visit).finish("no_order", by=lan, at=clock.now())
    with house():
        assert _planned() == []


@pytest.mark.parametrize(("outcome", "left"), [("order_taken", 0), ("owner_away", 2)])
def test_the_next_visit_ends_them_if_somebody_was_met(
    visit: Any,
    shops: Shops,
    acting: Acting,
    lan: Actor,
    house: House,
    time: HeldClock,
    outcome: str,
    left: int,
) -> None:
    time.move(timedelta(days=1))
    with acting(lan), writing():
        customer = db.session.get_one(Customer, shops.lan)
        Visit.check_in(customer, by=lan, at=clock.now()).finish(outcome, by=lan, at=clock.now())
    with house():
        assert len(_planned()) == left


@pytest.mark.parametrize(("about", "left"), [("phone", 0), ("zalo", 0), ("", 2)])
def test_a_note_on_a_call_ends_them(
    visit: Any, shops: Shops, acting: Acting, lan: Actor, house: House, time: HeldClock, about: str, left: int
) -> None:
    time.move(timedelta(days=1))
    with acting(lan), writing():
        customer, at = db.session.get_one(Customer, shops.lan), clock.now()
        Note.write(customer, "They called", by=lan, at=at, now=at, about=about)
    with house():
        assert len(_planned()) == left


def test_what_lan_planned_by_hand_stays_when_she_calls(
    write: Callable[..., Any], shops: Shops, acting: Acting, lan: Actor, house: House, time: HeldClock
) -> None:
    write(when="in3")
    time.move(timedelta(days=1))
    with acting(lan), writing():
        customer = db.session.get_one(Customer, shops.lan)
        Visit.check_in(customer, by=lan, at=clock.now(), kind="phone").finish(
            "no_order", by=lan, at=clock.now()
        )
    with house():
        assert len(_planned()) == 1


def test_it_goes_on_the_third_day(
    visit: Any, post_office: PostOffice, time: HeldClock, work: Callable[[], None], house: House
) -> None:
    time.move(timedelta(days=2, hours=23))
    work()
    (mail,) = post_office.mails
    assert mail["Subject"] == "Shop of lan"
    with house():
        assert [each.state for each in db.session.scalars(select(Followup)).unique()].count("sent") == 1


def test_without_their_word_it_is_not_sent(
    visit: Any, shops: Shops, post_office: PostOffice, time: HeldClock, work: Callable[[], None], house: House
) -> None:
    with house(), writing():
        db.session.delete(db.session.scalars(select(Consent)).one())
    time.move(timedelta(days=2, hours=23))
    work()
    with house():
        reasons = {each.reason for each in db.session.scalars(select(Followup)).unique() if each.reason}
        assert (reasons, post_office.mails) == ({"no_consent"}, [])


def test_lan_begins_a_sequence_by_hand_once(
    phone: FlaskClient, shops: Shops, house: House, mint: str
) -> None:
    with house(), writing():
        sequence = db.session.scalars(select(Sequence)).one()
        sequence.outcome = None
        chosen = str(sequence.id)
    said = {"sequence": chosen, "id": mint, "Idempotency-Key": "k"}
    for _ in range(2):
        assert phone.post(f"/customers/{shops.lan}/followups/sequence", data=said).status_code == 303
    with house():
        assert len(_planned()) == 2
    assert phone.post(f"/customers/{shops.lan}/followups/sequence", data={"sequence": "x"}).status_code == 422


def test_nobody_hears_from_who_was_deactivated(
    visit: Any, lan: Actor, tuan: Actor, acting: Acting, house: House
) -> None:
    with acting(tuan), writing():
        db.session.get_one(User, lan.id).deactivate(by=tuan, at=clock.now())
    with house():
        assert {each.reason for each in db.session.scalars(select(Followup)).unique()} == {"writer_gone"}


# --- the admin --------------------------------------------------------------------------------------

WORDS = {
    "name": "Thanks",
    "purpose": "After an order",
    "subject": "Thanks",
    "email": "Thanks, {contact}",
    "sms": "Cảm ơn {contact}",
}


def test_tuan_keeps_templates_and_mai_reads_them(
    phone_of: Callable[[Actor], FlaskClient], tuan: Actor, mai: Actor, lan: Actor, house: House
) -> None:
    zalo = {
        "zalo_id": "7811",
        "zalo_parameters": "contact, date",
        "zalo_approval": "approved",
        "zalo_price": "200",
    }
    assert phone_of(tuan).post("/admin/templates", data={**WORDS, **zalo}).status_code == 303
    with house():
        template = db.session.scalars(select(MessageTemplate).where(MessageTemplate.name == "Thanks")).one()
        wording = template.wording("zalo")
        assert wording is not None
        assert (wording.provider_id, wording.parameters, wording.price_minor, wording.currency) == (
            "7811", ["contact", "date"], 200, "VND",
        )  # fmt: skip
        address = f"/admin/templates/{template.id}"
    assert "Cam on {contact}" in phone_of(tuan).get(address).text, "what it reads like without accents"
    assert phone_of(tuan).post(address, data={**WORDS, "sms": ""}).status_code == 303
    assert phone_of(tuan).post(f"{address}/retire").status_code == 303
    read = phone_of(mai).get("/admin/templates", headers={"Accept-Language": "en"}).text
    assert "Thanks, {contact}" in read
    assert "not offered any more" in read
    assert phone_of(mai).post("/admin/templates", data=WORDS).status_code == 403
    assert phone_of(lan).get("/admin/templates").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "{{7*7}}"}, {"sms": "{0.__class__}"}, {"subject": "{rep"}, {"name": ""}, {"subject": ""},
        {"email": "ơ" * 10_000}, {"sms": "ơ" * 10_000}, {"zalo_price": "-1", "zalo_id": "7"},
        {"zalo_parameters": "__class__"}, {"zalo_price": "1e9"}, {"zalo_currency": "XXX"},
        {"email": "", "sms": "", "subject": ""},
    ],
)  # fmt: skip
def test_a_template_that_cannot_stand_is_refused_with_what_was_typed(
    phone_of: Callable[[Actor], FlaskClient], tuan: Actor, wrong: dict[str, str]
) -> None:
    answer = phone_of(tuan).post("/admin/templates", data={**WORDS, **wrong})
    assert (answer.status_code, "After an order" in answer.text) == (422, True)


def test_tuan_keeps_sequences(
    phone_of: Callable[[Actor], FlaskClient], tuan: Actor, mai: Actor, house: House
) -> None:
    with house():
        template = db.session.scalars(select(MessageTemplate)).one().id
    words = {"name": "After", "outcome": "order_taken", "active": "1", "step0-message": f"{template}:email"}
    admin = phone_of(tuan)
    assert (
        admin.post("/admin/sequences", data={**words, "step0-days": "3", "step0-at": "09:30"}).status_code
        == 303
    )
    with house():
        kept = db.session.scalars(select(Sequence).where(Sequence.name == "After")).one()
        assert [(step.after_days, step.at_time) for step in kept.steps] == [(3, time(9, 30))]
        address = f"/admin/sequences/{kept.id}"
    assert admin.get(address).status_code == 200
    assert admin.post(address, data={**words, "step0-days": "5", "step0-at": "08:00"}).status_code == 303
    assert "After" in phone_of(mai).get("/admin/sequences").text
    for wrong in (
        {"step0-days": "-1"},
        {"step0-days": "9999"},
        {"step0-at": "25:00"},
        {"step0-message": "x:sms"},
        {"step0-message": ""},
        {"outcome": "x"},
    ):
        assert (
            admin.post(address, data={**words, "step0-days": "3", "step0-at": "09:00", **wrong}).status_code
            == 422
        )


def test_only_the_messages_in_use_and_the_next_one_stand_open(
    phone_of: Callable[[Actor], FlaskClient], tuan: Actor, house: House
) -> None:
    def open_ones(address: str) -> int:
        text = phone_of(tuan).get(address).text
        return text.partition("more-fields")[0].count('id="step-') // 2

    with house():
        kept = db.session.scalars(select(Sequence)).first()
        assert kept is not None
        address, used = f"/admin/sequences/{kept.id}", len(kept.steps)
    assert open_ones(address) == used + 1
    assert open_ones("/admin/sequences/new") == 1
