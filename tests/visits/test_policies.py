"""What policies ask of a visit: by what was in force when it began, asked and never in the way."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.policy_kinds import POLICIES, Value
from crmweb.accounts.rulings import Ruling
from crmweb.db import db, new_id, writing
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, House, PhoneOf
from tests.visits import photos
from tests.visits.conftest import FAR, NEAR, CheckIn

Find = Callable[[uuid.UUID], Visit]
Say = Callable[..., None]


@pytest.fixture
def say(house: House, tuan: Actor) -> Say:
    """`say("radius_m", 80, days_ago=3)`: the company's word from then on."""

    def set_it(name: str, value: Value, *, days_ago: float = 1) -> None:
        with house(), writing():
            at = clock.now() - timedelta(days=days_ago)
            Ruling.set(POLICIES[name], value, head_id=None, by=tuan, at=at)

    return set_it


def _visit(check_in: CheckIn, shop: uuid.UUID, place: dict[str, str]) -> uuid.UUID:
    answer = check_in(shop, **place, fixed_at=clock.now().isoformat())
    assert answer.status_code == 201
    return answer.visit_id  # type: ignore[attr-defined, no-any-return]


def _finish(phone: FlaskClient, visit: uuid.UUID, *, script: bool = False, **sent: str) -> TestResponse:
    headers = {**ENGLISH, **({"Idempotency-Key": str(new_id())} if script else {})}
    return phone.post(f"/visits/{visit}/finish", data={"outcome": "interested", **sent}, headers=headers)


# --- the radius ---------------------------------------------------------------------------------------


def test_a_visit_keeps_the_radius_it_was_judged_by(
    check_in: CheckIn, co_ba: uuid.UUID, visit: Find, say: Say
) -> None:
    wide = _visit(check_in, co_ba, NEAR)
    say("radius_m", 20, days_ago=0)
    narrow = _visit(check_in, co_ba, NEAR)
    assert (visit(wide).radius_m, visit(wide).verdict) == (150, "on_site")
    assert (visit(narrow).radius_m, visit(narrow).verdict) == (20, "unproven")


def test_a_check_in_that_comes_late_is_judged_by_what_was_in_force_then(
    check_in: CheckIn, co_ba: uuid.UUID, visit: Find, say: Say
) -> None:
    say("radius_m", 1000, days_ago=10)
    say("radius_m", 20, days_ago=2)
    began = (clock.now() - timedelta(days=5)).isoformat()
    answer = check_in(co_ba, **FAR, client_at=began, fixed_at=began)
    late = visit(answer.visit_id)  # type: ignore[attr-defined]
    assert late.radius_m == 1000


# --- why it was away ----------------------------------------------------------------------------------


def test_nobody_is_asked_why_unless_the_company_wants_it(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient
) -> None:
    away = _visit(check_in, co_ba, FAR)
    assert 'name="why"' not in lans_phone.get(f"/visits/{away}/finish").text
    assert _finish(lans_phone, away).status_code == 303


def test_lan_away_is_asked_why_and_keeps_what_she_typed(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find, say: Say
) -> None:
    say("reason_when_away", True)
    away = _visit(check_in, co_ba, FAR)
    assert 'name="why"' in lans_phone.get(f"/visits/{away}/finish").text
    asked = _finish(lans_phone, away, note="Gặp ở chợ")
    assert asked.status_code == 422
    assert "Say why you were away from the pin." in asked.text
    assert "Gặp ở chợ" in asked.text
    assert visit(away).outcome is None
    assert _finish(lans_phone, away, why="elsewhere").status_code == 303
    assert (visit(away).outcome, visit(away).why) == ("interested", "elsewhere")
    assert "No reason given" not in lans_phone.get(f"/visits/{away}", headers=ENGLISH).text


def test_a_fresh_result_of_a_script_is_asked_and_an_old_one_is_marked(
    check_in: CheckIn,
    co_ba: uuid.UUID,
    lans_phone: FlaskClient,
    visit: Find,
    say: Say,
    phone_of: PhoneOf,
    mai: Actor,
) -> None:
    say("reason_when_away", True)
    away = _visit(check_in, co_ba, FAR)
    fresh = _finish(lans_phone, away, script=True, client_at=clock.now().isoformat())
    assert fresh.status_code == 422
    assert "Say why" in fresh.text
    old = (clock.now() - timedelta(minutes=20)).isoformat()
    assert _finish(lans_phone, away, script=True, client_at=old).status_code == 200
    assert (visit(away).outcome, visit(away).why) == ("interested", None)
    assert "No reason given" in lans_phone.get(f"/visits/{away}", headers=ENGLISH).text
    assert "No reason given" in phone_of(mai).get("/review", headers=ENGLISH).text
    lans_phone.post(f"/visits/{away}/why", data={"why": "moved"})
    assert "No reason given" not in phone_of(mai).get("/review", headers=ENGLISH).text


def test_a_page_cannot_pretend_to_be_old(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, say: Say
) -> None:
    say("reason_when_away", True)
    away = _visit(check_in, co_ba, FAR)
    old = (clock.now() - timedelta(minutes=20)).isoformat()
    assert _finish(lans_phone, away, client_at=old).status_code == 422


def test_who_was_on_site_or_called_is_asked_nothing(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, say: Say
) -> None:
    say("reason_when_away", True)
    say("photo_needed", "doubtful")
    for there in (_visit(check_in, co_ba, NEAR), _visit(check_in, co_ba, {"kind": "phone"})):
        assert _finish(lans_phone, there).status_code == 303


def test_a_visit_that_began_before_the_policy_is_not_bound_by_it(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, say: Say
) -> None:
    away = _visit(check_in, co_ba, FAR)
    say("reason_when_away", True, days_ago=0)
    assert _finish(lans_phone, away).status_code == 303


def test_a_reason_that_is_none_is_refused(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find, say: Say
) -> None:
    say("reason_when_away", True)
    away = _visit(check_in, co_ba, FAR)
    assert _finish(lans_phone, away, why="<script>").status_code == 422
    assert visit(away).outcome is None


# --- a photo ------------------------------------------------------------------------------------------


def test_a_photo_is_asked_for_and_a_word_will_do(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find, say: Say
) -> None:
    say("photo_needed", "always")
    there = _visit(check_in, co_ba, NEAR)
    asked = _finish(lans_phone, there)
    assert "Take a photo, or say in a few words why there is none." in asked.text
    assert re.search(r'action="/visits/[^"]+/photos"', asked.text)
    for blank in ("  ", "\u200b"):
        assert _finish(lans_phone, there, no_photo=blank).status_code == 422
    assert _finish(lans_phone, there, no_photo="x" * 201).status_code == 422
    assert _finish(lans_phone, there, no_photo="Chủ quán <không> cho").status_code == 303
    assert visit(there).no_photo == "Chủ quán <không> cho"
    assert "Chủ quán &lt;không&gt; cho" in lans_phone.get(f"/visits/{there}").text


def test_who_took_one_is_asked_nothing(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, say: Say
) -> None:
    say("photo_needed", "doubtful")
    away = _visit(check_in, co_ba, FAR)
    taken = {"photo": (io.BytesIO(photos.photo()), "shop.jpg")}
    assert lans_phone.post(f"/visits/{away}/photos", data=taken).status_code == 303
    assert _finish(lans_phone, away).status_code == 303


def test_a_queued_result_without_a_photo_is_marked(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find, say: Say, house: House
) -> None:
    say("photo_needed", "always")
    there = _visit(check_in, co_ba, NEAR)
    old = (clock.now() - timedelta(days=2)).isoformat()
    assert _finish(lans_phone, there, script=True, client_at=old).status_code == 200
    assert "No photo, and no word why" in lans_phone.get(f"/visits/{there}", headers=ENGLISH).text
    with house():
        assert db.session.get_one(Visit, there).owes_photo
