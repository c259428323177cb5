"""Cards: a QR code and a code to type, for people without an email. Each lets one person in, once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.attempts import PER_ADDRESS, WINDOW
from crmweb.accounts.codes import ALPHABET, LENGTH, code_hash, new_code
from crmweb.accounts.links import OneTimeLink
from crmweb.accounts.models import User
from crmweb.accounts.passwords import hash_password
from crmweb.accounts.totp import TotpSecret
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from tests.ways_in.conftest import ENGLISH, PASSWORD, House, actions, card_for, is_in

ZALO = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 Zalo android/1"


def typed(client: FlaskClient, code: str) -> int:
    return client.post("/join", data={"code": code}).status_code


def test_sau_types_the_code_of_her_card_into_the_app(
    admins: FlaskClient, client: FlaskClient, sau: Actor, house: House
) -> None:
    code = card_for(admins, sau)
    assert "/join" in client.get("/session/new").text
    joined = client.post("/join", data={"code": code})
    assert (joined.status_code, joined.location) == (303, "/settings/welcome")
    page = client.get("/settings/welcome", headers=ENGLISH).text
    assert 'name="password"' not in page, "without an email nobody signs in with one"
    assert "Skip" in page
    assert client.post("/settings/welcome", data={"locale": "vi", "zone": "Asia/Ho_Chi_Minh"}).location == "/"
    assert is_in(client)
    assert actions(house)[-3:] == ["user.card_printed", "user.joined", "session.started"]


@pytest.mark.parametrize(
    "by_hand",
    [str.lower, lambda code: code.replace("-", ""), lambda code: f"  {code.replace('-', ' — ')} ",
     lambda code: "".join(chr(ord(sign) + 0xFEE0) for sign in code)],
)  # fmt: skip
def test_however_it_is_typed(admins: FlaskClient, client: FlaskClient, sau: Actor, by_hand: object) -> None:
    code = card_for(admins, sau)
    assert callable(by_hand)
    assert typed(client, by_hand(code)) == 303


def test_a_code_says_one_thing_to_every_eye_and_keyboard(house: House) -> None:
    """Telex writes vowels, D and W otherwise; of two that look alike one is left."""
    assert not set("AEIOUYDW01") & set(ALPHABET)
    with house():
        assert code_hash("2345-6789-CFHJ") == code_hash("Z34S-G7B9-cfhj") is not None
    assert len(ALPHABET) ** LENGTH > 2**50
    assert re.fullmatch(f"([{ALPHABET}]{{4}}-){{2}}[{ALPHABET}]{{4}}", new_code()) is not None


@pytest.mark.parametrize(
    "nonsense", ["", "x", "-" * 12, "ÀÁÂÃ" * 3, "9" * 11, "9" * 13, "9" * 5000, "\0" * 12]
)
def test_what_is_no_code_opens_nothing(client: FlaskClient, nonsense: str) -> None:
    assert typed(client, nonsense) == 422
    assert not is_in(client)


def test_a_card_opens_once_by_code_or_by_picture(
    app: Flask, admins: FlaskClient, client: FlaskClient, sau: Actor
) -> None:
    page = admins.post("/admin/users/cards", data={"person": str(sau.id)}, headers=ENGLISH)
    assert page.text.count('src="data:image/svg+xml') == 1
    code = re.findall(r'class="code num">([^<]+)<', page.text)[0]
    assert typed(client, code) == 303
    assert typed(app.test_client(), code) == 422


def test_of_two_who_type_at_once_one_gets_in(app: Flask, admins: FlaskClient, sau: Actor) -> None:
    code = card_for(admins, sau)
    with ThreadPoolExecutor(6) as crowd:
        answers = list(crowd.map(lambda _: typed(app.test_client(), code), range(6)))
    assert sorted(answers) == [303, 422, 422, 422, 422, 422]


def test_a_card_lasts_for_a_month(
    app: Flask, admins: FlaskClient, client: FlaskClient, sau: Actor, held: HeldClock
) -> None:
    code = card_for(admins, sau)
    held.move(timedelta(days=30))
    assert typed(client, code) == 422


def test_a_new_card_shuts_the_old(admins: FlaskClient, client: FlaskClient, sau: Actor) -> None:
    old, new = card_for(admins, sau), card_for(admins, sau)
    assert typed(client, old) == 422
    assert typed(client, new) == 303


def test_a_card_is_over_when_its_person_signs_in_otherwise(
    app: Flask, admins: FlaskClient, client: FlaskClient, nam: Actor, house: House
) -> None:
    code = card_for(admins, nam)
    with house(), writing():
        db.session.get_one(User, nam.id).password_hash = hash_password(PASSWORD)
    data = {"email": "nam@example.com", "password": PASSWORD}
    assert app.test_client().post("/session", data=data).status_code == 303
    assert typed(client, code) == 422


def test_a_card_is_over_when_its_person_leaves(
    admins: FlaskClient, client: FlaskClient, sau: Actor, tuan: Actor, house: House
) -> None:
    code = card_for(admins, sau)
    with house(), writing():
        user = db.session.get_one(User, sau.id)
        user.deactivate(by=tuan, at=clock.now())
        user.come_back(by=tuan, at=clock.now())
    assert typed(client, code) == 422


def test_nobody_who_reads_the_database_can_work_a_code_out(
    app: Flask, admins: FlaskClient, sau: Actor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """53 bits alone are tried out in a night: without our key no guess can be tested."""
    code = card_for(admins, sau)
    with house():
        kept = db.session.scalars(select(OneTimeLink.code)).one()
        assert kept == code_hash(code)
        monkeypatch.setattr("crmweb.accounts.codes.current_settings", lambda: _Keyed("another key"))
        assert kept != code_hash(code)


class _Keyed:
    def __init__(self, key: str) -> None:
        self.secret_key = key


def test_guessing_is_slowed_down_for_an_address_and_for_all_codes(
    admins: FlaskClient, client: FlaskClient, sau: Actor, held: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = card_for(admins, sau)
    assert {typed(client, "9999-9999-9999") for _ in range(PER_ADDRESS)} == {422}
    assert typed(client, code) == 429
    held.move(WINDOW)
    monkeypatch.setattr("crmweb.accounts.joining.WRONG_CODES", 3)
    for place in range(3):
        from_elsewhere = {"REMOTE_ADDR": f"203.0.113.{place}"}
        client.post("/join", data={"code": "9999-9999-9999"}, environ_overrides=from_elsewhere)
    assert typed(client, code) == 429
    held.move(WINDOW)
    assert typed(client, code) == 303


def test_the_sheet_is_kept_by_no_cache_and_told_to_nobody(
    admins: FlaskClient, client: FlaskClient, sau: Actor
) -> None:
    sheet = admins.post("/admin/users/cards", data={"person": str(sau.id)})
    for answer in (sheet, client.get("/join"), client.post("/join", data={"code": "x"})):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_chosen_before_are_those_without_email_who_were_never_in(
    admins: FlaskClient, sau: Actor, nam: Actor
) -> None:
    page = admins.get("/admin/users/cards", headers=ENGLISH).text
    assert re.findall(r'value="([0-9a-f-]+)" checked', page) == [str(sau.id)]


@pytest.mark.parametrize(
    ("chosen", "status"), [([], 422), (["x"], 400), (["00000000-0000-0000-0000-000000000007"], 404)]
)
def test_who_is_chosen_wrongly_gets_no_card(
    admins: FlaskClient, house: House, chosen: list[str], status: int
) -> None:
    assert admins.post("/admin/users/cards", data={"person": chosen}).status_code == status
    with house():
        assert not db.session.scalars(select(OneTimeLink)).all()


def test_one_person_named_twice_gets_one_card(admins: FlaskClient, sau: Actor) -> None:
    page = admins.post("/admin/users/cards", data={"person": [str(sau.id), str(sau.id).upper()]}).text
    assert page.count('class="code num"') == 1


def buttons(page: str) -> int:
    return page.partition("<main")[2].partition("</main>")[0].count("<button")


@pytest.mark.parametrize("agent", [ZALO, "x [FBAN/FBIOS;FBAV/1]", "x FBAV/9", "x Instagram 3", "x Line/13"])
def test_another_apps_browser_is_told_to_open_a_real_one_first(
    client: FlaskClient, nam: Actor, house: House, agent: str
) -> None:
    with house(), writing():
        token = OneTimeLink.issue(db.session.get_one(User, nam.id), at=clock.now())
    page = client.get(f"/join/{token}", headers={"User-Agent": agent, **ENGLISH}).text
    assert "Open this in Chrome or Safari first" in page
    assert f"/join/{token}" in re.findall(r'<input[^>]*value="([^"]+)" readonly', page)[0]
    assert buttons(page) == 1
    assert "Continue here anyway" in page
    vietnamese = client.get(f"/join/{token}", headers={"User-Agent": agent, "Accept-Language": "vi"}).text
    assert "Chrome hoặc Safari" in vietnamese
    assert client.post(f"/join/{token}", headers={"User-Agent": agent}).status_code == 303


def test_a_real_browser_shows_one_button(client: FlaskClient, nam: Actor, house: House) -> None:
    with house(), writing():
        token = OneTimeLink.issue(db.session.get_one(User, nam.id), at=clock.now())
    page = client.get(f"/join/{token}", headers={"User-Agent": ZALO.partition(" Zalo")[0], **ENGLISH}).text
    assert "Continue here anyway" not in page
    assert buttons(page) == 1


# --- a lost phone ---------------------------------------------------------------------------------------


def test_a_lost_phone_is_replaced_in_four_steps(
    app: Flask, admins: FlaskClient, lan: Actor, phone_of: object, house: House
) -> None:
    assert callable(phone_of)
    lost = phone_of(lan)
    assert is_in(lost)
    steps = 0

    page = admins.get(f"/admin/users/{lan.id}", headers=ENGLISH)
    steps += 1  # Tuấn opens her page
    assert f'action="/admin/users/{lan.id}/lost-phone"' in page.text
    shown = admins.post(f"/admin/users/{lan.id}/lost-phone", data={"session": ""}, headers=ENGLISH)
    steps += 1  # and taps once: the lost one is out
    assert not is_in(lost)

    new = app.test_client()
    (picture,) = re.findall(r'src="(data:image/svg[^"]+)"', shown.text)
    assert unquote(picture).startswith("data:image/svg+xml")
    code = re.findall(r'class="code num">([^<]+)<', shown.text)[0]
    assert new.get("/join").status_code == 200
    steps += 1  # Lan scans, or opens the app
    assert new.post("/join", data={"code": code}).status_code == 303
    steps += 1  # and taps Sign in
    assert is_in(new)
    assert steps <= 4
    assert shown.headers["Cache-Control"] == "no-store"
    assert "user.phone_replaced" in actions(house)


@pytest.mark.parametrize("gone", [True, False])
def test_a_second_step_that_was_on_the_lost_phone_is_taken_away_with_it(
    app: Flask, admins: FlaskClient, lan: Actor, house: House, gone: bool
) -> None:
    with house(), writing():
        totp = TotpSecret.begin(lan.id, at=clock.now())
        totp.confirmed_at = clock.now()
    assert 'name="second_step"' in admins.get(f"/admin/users/{lan.id}").text
    sent = {"session": "", **({"second_step": "1"} if gone else {})}
    shown = admins.post(f"/admin/users/{lan.id}/lost-phone", data=sent).text
    code = re.findall(r'class="code num">([^<]+)<', shown)[0]
    new = app.test_client()
    new.post("/join", data={"code": code})
    assert is_in(new) is gone


def test_of_two_devices_one_may_stay(admins: FlaskClient, lan: Actor, phone_of: object, house: House) -> None:
    assert callable(phone_of)
    lost, laptop = phone_of(lan), phone_of(lan)
    page = admins.get(f"/admin/users/{lan.id}").text
    first = min(
        re.findall(r'name="session" value="([0-9a-f-]+)"', page)
    )  # UUIDv7: in the order of signing in
    assert admins.post(f"/admin/users/{lan.id}/lost-phone", data={"session": first}).status_code == 200
    assert not is_in(lost)
    assert is_in(laptop)


def test_anothers_session_is_not_ended_by_a_lost_phone(
    admins: FlaskClient, lan: Actor, hung: Actor, phone_of: object
) -> None:
    assert callable(phone_of)
    his = phone_of(hung)
    page = admins.get(f"/admin/users/{hung.id}").text
    (session,) = re.findall(r'name="session" value="([0-9a-f-]+)"', page)
    answer = admins.post(f"/admin/users/{lan.id}/lost-phone", data={"session": session})
    assert answer.status_code == 404
    assert admins.post(f"/admin/users/{lan.id}/lost-phone", data={"session": "x"}).status_code == 400
    assert is_in(his)
