"""Who looks after whom, said on the customer's page."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.audit.models import Entry
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.timeline.entries import entries
from tests.customers.shops import ENGLISH, House, PhoneOf, shop


@pytest.fixture
def bay(house: House, lan: Actor) -> uuid.UUID:
    with house(), writing():
        return shop("Tạp hóa Bảy", lan)


def standing(house: House, customer: uuid.UUID) -> dict[str, Assignment]:
    with house():
        found = db.session.get_one(Customer, customer).assignments
        return {each.person.name: each for each in found if each.ended_at is None}


def test_mai_lets_hung_look_after_it_too(
    phone_of: PhoneOf, house: House, mai: Actor, hung: Actor, bay: uuid.UUID
) -> None:
    client = phone_of(mai)
    assert f'value="{hung.id}"' in client.get(f"/customers/{bay}").text
    answer = client.post(f"/customers/{bay}/assignments", data={"person": str(hung.id), "line": "Trà"})
    assert answer.location == f"/customers/{bay}"
    page = client.get(answer.location, headers=ENGLISH).text
    assert "<span>Trà</span><span>since" in page
    assert "Lê Văn Hùng looks after them" in page
    assert phone_of(hung).get(f"/customers/{bay}").status_code == 200


def test_it_may_begin_later_and_end_by_itself(
    phone_of: PhoneOf, house: House, mai: Actor, hung: Actor, bay: uuid.UUID
) -> None:
    today = clock.today("Asia/Ho_Chi_Minh")
    since, until = today + timedelta(days=3), today + timedelta(days=9)
    dates = {"since": f"{since:%d/%m/%Y}", "until": until.isoformat()}
    phone_of(mai).post(f"/customers/{bay}/assignments", data={"person": str(hung.id), **dates})
    coming = standing(house, bay)["Lê Văn Hùng"]
    assert (coming.since, coming.until, coming.started_at) == (since, until, None)
    assert phone_of(hung).get(f"/customers/{bay}").status_code == 404


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        ({"since": "mai"}, "A date looks like 20/11/2026."),
        ({"since": "20/12/2026", "until": "19/12/2026"}, "The last day lies before the first."),
        ({"until": "1/1/2020"}, "The last day lies before the first."),
        ({"line": "x" * 81}, "At most 80 fit."),
    ],
)
def test_what_cannot_be_is_said_on_the_page(
    phone_of: PhoneOf, mai: Actor, hung: Actor, bay: uuid.UUID, dates: dict[str, str], words: str
) -> None:
    fields = {"person": str(hung.id), **dates}
    answer = phone_of(mai).post(f"/customers/{bay}/assignments", data=fields, headers=ENGLISH)
    assert answer.status_code == 422
    assert words in answer.text


def test_nobody_of_another_team_is_given_it(
    phone_of: PhoneOf, house: House, mai: Actor, outsider: Actor, bay: uuid.UUID
) -> None:
    answer = phone_of(mai).post(f"/customers/{bay}/assignments", data={"person": str(outsider.id)})
    assert answer.status_code == 422
    assert len(standing(house, bay)) == 1


def test_mai_ends_it_and_the_timeline_tells(
    phone_of: PhoneOf, house: House, mai: Actor, lan: Actor, hung: Actor, bay: uuid.UUID
) -> None:
    phone_of(mai).post(f"/customers/{bay}/assignments", data={"person": str(hung.id)})
    lans = standing(house, bay)["Nguyễn Thị Lan"].id
    assert phone_of(mai).post(f"/assignments/{lans}/end").location == f"/customers/{bay}"
    assert list(standing(house, bay)) == ["Lê Văn Hùng"]
    assert phone_of(lan).get(f"/customers/{bay}").status_code == 404
    with house():
        last = entries(bay)[0]
        assert (last.kind, last.payload["person"]) == ("assignment.ended", "Nguyễn Thị Lan")


def test_somebody_always_looks_after_a_customer(
    phone_of: PhoneOf, house: House, mai: Actor, bay: uuid.UUID
) -> None:
    lans = standing(house, bay)["Nguyễn Thị Lan"].id
    answer = phone_of(mai).post(f"/assignments/{lans}/end", headers=ENGLISH)
    assert answer.status_code == 422
    assert "Somebody has to look after this customer." in answer.text
    assert list(standing(house, bay)) == ["Nguyễn Thị Lan"]


def test_lan_may_say_neither(
    phone_of: PhoneOf, house: House, lan: Actor, hung: Actor, bay: uuid.UUID
) -> None:
    client, lans = phone_of(lan), standing(house, bay)["Nguyễn Thị Lan"].id
    assert "/assignments" not in client.get(f"/customers/{bay}").text
    assert client.post(f"/customers/{bay}/assignments", data={"person": str(hung.id)}).status_code == 403
    assert client.post(f"/assignments/{lans}/end").status_code == 403


def test_a_manager_ends_only_what_is_of_her_team(
    phone_of: PhoneOf, house: House, mai: Actor, binh: Actor, outsider: Actor, bay: uuid.UUID
) -> None:
    assert (
        phone_of(binh).post(f"/assignments/{standing(house, bay)['Nguyễn Thị Lan'].id}/end").status_code
        == 404
    )
    with house(), writing():
        khoi = db.session.get_one(User, outsider.id)
        db.session.get_one(Customer, bay).assign(khoi, by=None, at=clock.now())
    his = standing(house, bay)["Vũ Minh Khôi"].id
    assert phone_of(mai).post(f"/assignments/{his}/end").status_code == 403
    assert f"/assignments/{his}/end" not in phone_of(mai).get(f"/customers/{bay}").text


def test_mai_hands_a_customer_to_another_team_and_loses_sight_of_it(
    phone_of: PhoneOf, house: House, mai: Actor, lan: Actor, outsider: Actor
) -> None:
    with house(), writing():
        customer_id = shop("Quán chung", lan)
        customer = db.session.get_one(Customer, customer_id)
        customer.assign(db.session.get_one(User, outsider.id), by=None, at=clock.now())
        db.session.flush()
        hers = customer.assignments[0].id
    phone = phone_of(mai)
    answer = phone.post(f"/assignments/{hers}/end")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/customers")
    assert phone.get(f"/customers/{customer_id}").status_code == 404
    assert phone_of(outsider).get(f"/customers/{customer_id}").status_code == 200


def test_whoever_takes_over_goes_on_from_the_last_visit(
    phone_of: PhoneOf, house: House, mai: Actor, hung: Actor, bay: uuid.UUID
) -> None:
    last_week = clock.now() - timedelta(days=7)
    with house(), writing():
        db.session.get_one(Customer, bay).assignments[0].visited(at=last_week)
    for line in ("", "Trà"):
        phone_of(mai).post(f"/customers/{bay}/assignments", data={"person": str(hung.id), "line": line})
    with house():
        theirs = [each for each in db.session.get_one(Customer, bay).assignments if each.person_id == hung.id]
        assert {each.line: each.last_visit_at for each in theirs} == {"": last_week, "Trà": None}


def test_who_is_added_and_taken_off_stands_in_the_audit(
    phone_of: PhoneOf, house: House, mai: Actor, tuan: Actor, hung: Actor, bay: uuid.UUID
) -> None:
    client = phone_of(mai)
    for _twice in range(2):  # who does it already is not added again
        client.post(f"/customers/{bay}/assignments", data={"person": str(hung.id), "line": "Trà"})
    hers = standing(house, bay)["Lê Văn Hùng"]
    for _twice in range(2):
        client.post(f"/assignments/{hers.id}/end")
    with house():
        asked = select(Entry).where(Entry.action.like("assignment.%")).order_by(Entry.seq)
        added, ended = db.session.scalars(asked).all()
        assert (added.action, ended.action) == ("assignment.started", "assignment.ended")
        assert {added.about_id, ended.about_id} == {bay}
        assert {added.by_id, ended.by_id} == {mai.id}
        terms = {"person": "Lê Văn Hùng", "line": "Trà", "first_day": hers.since.isoformat()}
        assert added.values.after == ended.values.before == terms
    page = phone_of(tuan).get("/admin/audit", headers=ENGLISH).text
    assert "Responsible person added" in page
    assert "Responsible person taken away" in page
    assert "assignment." not in re.sub(r'"[^"]*"', "", page)
