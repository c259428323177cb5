"""The day on which a route leads back, said before the visit is over."""

from __future__ import annotations

from datetime import timedelta

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.routes.ahead import route_day_after
from crmweb.routes.models import Route
from tests.customers.shops import House, shop


def test_the_first_day_after_today_on_which_the_route_runs(house: House, lan: Actor) -> None:
    today = lan.today(clock.now())
    with house(), writing():
        routed, other = shop("Tạp hóa Cô Ba", lan), shop("Đại lý Minh Tâm", lan)
        lead = [db.session.get_one(Customer, routed)]
        Route.lay(
            db.session.get_one(User, lan.id), weekdays=1 << today.weekday(), at=clock.now(), customers=lead
        )
        assert route_day_after(lan.id, routed, today) == today + timedelta(days=7)
        assert route_day_after(lan.id, routed, today - timedelta(days=1)) == today
        assert route_day_after(lan.id, other, today) is None


def test_a_customer_who_was_left_out_is_not_on_the_way(house: House, lan: Actor, hung: Actor) -> None:
    today = lan.today(clock.now())
    with house(), writing():
        routed = shop("Tạp hóa Cô Ba", lan)
        lead = [db.session.get_one(Customer, routed)]
        route = Route.lay(db.session.get_one(User, lan.id), weekdays=127, at=clock.now(), customers=lead)
        assert route_day_after(hung.id, routed, today) is None
        route.leave_out(routed, at=clock.now())
        db.session.flush()
        assert route_day_after(lan.id, routed, today) is None


def test_who_stands_in_goes_when_the_route_says(house: House, lan: Actor, hung: Actor) -> None:
    today = lan.today(clock.now())
    with house(), writing():
        routed = shop("Tạp hóa Cô Ba", lan)
        customer = db.session.get_one(Customer, routed)
        Route.lay(db.session.get_one(User, lan.id), weekdays=127, at=clock.now(), customers=[customer])
        own, stand_in = (db.session.get_one(User, each.id) for each in (lan, hung))
        week = {"since": today, "until": today + timedelta(days=7)}
        Assignment.cover(customer, stand_in, stands_in_for=own, by=None, at=clock.now(), **week)
        db.session.flush()
        assert route_day_after(hung.id, routed, today) == today + timedelta(days=1)
