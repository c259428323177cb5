"""Mai hands some of Lan's customers to Hùng, with their days, and takes it back."""

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
from crmweb.notifications import Notice
from crmweb.reminders.models import Reminder
from crmweb.routes.cover import Cover, covers_of
from crmweb.routes.models import Route
from crmweb.routes.plans import Day
from crmweb.team.handing import HANDED
from crmweb.timeline import Event
from tests.customers.shops import ENGLISH, Acting, House, PhoneOf, shop
from tests.team.conftest import EVERY_DAY, counted, lay_route

Shops = list[uuid.UUID]


def _book(house: House, person: Actor) -> set[uuid.UUID]:
    with house():
        own = select(Assignment.customer_id).where(
            Assignment.person_id == person.id, Assignment.ended_at.is_(None)
        )
        return set(db.session.scalars(own.where(Assignment.stands_in_for_id.is_(None))))


def _today(house: House, person: Actor) -> list[uuid.UUID]:
    with house():
        return Day(person.id, clock.today(person.zone)).customer_ids()


def test_some_of_lans_customers_go_to_hung_with_their_days_and_come_back(
    phone_of: PhoneOf, mai: Actor, lan: Actor, hung: Actor, route: Shops, house: House, acting: Acting
) -> None:
    with acting(lan), writing():
        Day(lan.id, clock.today(lan.zone)).lay_down(at=clock.now())
    phone, two = phone_of(mai), route[1:3]
    page = phone.get(f"/team/{lan.id}/customers", headers=ENGLISH).text
    assert page.count('name="customer"') == 5
    answer = phone.post(
        f"/team/{lan.id}/customers", data={"customer": [str(each) for each in two], "to": str(hung.id)}
    )
    assert (answer.status_code, answer.location) == (303, f"/team/{lan.id}/customers")
    assert _book(house, hung) == set(two)
    assert _book(house, lan) == set(route) - set(two)
    assert _today(house, hung) == two
    assert _today(house, lan) == [route[0], route[3]]
    with house():
        (his,) = Route.of(hung.id)
        assert (his.weekdays, his.customer_ids) == (EVERY_DAY, two)
        told = db.session.scalars(select(Event.kind).where(Event.customer_id == two[0])).all()
        assert "assignment.handed_over" in told
        notice = db.session.scalars(select(Notice).where(Notice.kind == HANDED)).one()
        assert notice.person_id == hung.id
        assert notice.payload == {"person": lan.name, "customers": 2, "routes": 1}

    page = phone.get(f"/team/{lan.id}/customers", headers=ENGLISH).text
    assert "2 customers handed over" in page
    (undo,) = re.findall(r'action="(/team/[^"]+/customers/back/[^"]+)"', page)
    with clock.frozen(clock.now() + timedelta(seconds=8)):
        assert phone.post(undo).status_code == 303
        assert _book(house, hung) == set()
        assert _book(house, lan) == set(route)
        assert _today(house, lan) == route[:4]
        assert _today(house, hung) == []
        with house():
            assert Route.of(hung.id) == []
            assert Route.of(lan.id)[0].customer_ids == route[:4]
        assert phone.post(undo).status_code == 303  # again: nothing is left to take back
        assert _book(house, lan) == set(route)


def test_all_that_the_words_leave_over_are_handed_over(
    phone_of: PhoneOf, mai: Actor, lan: Actor, hung: Actor, shops: Shops, house: House
) -> None:
    with house(), writing():
        there = [shop(f"Quán {number}", lan, address="12 Đường Hoa Sữa, Bến Nghé") for number in range(3)]
    phone, address = phone_of(mai), f"/team/{lan.id}/customers"
    page = phone.get(f"{address}?q=ben+nghe", headers=ENGLISH).text
    assert page.count('name="customer"') == 3
    assert "Hand over all 3" in page
    phone.post(address, data={"q": "ben nghe", "all": "1", "to": str(hung.id)})
    assert _book(house, hung) == set(there)
    assert _book(house, lan) == set(shops)
    phone.post(address, data={"all": "1", "to": str(hung.id)})
    assert _book(house, lan) == set()
    assert "looks after nobody now" in phone.get(address, headers=ENGLISH).text


def test_the_customers_of_one_route_are_handed_over_and_it_ends(
    phone_of: PhoneOf, mai: Actor, lan: Actor, hung: Actor, route: Shops, house: House
) -> None:
    with house():
        (hers,) = Route.of(lan.id)
    phone_of(mai).post(
        f"/team/{lan.id}/customers", data={"route": str(hers.id), "all": "1", "to": str(hung.id)}
    )
    assert _book(house, lan) == {route[4]}
    with house():
        assert Route.of(lan.id) == []
        assert [each.customer_ids for each in Route.of(hung.id)] == [route[:4]]


def test_a_route_of_the_same_days_goes_there_too(
    phone_of: PhoneOf, mai: Actor, lan: Actor, hung: Actor, route: Shops, house: House
) -> None:
    with house(), writing():
        his = shop("Của Hùng", hung)
    lay_route(house, hung, [his])
    phone_of(mai).post(f"/team/{lan.id}/customers", data={"customer": [str(route[0])], "to": str(hung.id)})
    with house():
        assert [each.customer_ids for each in Route.of(hung.id)] == [[his, route[0]]]


def test_reminders_stay_and_a_cover_of_them_ends(
    phone_of: PhoneOf,
    mai: Actor,
    lan: Actor,
    hung: Actor,
    tuan: Actor,
    route: Shops,
    house: House,
    acting: Acting,
) -> None:
    today = clock.today(lan.zone)
    with acting(lan), writing():
        customer = db.session.get_one(Customer, route[0])
        soon = clock.now() + timedelta(days=2)
        Reminder.remind("Gửi báo giá", due_at=soon, by=lan, at=clock.now(), customer=customer)
    with acting(mai), writing():
        person, stand_in = (db.session.get_one(User, each.id) for each in (lan, mai))
        Cover(person, today, today + timedelta(days=3)).hand_to([stand_in], by=mai, at=clock.now())
    phone_of(mai).post(f"/team/{lan.id}/customers", data={"customer": [str(route[0])], "to": str(hung.id)})
    with house():
        assert db.session.scalars(select(Reminder.person_id)).all() == [lan.id]
        assert [each.customers for each in covers_of(lan.id)] == [3]
    assert _today(house, hung) == [route[0]]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"customer": "all of them"}, "Choose who gets them."),
        ({"to": "nobody", "all": "1"}, "Choose who gets them."),
        ({"to": "{hung}"}, "Choose at least one customer."),
        ({"to": "{hung}", "customer": "7"}, "Choose at least one customer."),
        ({"to": "{outsider}", "all": "1"}, "Choose who gets them."),
        ({"to": "{lan}", "all": "1"}, "Choose who gets them."),
    ],
)
def test_what_cannot_be_handed_over_is_told(
    phone_of: PhoneOf, mai: Actor, lan: Actor, hung: Actor, outsider: Actor, shops: Shops, house: House,
    sent: dict[str, str], told: str,
) -> None:  # fmt: skip
    ids = {"hung": hung.id, "lan": lan.id, "outsider": outsider.id}
    data = {name: value.format(**ids) for name, value in sent.items()}
    answer = phone_of(mai).post(f"/team/{lan.id}/customers", data=data, headers=ENGLISH)
    assert answer.status_code == 422
    assert told in answer.text
    assert _book(house, lan) == set(shops)


def test_customers_of_other_teams_do_not_move(
    phone_of: PhoneOf,
    mai: Actor,
    binh: Actor,
    lan: Actor,
    hung: Actor,
    outsider: Actor,
    shops: Shops,
    house: House,
) -> None:
    with house(), writing():
        elsewhere = shop("Của Khôi", outsider)
    data = {"customer": [str(elsewhere)], "to": str(hung.id)}
    assert phone_of(mai).post(f"/team/{outsider.id}/customers", data=data).status_code == 404
    assert phone_of(mai).post(f"/team/{lan.id}/customers", data=data).status_code == 422
    assert phone_of(binh).get(f"/team/{lan.id}/customers").status_code == 404
    assert phone_of(lan).get(f"/team/{lan.id}/customers").status_code == 403
    assert _book(house, outsider) == {elsewhere}
    moment = clock.to_micros(clock.now())
    assert phone_of(mai).post(f"/team/{lan.id}/customers/back/{outsider.id}/{moment}").status_code == 404
    assert phone_of(mai).post(f"/team/{lan.id}/customers/back/{hung.id}/{10**20}").status_code == 404


def test_hand_overs_are_written_down_for_the_admin(
    phone_of: PhoneOf, mai: Actor, tuan: Actor, lan: Actor, hung: Actor, shops: Shops, house: House
) -> None:
    phone = phone_of(mai)
    phone.post(f"/team/{lan.id}/customers", data={"customer": [str(shops[0])], "to": str(hung.id)})
    (undo,) = re.findall(r'action="(/team/[^"]+/back/[^"]+)"', phone.get(f"/team/{lan.id}/customers").text)
    with clock.frozen(clock.now() + timedelta(seconds=5)):
        phone.post(undo)
    with house():
        moved = db.session.scalars(
            select(Entry).where(Entry.action.like("customers.%")).order_by(Entry.seq)
        ).all()
        assert [each.action for each in moved] == ["customers.moved", "customers.moved_back"]
        assert [each.about_id for each in moved] == [lan.id, hung.id]
        assert {each.by_id for each in moved} == {mai.id}
        assert moved[0].values.after == {"to": hung.name, "customers": 1, "routes": 0}
    page = phone_of(tuan).get("/admin/audit", headers=ENGLISH).text
    assert "Customers handed over" in page
    assert "Hand-over of customers taken back" in page


def test_many_ask_as_little_as_few(
    phone_of: PhoneOf, mai: Actor, lan: Actor, hung: Actor, shops: Shops, house: House
) -> None:
    phone, address = phone_of(mai), f"/team/{lan.id}/customers"
    lay_route(house, lan, shops[:4])
    with counted() as few:
        phone.post(address, data={"customer": [str(each) for each in shops[:2]], "to": str(hung.id)})
    with house(), writing():
        more = [shop(f"Thêm {number}", lan) for number in range(60)]
    lay_route(house, lan, more)
    with counted() as many:
        assert phone.post(address, data={"all": "1", "to": str(hung.id)}).status_code == 303
    assert _book(house, lan) == set()
    assert len(many) <= len(few) + 6 <= 70, (len(few), len(many))
