"""What holds for whom: the company's word, a team's own, and what was in force when."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.policies import policies_of, policy
from crmweb.accounts.policy_kinds import POLICIES, BadValue, Policy, Value
from crmweb.accounts.rulings import LockedPolicy, Ruling
from crmweb.audit.models import Entry
from crmweb.db import db, writing
from tests.customers.shops import House

RADIUS = POLICIES["radius_m"]


def say(
    value: Value | None, *, by: Actor, team: Actor | None = None, policy: Policy = RADIUS
) -> Value | None:
    with writing():
        return Ruling.set(policy, value, head_id=team.id if team else None, by=by, at=clock.now())


def test_where_nobody_said_anything_the_default_holds(house: House, lan: Actor) -> None:
    with house():
        assert dict(policies_of(lan.id)) == {name: each.default for name, each in POLICIES.items()}


def test_the_nearest_word_up_the_line_holds(
    house: House, tuan: Actor, mai: Actor, lan: Actor, hung: Actor, outsider: Actor
) -> None:
    with house():
        say(200, by=tuan)
        assert [policy("radius_m", each.id) for each in (lan, outsider)] == [200, 200]
        say(80, by=mai, team=mai)
        assert [policy("radius_m", each.id) for each in (lan, hung, mai, outsider)] == [80, 80, 80, 200]
        with writing():
            db.session.get_one(User, lan.id).report_to(
                db.session.get_one(User, hung.id), by=None, at=clock.now()
            )
        say(60, by=tuan, team=hung)
        assert [policy("radius_m", each.id) for each in (lan, hung, mai)] == [60, 60, 80]


def test_a_team_goes_back_to_the_company_s(house: House, tuan: Actor, mai: Actor, lan: Actor) -> None:
    with house():
        say(200, by=tuan)
        assert say(80, by=mai, team=mai) is None
        assert say(None, by=mai, team=mai) == 80
        assert policy("radius_m", lan.id) == 200


def test_what_is_locked_holds_for_every_team(house: House, tuan: Actor, mai: Actor, lan: Actor) -> None:
    with house():
        say(80, by=mai, team=mai)
        with writing():
            Ruling.lock(RADIUS, by=tuan, at=clock.now())
        assert policy("radius_m", lan.id) == RADIUS.default
        with pytest.raises(LockedPolicy):
            say(90, by=mai, team=mai)
        with writing():
            Ruling.unlock(RADIUS, by=tuan, at=clock.now())
        assert policy("radius_m", lan.id) == 80


def test_a_lock_stays_when_the_company_s_word_changes(
    house: House, tuan: Actor, mai: Actor, lan: Actor
) -> None:
    with house():
        say(80, by=mai, team=mai)
        with writing():
            Ruling.lock(RADIUS, by=tuan, at=clock.now())
        say(300, by=tuan)
        say(None, by=tuan)
        assert policy("radius_m", lan.id) == RADIUS.default


def test_no_team_weakens_the_door(house: House, mai: Actor, lan: Actor) -> None:
    with house():
        for name in ("mfa_needed", "session_idle_days", "location_days"):
            with pytest.raises(LockedPolicy):
                say(POLICIES[name].default, by=mai, team=mai, policy=POLICIES[name])


def test_what_was_in_force_then_is_still_known(house: House, tuan: Actor, lan: Actor) -> None:
    begun = clock.now()
    with house():
        for days, value in ((9, 100), (5, 300)):
            with writing():
                at = begun - timedelta(days=days)
                Ruling.set(RADIUS, value, head_id=None, by=tuan, at=at)
        then = [policies_of(lan.id, at=begun - timedelta(days=days))["radius_m"] for days in (10, 9, 6, 5, 0)]
        assert then == [150, 100, 100, 300, 300]


def test_every_change_is_written_down(house: House, tuan: Actor, mai: Actor) -> None:
    with house():
        say(200, by=tuan)
        say(200, by=tuan)  # nothing new
        say(80, by=mai, team=mai)
        with writing():
            Ruling.lock(RADIUS, by=tuan, at=clock.now())
        found = db.session.query(Entry).where(Entry.about_kind == "policy").order_by(Entry.seq).all()
        told = [(each.action, each.about_id, each.values.before, each.values.after) for each in found]
        assert told == [
            ("policy.set", None, {"value": None}, {"value": 200}),
            ("policy.set", mai.id, {"value": None}, {"value": 80, "team": mai.name}),
            ("policy.locked", None, None, None),
        ]
        assert [each.values.about_name for each in found] == ["radius_m"] * 3


def test_all_policies_cost_two_statements_a_request_a_persons_and_the_companys(
    house: House, tuan: Actor, mai: Actor, lan: Actor
) -> None:
    with house():
        say(80, by=mai, team=mai)
        db.session.rollback()
        said: list[str] = []

        def listen(*call: Any) -> None:
            said.append(call[2])

        event.listen(db.engine, "before_cursor_execute", listen)
        for name in POLICIES:
            policy(name, lan.id)
            policies_of(lan.id, at=clock.now())
        event.remove(db.engine, "before_cursor_execute", listen)
        asked = [each for each in said if each.startswith(("SELECT", "WITH"))]
        assert len(asked) == 2


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("radius_m", "19"), ("radius_m", "1001"), ("radius_m", "-50"), ("radius_m", "1e2"), ("radius_m", ""),
        ("radius_m", "٥٠"), ("radius_m", "100; DROP"), ("radius_m", "9" * 50), ("mfa_needed", "true"),
        ("mfa_needed", ""), ("photo_needed", "sometimes"), ("photo_needed", "yes"),
    ],
)  # fmt: skip
def test_what_a_policy_cannot_say_is_refused(name: str, typed: str) -> None:
    with pytest.raises(BadValue):
        POLICIES[name].read(typed)


def test_every_policy_reads_what_it_writes() -> None:
    for each in POLICIES.values():
        assert each.read(each.write(each.default)) == each.default


def test_nobody_s_policies_are_the_company_s(house: House, tuan: Actor, mai: Actor) -> None:
    with house():
        say(200, by=tuan)
        say(80, by=mai, team=mai)
        assert policy("radius_m") == policy("radius_m", uuid.UUID(int=7)) == 200
