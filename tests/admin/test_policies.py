"""Setting what holds: for the company by Tuấn, for her own team by Mai, and by nobody else."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts import proof
from crmweb.accounts.actor import Actor
from crmweb.accounts.policies import policy
from crmweb.accounts.policy_kinds import Value
from crmweb.accounts.rulings import Ruling
from crmweb.customers import rhythms
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.tiers import Tier
from crmweb.db import db, writing
from tests.customers.shops import ENGLISH, House, PhoneOf, shop

HERE = "/admin/policies"
TEAMS = "/team/policies"
UNDO = re.compile(r'<form action="([^"]+)" method="post"><button class="btn">Undo')


@pytest.fixture
def tuans(phone_of: PhoneOf, tuan: Actor) -> FlaskClient:
    return phone_of(tuan)


@pytest.fixture
def mais(phone_of: PhoneOf, mai: Actor) -> FlaskClient:
    return phone_of(mai)


def holds(house: House, name: str, person: Actor) -> Value:
    with house():
        return policy(name, person.id)


def page(phone: FlaskClient, address: str = HERE) -> str:
    return phone.get(address, headers=ENGLISH).text


def undo(phone: FlaskClient, address: str = HERE) -> None:
    found = UNDO.search(page(phone, address))
    assert found, "there is no way back"
    assert phone.post(found[1].replace("&amp;", "&")).status_code == 303


@pytest.mark.parametrize(
    ("name", "value"), [("mfa_needed", "yes"), ("session_idle_days", "90"), ("location_days", "7")]
)
def test_an_open_laptop_weakens_neither_the_door_nor_what_is_kept(
    tuans: FlaskClient, tuan: Actor, house: House, name: str, value: str
) -> None:
    before = holds(house, name, tuan)
    sent_from = {"Referer": f"http://localhost{HERE}"}
    with clock.frozen(clock.now() + proof.FRESH_FOR):
        for deed, sent in (("", {"value": value}), ("/reset", {})):
            answer = tuans.post(f"{HERE}/{name}{deed}", data=sent, headers=sent_from)
            assert (answer.status_code, answer.location) == (303, f"/session/proof?next={HERE}")
        assert holds(house, name, tuan) == before
        assert tuans.post(f"{HERE}/radius_m", data={"value": "80"}).location.startswith(HERE)


def test_tuan_sets_the_radius_and_everybody_sees_who_did(
    tuans: FlaskClient, house: House, lan: Actor, phone_of: PhoneOf
) -> None:
    assert "The default; nobody has changed it" in page(tuans)
    assert tuans.post(f"{HERE}/radius_m", data={"value": "80"}).status_code == 303
    assert holds(house, "radius_m", lan) == 80
    text = page(tuans)
    assert "Radius of a check-in: saved" in text
    assert "Set by Phạm Anh Tuấn" in text
    assert "default: 150 m" in text
    assert "A check-in within 80 m of the pin" in page(phone_of(lan), "/settings/policies")


def test_undo_brings_back_what_held_before(tuans: FlaskClient, house: House, lan: Actor) -> None:
    tuans.post(f"{HERE}/photo_needed", data={"value": "always"})
    undo(tuans)
    assert holds(house, "photo_needed", lan) == "never"
    tuans.post(f"{HERE}/reason_when_away", data={"value": "yes"})
    page(tuans)
    tuans.post(f"{HERE}/reason_when_away", data={"value": "no"})
    undo(tuans)
    assert holds(house, "reason_when_away", lan) is True


@pytest.mark.parametrize("typed", ["5", "20000", "wide", "", "-1"])
def test_what_cannot_be_is_said_beside_it_and_stays_typed(
    tuans: FlaskClient, house: House, lan: Actor, typed: str
) -> None:
    answer = tuans.post(f"{HERE}/radius_m", data={"value": typed}, headers=ENGLISH)
    assert answer.status_code == 422
    assert "Type a whole number from 20 to 1000." in answer.text
    assert f'value="{typed}"' in answer.text
    assert holds(house, "radius_m", lan) == 150


def test_a_value_sent_twice_is_none(tuans: FlaskClient, house: House, lan: Actor) -> None:
    assert tuans.post(f"{HERE}/radius_m", data={"value": ["80", "900"]}).status_code == 422
    assert tuans.post(f"{HERE}/radius_m?value=80", data={"value": "900"}).status_code == 422
    assert holds(house, "radius_m", lan) == 150


def test_tuan_sets_one_for_mais_team_and_sees_that_it_deviates(
    tuans: FlaskClient, house: House, mai: Actor, lan: Actor, outsider: Actor
) -> None:
    assert tuans.post(f"{HERE}/radius_m?team={mai.id}", data={"value": "60"}).status_code == 303
    assert (holds(house, "radius_m", lan), holds(house, "radius_m", outsider)) == (60, 150)
    undo(tuans, f"{HERE}?team={mai.id}")
    assert holds(house, "radius_m", lan) == 150
    tuans.post(f"{HERE}/radius_m?team={mai.id}", data={"value": "60"})
    assert "Trần Thị Mai’s team: 60 m" in page(tuans)


def test_mai_sets_her_own_teams_and_only_what_a_team_may_have(
    mais: FlaskClient, house: House, lan: Actor, outsider: Actor, binh: Actor
) -> None:
    text = page(mais, TEAMS)
    assert "Radius of a check-in" in text
    assert "Second step" not in text
    sent = {"policy": "radius_m", "value": "60", "team": str(binh.id)}
    assert mais.post(f"{TEAMS}?team={binh.id}", data=sent).status_code == 303
    assert (holds(house, "radius_m", lan), holds(house, "radius_m", outsider)) == (60, 150)
    undo(mais, TEAMS)
    assert holds(house, "radius_m", lan) == 150
    for name in ("mfa_needed", "session_idle_days", "location_days", "visit_days_a"):
        assert mais.post(TEAMS, data={"policy": name, "value": "yes"}).status_code in (404, 422)
        assert mais.post(TEAMS, data={"policy": name, "value": "30"}).status_code in (404, 422)
    assert mais.post(f"{HERE}/radius_m", data={"value": "60"}).status_code == 403


def test_what_tuan_locked_mai_reads_and_cannot_change(
    tuans: FlaskClient, mais: FlaskClient, house: House, lan: Actor
) -> None:
    mais.post(TEAMS, data={"policy": "radius_m", "value": "60"})
    assert tuans.post(f"{HERE}/radius_m/lock").status_code == 303
    assert holds(house, "radius_m", lan) == 150
    assert "does not count now" in page(tuans)
    assert "Your admin has set this for every team." in page(mais, TEAMS)
    mais.post(TEAMS, data={"policy": "radius_m", "value": "70"})
    mais.post(f"{TEAMS}/reset", data={"policy": "radius_m"})
    assert holds(house, "radius_m", lan) == 150
    tuans.post(f"{HERE}/radius_m/unlock")
    assert holds(house, "radius_m", lan) == 60


def test_who_leads_nobody_has_no_team(tuans: FlaskClient, lan: Actor, house: House) -> None:
    for team in (lan.id, uuid.UUID(int=7), "everybody"):
        assert tuans.get(f"{HERE}?team={team}").status_code == 404
        assert tuans.post(f"{HERE}/radius_m?team={team}", data={"value": "60"}).status_code == 404
    with house():
        assert db.session.scalars(select(Ruling)).all() == []


def test_a_policy_that_is_not_known_is_not_there(tuans: FlaskClient) -> None:
    for name in ("nobodys", "__class__", "radius_m%00"):
        assert tuans.post(f"{HERE}/{name}", data={"value": "1"}).status_code in (400, 404)
    assert tuans.post(f"{HERE}/mfa_needed/lock").status_code == 404


def test_a_notice_that_a_browser_made_up_leads_nowhere(tuans: FlaskClient) -> None:
    tuans.set_cookie("notice", "policy_saved //evil.example radius_m  60")
    assert "evil.example" not in page(tuans)


# --- the rhythm of a tier ---------------------------------------------------------------------------------


def test_a_new_rhythm_moves_what_is_due(
    tuans: FlaskClient, house: House, lan: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rhythms, "BATCH", 2)
    with house(), writing():
        those = [shop(f"Tạp hóa {place}", lan, tier="A") for place in range(5)]
        other = shop("Quán Tư", lan, tier="B")
    tuans.post(f"{HERE}/visit_days_a", data={"value": "21"})
    with house():
        rhythms.plan_anew()
    today = lan.today(clock.now())
    with house():
        due = {each.customer_id: each.next_due for each in db.session.scalars(select(Assignment)).unique()}
        assert {due[each] for each in those} == {today + timedelta(days=21)}
        assert due[other] == today + timedelta(days=30)
        tier = db.session.get_one(Tier, "A")
        assert (tier.visit_every_days, tier.planned_days) == (21, 21)
    assert "21 days" in page(tuans)
