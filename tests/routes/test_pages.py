"""Routes on the phone: laid, changed, ordered and ended, by their person and by who plans the team."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.routes import routes as routes_on_screen
from crmweb.routes.cover import covers_of
from crmweb.routes.models import Route
from tests.customers.shops import ENGLISH, Acting, House, PhoneOf
from tests.routes.conftest import MON, MONDAY, TUE, Shops, minted, planned

Lay = Callable[..., uuid.UUID]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def route(house: House) -> Callable[[uuid.UUID], Route]:
    """`route(id)` as it stands in the database now."""

    def find(route_id: uuid.UUID) -> Route:
        with house():
            found = db.session.get_one(Route, route_id)
            assert found.customer_ids is not None
            db.session.expunge_all()
            return found

    return find


Find = Callable[[uuid.UUID], Route]


def test_lan_lays_a_route_and_puts_shops_on_it(
    phone_of: PhoneOf, shops: Shops, route: Find, lan: Actor
) -> None:
    first, second = shops(2)
    phone, route_id = phone_of(lan), minted()
    sent = {"id": str(route_id), "weekdays": ["0", "3"], "weeks": "odd", "name": "Chợ Lớn"}
    answer = phone.post("/routes", data=sent)
    assert (answer.status_code, answer.location) == (303, f"/routes/{route_id}")
    for each in (first, second, first):
        assert phone.post(f"/routes/{route_id}/stops", data={"customer": str(each)}).status_code == 303
    made = route(route_id)
    assert (made.person_id, made.weekdays, made.weeks, made.name) == (lan.id, 0b1001, "odd", "Chợ Lớn")
    assert made.customer_ids == [first, second]
    shown = phone.get(f"/routes/{route_id}").text
    assert shown.index("Lan 1") < shown.index("Lan 2")
    assert "Chợ Lớn" in phone.get("/routes").text


def test_a_route_sent_twice_is_laid_once(phone_of: PhoneOf, house: House, lan: Actor) -> None:
    sent = {"id": str(minted()), "weekdays": "0", "weeks": "every"}
    for _again in range(2):
        answer = phone_of(lan).post("/routes", data=sent, headers={"Idempotency-Key": "one"})
        assert answer.status_code == 201
    with house():
        assert len(db.session.scalars(select(Route)).all()) == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"weeks": "every"},
        {"weekdays": "7", "weeks": "every"},
        {"weekdays": "x", "weeks": "every"},
        {"weekdays": "0", "weeks": "fifth"},
        {"weekdays": "0", "weeks": "every", "name": "x" * 81},
    ],
)
def test_a_route_that_cannot_be_is_refused_and_what_was_typed_stays(
    phone_of: PhoneOf, lay: Lay, lan: Actor, route: Find, sent: dict[str, str]
) -> None:
    route_id = lay(MON, [])
    for path in ("/routes", f"/routes/{route_id}"):
        answer = phone_of(lan).post(path, data={"name": "Chợ Lớn", **sent})
        assert answer.status_code == 422
        assert sent.get("name", "Chợ Lớn") in answer.text
    assert (route(route_id).weekdays, route(route_id).name) == (MON, "")


def test_the_order_is_changed_by_arrows_and_all_at_once(
    phone_of: PhoneOf, shops: Shops, lay: Lay, lan: Actor, route: Find
) -> None:
    a, b, c = shops(3)
    route_id, phone = lay(MON, [a, b, c]), phone_of(lan)
    phone.post(f"/routes/{route_id}/order", data={"earlier": str(c)})
    assert route(route_id).customer_ids == [a, c, b]
    phone.post(f"/routes/{route_id}/order", data={"later": str(a)})
    assert route(route_id).customer_ids == [c, a, b]
    phone.post(f"/routes/{route_id}/order", data={"earlier": str(c)})
    assert route(route_id).customer_ids == [c, a, b]
    swapped = phone.post(
        f"/routes/{route_id}/order", data={"customer": [str(b), str(minted())]}, headers=HTMX
    )
    assert route(route_id).customer_ids == [b, c, a]
    assert swapped.text.lstrip().startswith("<div")
    assert phone.post(f"/routes/{route_id}/order", data={"customer": "x"}).status_code == 422
    assert phone.post(f"/routes/{route_id}/order").status_code == 303


def test_a_stop_taken_off_comes_back_where_it_stood(
    phone_of: PhoneOf, shops: Shops, lay: Lay, lan: Actor, route: Find
) -> None:
    a, b, c = shops(3)
    route_id, phone = lay(MON, [a, b, c]), phone_of(lan)
    phone.post(f"/routes/{route_id}/stops/{b}/remove")
    assert route(route_id).customer_ids == [a, c]
    assert f"/routes/{route_id}/stops/{b}/restore" in phone.get(f"/routes/{route_id}").text
    phone.post(f"/routes/{route_id}/stops/{b}/restore")
    assert route(route_id).customer_ids == [a, b, c]


def test_a_route_is_ended_and_run_again(
    phone_of: PhoneOf, shops: Shops, lay: Lay, lan: Actor, route: Find
) -> None:
    route_id, phone = lay(MON, shops(1)), phone_of(lan)
    answer = phone.post(f"/routes/{route_id}/end")
    assert route(route_id).ended_at is not None
    shown = phone.get(answer.location).text
    assert f"route-{route_id}" not in shown
    assert f"/routes/{route_id}/restore" in shown
    assert phone.get(f"/routes/{route_id}").status_code == 200
    phone.post(f"/routes/{route_id}/restore")
    assert route(route_id).ended_at is None


def test_those_on_no_route_are_offered_and_others_are_searched_for(
    phone_of: PhoneOf, house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    a, b, c = shops(3)
    lay(MON, [a])
    route_id, phone = lay(TUE, []), phone_of(lan)
    offered = phone.get(f"/routes/{route_id}").text
    assert [f"add-{each}" in offered for each in (a, b, c)] == [False, True, True]
    searched = phone.get(f"/routes/{route_id}?q=lan+1", headers=HTMX).text
    assert [f"add-{each}" in searched for each in (a, b, c)] == [True, False, False]
    with acting(lan), writing():
        db.session.get_one(Customer, b).archive(by=lan, at=clock.now())
    assert f"add-{b}" not in phone.get(f"/routes/{route_id}").text


def test_a_shop_of_somebody_else_does_not_come_on_lans_route(
    phone_of: PhoneOf, shops: Shops, lay: Lay, lan: Actor, hung: Actor, mai: Actor, route: Find
) -> None:
    (his,) = shops(1, hung)
    route_id = lay(MON, [])
    for person in (lan, mai):
        assert (
            phone_of(person).post(f"/routes/{route_id}/stops", data={"customer": str(his)}).status_code == 404
        )
    assert phone_of(lan).post(f"/routes/{route_id}/stops", data={"customer": ""}).status_code == 422
    assert route(route_id).customer_ids == []


def test_mai_plans_for_her_team_and_nobody_else_does(
    phone_of: PhoneOf, shops: Shops, lay: Lay, people: dict[str, Actor], route: Find
) -> None:
    (co_ba,) = shops(1)
    lan = people["lan"]
    route_id = lay(MON, [co_ba])
    for who in ("mai", "tuan"):
        assert phone_of(people[who]).get(f"/routes?person={lan.id}").status_code == 200
        assert phone_of(people[who]).get(f"/routes/{route_id}").status_code == 200
    laid = phone_of(people["mai"]).post(
        "/routes", data={"person": str(lan.id), "weekdays": "4", "weeks": "every"}
    )
    assert route(uuid.UUID(laid.location.rpartition("/")[2])).person_id == lan.id
    for who in ("hung", "binh", "outsider"):
        phone = phone_of(people[who])
        assert phone.get(f"/routes?person={lan.id}").status_code == 404
        assert phone.get(f"/routes/{route_id}").status_code == 404
        assert phone.post(f"/routes/{route_id}/end").status_code == 404
        sent = {"person": str(lan.id), "weekdays": "0", "weeks": "every"}
        assert phone.post("/routes", data=sent).status_code == 404
    assert phone_of(lan).get("/routes?person=nobody").status_code == 422


# --- cover ------------------------------------------------------------------------------------------------


def test_mai_hands_todays_route_over_and_takes_it_back(
    phone_of: PhoneOf, house: House, shops: Shops, lay: Lay, lan: Actor, hung: Actor, mai: Actor
) -> None:
    ids = shops(2)
    lay(MON, ids)
    phone = phone_of(mai)
    sent = {"person": str(lan.id), "when": "today", "people": str(hung.id)}
    for _again in range(2):
        assert phone.post("/routes/cover", data=sent).status_code == 303
    with house():
        assert planned(hung, MONDAY) == ids
    for person in (mai, lan):
        address = "/routes" if person == lan else f"/routes?person={lan.id}"
        shown = phone_of(person).get(address, headers={"Accept-Language": "en"}).text
        assert f"{hung.name} goes instead" in shown
        assert ("/routes/cover/end" in shown) == (person == mai)
    assert f"Instead of {lan.name}" in phone_of(hung).get("/routes", headers={"Accept-Language": "en"}).text
    customer = phone_of(mai).get(f"/customers/{ids[0]}", headers={"Accept-Language": "en"}).text
    assert "stands in for Lan" in customer
    back = {"person": lan.id, "stand_in": hung.id, "since": MONDAY, "until": MONDAY}
    assert phone.post("/routes/cover/end", data=back).status_code == 303
    with house():
        assert covers_of(lan.id) == []
        assert planned(lan, MONDAY) == ids


@pytest.mark.parametrize(
    "wrong",
    [
        {"people": ""},
        {"people": "nobody"},
        {"when": "never"},
        {"when": "dates"},
        {"when": "dates", "since": "1/11/2026", "until": "3/11/2026"},
        {"when": "dates", "since": "5/11/2026", "until": "3/11/2026"},
        {"when": "dates", "since": "5/11/2026", "until": "3/11/2027"},
        {"when": "dates", "since": "soon", "until": "later"},
    ],
)
def test_a_cover_that_cannot_be_is_refused(
    phone_of: PhoneOf,
    house: House,
    shops: Shops,
    lay: Lay,
    lan: Actor,
    hung: Actor,
    mai: Actor,
    wrong: dict[str, str],
) -> None:
    lay(MON, shops(1))
    sent = {"person": str(lan.id), "when": "today", "people": str(hung.id), **wrong}
    assert phone_of(mai).post("/routes/cover", data=sent).status_code == 422
    with house():
        assert covers_of(lan.id) == []


def test_other_dates_are_taken_as_typed(
    phone_of: PhoneOf, house: House, shops: Shops, lay: Lay, lan: Actor, hung: Actor, mai: Actor
) -> None:
    lay(MON, shops(1))
    next_week = MONDAY + timedelta(days=7)
    sent = {"person": lan.id, "when": "dates", "since": "9/11/2026", "until": "2026-11-09", "people": hung.id}
    phone_of(mai).post("/routes/cover", data=sent)
    with house():
        assert [(each.since, each.until) for each in covers_of(lan.id)] == [(next_week, next_week)]


def test_a_rep_hands_nothing_over_and_a_stranger_finds_nobody(
    phone_of: PhoneOf, shops: Shops, lay: Lay, people: dict[str, Actor]
) -> None:
    lan, hung, outsider = people["lan"], people["hung"], people["outsider"]
    lay(MON, shops(1))
    sent = {"person": str(lan.id), "when": "today", "people": str(hung.id)}
    assert phone_of(lan).post("/routes/cover", data=sent).status_code == 403
    assert "/routes/cover" not in phone_of(lan).get("/routes").text
    assert phone_of(people["binh"]).post("/routes/cover", data=sent).status_code == 404
    elsewhere = {**sent, "people": str(outsider.id)}
    assert phone_of(people["mai"]).post("/routes/cover", data=elsewhere).status_code == 422
    for path in ("/routes/cover", "/routes/cover/end"):
        nobody = {"person": str(minted())}
        assert phone_of(people["mai"]).post(path, data=nobody).status_code == 404
    assert phone_of(people["mai"]).post("/routes/cover/end", data={"person": lan.id}).status_code == 422


def test_of_a_large_company_the_team_of_the_person_is_offered_to_stand_in(
    phone_of: PhoneOf, tuan: Actor, lan: Actor, hung: Actor, outsider: Actor, lay: Lay, shops: Shops,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    lay(MON, shops(1))
    form = f"/routes?person={lan.id}&cover=1"
    for most, is_offered in ((30, True), (2, False)):
        monkeypatch.setattr(routes_on_screen, "MOST_OFFERED", most)
        page = phone_of(tuan).get(form, headers=ENGLISH).text
        fold = page[page.index('id="hand-over"') :].partition("</details>")[0]
        assert " open>" in page[page.index('id="hand-over"') :][:40]
        assert f'value="{hung.id}"' in fold
        assert (f'value="{outsider.id}"' in fold) is is_offered
    everybody = phone_of(tuan).post(
        "/routes/cover", data={"person": str(lan.id), "when": "today", "people": str(outsider.id)}
    )
    assert everybody.status_code == 303
