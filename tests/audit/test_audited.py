"""What holds for everyone is written down by itself when somebody changes it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.working_days import DayOff
from crmweb.audit import Entry
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.notifications.models import FAILED, Delivery
from crmweb.visits.outcomes import Outcome

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
ENGLISH = {"Accept-Language": "en"}


def told(house: House, kind: str) -> list[tuple[str, Any, Any, Any]]:
    """(action, by, before, after) of that kind."""
    with house():
        entries = db.session.scalars(select(Entry).where(Entry.about_kind == kind).order_by(Entry.seq))
        return [(each.action, each.by_id, each.values.before, each.values.after) for each in entries]


def test_a_result_that_tuan_renames(phone_of: PhoneOf, tuan: Actor, house: House) -> None:
    phone = phone_of(tuan)
    with house():
        name = Outcome.offered()[0].name
    phone.post(f"/admin/outcomes/{name}", data={"label": "Order", "productive": "1"})
    phone.post(f"/admin/outcomes/{name}", data={"label": "Sold", "productive": "1"})
    phone.post(f"/admin/outcomes/{name}", data={"label": "Sold", "productive": "1"})
    (first, *_), last = told(house, "outcome"), told(house, "outcome")[-1]
    assert first[0] == "outcome.changed"
    assert last == ("outcome.changed", tuan.id, {"label": "Order"}, {"label": "Sold"})
    assert len(told(house, "outcome")) == 2, "saving the same again changes nothing"


def test_days_off_that_mai_sets_and_takes_back(phone_of: PhoneOf, mai: Actor, house: House) -> None:
    day = (clock.now() + timedelta(days=20)).date()
    phone = phone_of(mai)
    phone.post("/team/working-days/days-off", data={"day": f"{day:%d/%m/%Y}", "name": "Outing"})
    phone.post("/team/working-days/days-off/remove", data={"day": day.isoformat()})
    added, removed = told(house, "day_off")
    assert (added[0], added[1], added[3]["name"]) == ("day_off.added", mai.id, "Outing")
    assert (removed[0], removed[2]["day"]) == ("day_off.removed", day.isoformat())


def test_what_the_house_sets_up_by_itself_is_no_change_of_anybodys(house: House) -> None:
    with house(), writing():
        DayOff.add(clock.now().date(), "Set up", head_id=None)
    assert told(house, "day_off") == []


def test_the_page_says_it_in_words(phone_of: PhoneOf, tuan: Actor, house: House) -> None:
    phone = phone_of(tuan)
    phone.post("/admin/outcomes", data={"label": "Sample left"})
    shown = phone.get("/admin/audit?kind=outcome", headers=ENGLISH).text
    assert "Result of a visit added" in shown
    assert "Sample left" in shown


def test_no_field_is_said_in_the_codes_own_words(phone_of: PhoneOf, mai: Actor, tuan: Actor) -> None:
    phone_of(mai).post("/team/working-days/week", data={"weekdays": ["0", "2"]})
    shown = phone_of(tuan).get("/admin/audit?kind=week", headers=ENGLISH).text
    assert "Works on" in shown
    assert "Mon, Wed" in shown
    assert mai.name in shown
    assert "head_id" not in shown


def test_who_puts_a_customer_away_and_brings_it_back(
    phone_of: PhoneOf, lan: Actor, tuan: Actor, house: House
) -> None:
    with house(), writing():
        shop = Customer.add(name="Tạp hóa Bảy", at=clock.now(), by=lan).id
    for act in ("archive", "archive", "restore"):
        assert phone_of(tuan).post(f"/customers/{shop}/{act}").status_code == 303
    assert [entry[:2] for entry in told(house, "customer")] == [
        ("customer.archived", tuan.id),
        ("customer.restored", tuan.id),
    ]
    page = phone_of(tuan).get("/admin/audit?kind=customer", headers=ENGLISH).text
    assert "Archived" in page
    assert "Tạp hóa Bảy" in page


def test_who_sends_what_failed_once_more(phone_of: PhoneOf, tuan: Actor, house: House) -> None:
    with house(), writing():
        for number in range(3):
            to = f"minh{number}@example.com"
            Delivery.file(dedupe=f"mail:{number}", kind="email", recipient=to, payload={}, at=clock.now())
        db.session.flush()
        failed = db.session.scalars(select(Delivery)).all()
        for delivery in failed:
            delivery.state = FAILED
        one = failed[0].id
    phone = phone_of(tuan)
    for path in (f"/{one}/retry", f"/{one}/retry", f"/{new_id()}/retry", "/retry?channel=email"):
        phone.post(f"/admin/deliveries{path}")
    assert told(house, "delivery") == [
        ("delivery.retried", tuan.id, None, None),
        (
            "delivery.retried",
            tuan.id,
            None,
            {"deliveries": 2, "asked": "/admin/deliveries?state=trouble&channel=email"},
        ),
    ]
