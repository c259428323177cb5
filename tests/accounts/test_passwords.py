"""Passwords: how they are kept, which ones are taken, and that a wrong one tells nothing."""

from __future__ import annotations

import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import argon2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from crmweb import clock
from crmweb.accounts import passwords
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, writing
from tests.accounts.conftest import PASSWORD, is_in, try_password

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]


@pytest.fixture
def _english(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def test_a_password_is_kept_by_argon2id_with_the_work_that_owasp_asks_for() -> None:
    for kept in (passwords.hash_password(PASSWORD), passwords.NOBODYS):
        found = argon2.extract_parameters(kept)
        assert found.type is argon2.Type.ID
        assert found.memory_cost >= 19 * 1024
        assert found.time_cost >= 2
        assert found.hash_len >= 32
        assert found.salt_len >= 16


def test_two_people_with_one_password_have_two_hashes() -> None:
    assert passwords.hash_password(PASSWORD) != passwords.hash_password(PASSWORD)


def test_two_ways_to_write_an_accent_are_one_password() -> None:
    typed = "Cà phê sữa đá buổi sáng"
    kept = passwords.hash_password(unicodedata.normalize("NFD", typed))
    assert passwords.matches(unicodedata.normalize("NFC", typed), kept)
    assert passwords.matches("ｆｕｌｌ ｗｉｄｔｈ ｂｏａｔ", passwords.hash_password("full width boat"))


def test_upper_and_lower_case_are_two_passwords() -> None:
    assert not passwords.matches(PASSWORD.upper(), passwords.hash_password(PASSWORD))


@pytest.mark.parametrize("kept", [None, "", "nonsense", "$argon2id$v=19$m=1,t=1,p=1$x$y"])
def test_nothing_matches_what_is_no_password(kept: str | None) -> None:
    assert not passwords.matches("a person who does not exist", kept)


@pytest.mark.usefixtures("_english")
@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("short", "at least"),
        ("elevenchars", "at least"),
        ("é" * 11, "at least"),
        ("x1y2z3w4v5 " * 12, "at most"),
        ("ﷺ" * 100, "at most"),
        ("password1234", "easy"),
        ("MatKhau123456", "easy"),
        ("aaaaaaaaaaaabbbb", "easy"),
        ("lan7lan7lan7", "easy"),
        ("crmweb is my crm", "easy"),
        ("P@ssw0rd2024!", "easy"),
        ("Summer2025!!", "easy"),
        ("Mật khẩu 12345", "easy"),
        ("Saigon@123456", "easy"),
        ("qwertyuiopasdf", "easy"),
        ("manchesterunited", "easy"),
        ("lan@20012001", "easy"),
        ("nguyenthilan at work", "name"),
        ("Nguyễn is my name", "name"),
        ("khoi.seller likes tea", "name"),
    ],
)
def test_a_password_that_others_could_guess_is_refused(password: str, word: str) -> None:
    flaw = passwords.flaw(password, "Nguyễn Thị Lan", "khoi.seller@example.com")
    assert flaw is not None
    assert word in flaw.lower()


@pytest.mark.usefixtures("_english")
def test_what_many_people_choose_is_refused_with_their_usual_endings() -> None:
    known = sorted(FREQUENCY_LISTS["passwords"], key=len)
    long, short = (
        [word for word in known if len(word) >= 12],
        [word for word in known if len(word) == 8][:300],
    )
    tried = [*long, *(f"{word}{end}" for word in short for end in ("1234", "@2025", "123456"))]
    assert len(tried) > 1_000
    assert [password for password in tried if passwords.flaw(password) is None] == []


def test_the_lists_are_read_when_somebody_chooses_a_password_and_not_before() -> None:
    asked = "import crmweb.accounts.routes, sys; sys.exit('zxcvbn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


@pytest.mark.usefixtures("_english")
def test_the_hardest_password_to_judge_takes_a_moment() -> None:
    begun = time.monotonic()
    passwords.flaw("@$50(){}[]<!|" * 9)
    assert time.monotonic() - begun < 2


@pytest.mark.usefixtures("_english")
@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "mưa rơi trên mái tôn",
        "correct horse battery",
        "thỏ trắng ăn bí",
        "Zx9!Zx8!Zx7!q",
        "ă" + "bcdefghijkl" * 11,
    ],
)
def test_a_sentence_of_ones_own_is_taken(password: str) -> None:
    assert len(password) <= passwords.LONGEST
    assert passwords.flaw(password, "Nguyễn Thị Lan", "lan@example.com") is None


def test_a_password_of_128_characters_is_taken_whole(
    client: FlaskClient, house: House, lan: Actor, phone_of: PhoneOf
) -> None:
    longest = ("mưa rơi trên mái tôn, nước chảy qua sân, " * 4)[: passwords.LONGEST]
    assert phone_of(lan).post("/settings/password", data={"password": longest}).status_code == 303
    assert try_password(client, lan.email, longest[:-1]).status_code == 422
    assert try_password(client, lan.email, longest).status_code == 303


def test_a_flood_of_a_password_is_turned_away_quickly(client: FlaskClient, lan: Actor) -> None:
    begun = time.monotonic()
    assert try_password(client, lan.email, "x" * 1_000_000).status_code == 422
    assert try_password(client, "x" * 100_000, PASSWORD).status_code == 422
    assert time.monotonic() - begun < 2


# --- at the door ------------------------------------------------------------------------------------


def test_lan_signs_in(client: FlaskClient, lan: Actor, with_password: Callable[[Actor], Actor]) -> None:
    with_password(lan)
    answer = try_password(client, " LAN@example.com ", PASSWORD, next="/settings")
    assert (answer.status_code, answer.location) == (303, "/settings")
    assert is_in(client)


def test_a_wrong_password_and_an_unknown_person_look_the_same(
    app: Flask,
    house: House,
    people: dict[str, Actor],
    with_password: Callable[[Actor], Actor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_password(people["lan"])
    with_password(people["hung"])
    with house(), writing():
        db.session.get_one(User, people["hung"].id).deactivate(by=people["tuan"], at=clock.now())
    worked: list[str] = []
    verify = argon2.PasswordHasher.verify

    def counted(hasher: argon2.PasswordHasher, kept: str, typed: str) -> bool:
        worked.append(kept)
        return verify(hasher, kept, typed)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)
    answers = []
    for email in ("lan@example.com", "hung@example.com", "mai@example.com", "nobody@example.com"):
        answer = try_password(app.test_client(), email, "not the password at all")
        answers.append((answer.status_code, answer.text.replace(email, "EMAIL")))
        assert "Set-Cookie" not in answer.headers
    assert len(set(answers)) == 1
    assert answers[0][0] == 422
    assert len(worked) == 4, "each costs one hash, there or not"


def test_somebody_who_left_does_not_get_in(
    client: FlaskClient, house: House, lan: Actor, tuan: Actor, with_password: Callable[[Actor], Actor]
) -> None:
    with_password(lan)
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=tuan, at=clock.now())
    assert try_password(client, lan.email, PASSWORD).status_code == 422
    assert not is_in(client)


def test_what_was_typed_stays_but_the_password(client: FlaskClient, lan: Actor) -> None:
    answer = try_password(client, "lan@example.com", "not the password")
    assert 'value="lan@example.com"' in answer.text
    assert "not the password" not in answer.text
