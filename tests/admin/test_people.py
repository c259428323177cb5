"""The admin's people: found, added, changed, signed out."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.opening import held_by
from crmweb.accounts.roles import Role
from crmweb.accounts.sessions import DeviceSession
from crmweb.audit import Entry
from crmweb.db import db, writing
from tests.conftest import device_token
from tests.customers.shops import ENGLISH, House, PhoneOf
from tests.statements import counted

HERE = "/admin/users"
NGOC = {"name": "Lý Thị Ngọc", "role": "rep", "manager": "mai@example.com", "zone": "Asia/Ho_Chi_Minh"}


@pytest.fixture
def tuans(phone_of: PhoneOf, tuan: Actor) -> FlaskClient:
    return phone_of(tuan)


def _names(page: str) -> list[str]:
    return re.findall(r'class="two">([^<]+)', page)


def _known(house: House, name: str) -> dict[str, Any]:
    with house():
        found = db.session.scalars(select(User).where(User.name == name)).one()
        return {key: getattr(found, key) for key in ("id", "role", "email", "phone", "manager_id", "zone")}


def _sent(phone: FlaskClient, person: Actor, **other: str) -> Any:
    """What the form of a person sends when a few of its fields were changed."""
    page = phone.get(f"{HERE}/{person.id}/edit").text
    fields = dict(re.findall(r'name="(name|manager|email|phone)"[^>]*?value="([^"]*)"', page))
    was = re.search(r'name="was" value="([^"]*)"', page)
    assert was
    role = re.search(r'<option selected value="([^"]+)"', page)
    assert role
    shown = {**fields, "role": role[1], "was": was[1].replace("&#34;", '"')}
    return phone.post(f"{HERE}/{person.id}", data={**shown, **other}, headers=ENGLISH)


def _office_role(house: House, person: Actor, *rights: str) -> None:
    """Give somebody a made role that may manage people and little else."""
    with house(), writing():
        role = Role.make("Office", ["users:manage", *rights], at=clock.now())
        db.session.get_one(User, person.id).change_role(role.name, by=None, at=clock.now())


# --- finding ------------------------------------------------------------------------------------------


def test_tuan_finds_everybody_by_name_in_order(tuans: FlaskClient) -> None:
    names = _names(tuans.get(HERE).text)
    assert names[0] == "Đỗ Quốc Bình"
    assert len(names) == 6


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=nguyen+lan", ["Nguyễn Thị Lan"]),
        ("q=LAN@", ["Nguyễn Thị Lan"]),
        ("q=%F0%9F%92%A9", []),
        ("q=%25", []),
        ("role=manager", ["Đỗ Quốc Bình", "Trần Thị Mai"]),
        ("role=manager&q=mai", ["Trần Thị Mai"]),
        ("left=1", []),
    ],
)
def test_he_narrows_the_list(tuans: FlaskClient, asked: str, found: list[str]) -> None:
    assert _names(tuans.get(f"{HERE}?{asked}").text) == found


def test_he_sees_whom_mai_leads(tuans: FlaskClient, mai: Actor) -> None:
    assert _names(tuans.get(f"{HERE}?manager={mai.id}").text) == ["Lê Văn Hùng", "Nguyễn Thị Lan"]
    assert "Lê Văn Hùng" in tuans.get(f"{HERE}/{mai.id}").text


def test_he_reads_where_somebody_leads_people_and_cannot_see_their_work(
    tuans: FlaskClient, mai: Actor, lan: Actor
) -> None:
    leads_nobody = "does not see what they look after: the role “Rep” leads nobody."
    assert leads_nobody not in tuans.get(f"{HERE}/{lan.id}", headers=ENGLISH).text, "nobody works under her"
    assert "does not see" not in tuans.get(f"{HERE}/{mai.id}", headers=ENGLISH).text
    tuans.post(HERE, data={**NGOC, "manager": "lan@example.com"})
    assert f"Lan {leads_nobody}" in tuans.get(f"{HERE}/{lan.id}", headers=ENGLISH).text


def test_who_left_stands_apart(tuans: FlaskClient, house: House, lan: Actor) -> None:
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=None, at=clock.now())
    assert lan.name not in _names(tuans.get(HERE).text)
    assert _names(tuans.get(f"{HERE}?left=1").text) == [lan.name]


@pytest.mark.parametrize("asked", ["manager=x", "after=7", "left=2", "q=a&q=b", "role=rep&role=admin"])
def test_what_cannot_be_asked_is_said(tuans: FlaskClient, asked: str) -> None:
    assert tuans.get(f"{HERE}?{asked}").status_code == 422


def _hire_many(house: House, head: Actor, many: int) -> None:
    with house(), writing():
        manager = db.session.get_one(User, head.id)
        for number in range(many):
            User.add(f"Người {number:03}", role="rep", at=clock.now(), manager=manager)


def test_he_pages_through_a_hundred_and_misses_nobody(tuans: FlaskClient, house: House, mai: Actor) -> None:
    _hire_many(house, mai, 120)
    seen, address = list[str](), HERE
    while address:
        page = tuans.get(address).text
        seen += _names(page)
        more = re.search(r'hx-get="([^"]*after=[^"]*)"', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == 126
    assert len(set(seen)) == 126


def test_a_longer_list_asks_no_more_questions(
    app: Flask, tuans: FlaskClient, house: House, mai: Actor
) -> None:
    def questions(path: str) -> int:
        with counted() as asked:
            assert tuans.get(path).status_code == 200
        return len(asked)

    few = {path: questions(path) for path in (HERE, f"{HERE}/{mai.id}")}
    _hire_many(house, mai, 45)
    assert {path: questions(path) for path in few} == few


# --- adding -------------------------------------------------------------------------------------------


def test_tuan_adds_ngoc_with_a_name_alone(tuans: FlaskClient, house: House, tuan: Actor) -> None:
    answer = tuans.post(HERE, data={"name": "  Lý  Thị Ngọc ", "role": "rep", "zone": "Asia/Tokyo"})
    known = _known(house, "Lý Thị Ngọc")
    assert answer.headers["Location"] == f"{HERE}/{known['id']}"
    assert (known["role"], known["email"], known["zone"]) == ("rep", None, "Asia/Tokyo")
    with house():
        (entry,) = db.session.scalars(select(Entry).where(Entry.about_id == known["id"]))
        assert (entry.action, entry.by_id) == ("user.added", tuan.id)


def test_tuan_adds_ngoc_with_all_he_knows(tuans: FlaskClient, house: House, mai: Actor) -> None:
    tuans.post(HERE, data={**NGOC, "email": "Ngoc@Example.com", "phone": "0912 345 678"})
    known = _known(house, "Lý Thị Ngọc")
    assert (known["email"], known["phone"]) == ("Ngoc@example.com", "+84912345678")
    assert known["manager_id"] == mai.id
    assert "Added" in tuans.get(f"{HERE}/{known['id']}", headers=ENGLISH).text


@pytest.mark.parametrize("manager", ["Trần Thị Mai", "tran thi mai", "MAI@example.com"])
def test_a_manager_is_named_as_people_do(tuans: FlaskClient, house: House, mai: Actor, manager: str) -> None:
    tuans.post(HERE, data={**NGOC, "manager": manager})
    assert _known(house, "Lý Thị Ngọc")["manager_id"] == mai.id


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "Type a name."),
        ({"name": "x" * 201}, "At most 200 fit."),
        ({"role": "emperor"}, "Choose one of these."),
        ({"role": ""}, "Choose one of these."),
        ({"email": "lan@example.com"}, "Somebody here has this email already."),
        ({"email": "ＬＡＮ@example.com"}, "Somebody here has this email already."),
        ({"email": "ngoc"}, "An address has an @ in it"),
        ({"phone": "0912"}, "digits short. Mobile"),
        ({"manager": "Nobody"}, "Nobody at work has this email or name."),
        ({"zone": "Mars/Base"}, "Choose one of these."),
    ],
)
def test_what_cannot_be_is_said_at_the_field(
    tuans: FlaskClient, house: House, wrong: dict[str, str], words: str
) -> None:
    answer = tuans.post(HERE, data={**NGOC, **wrong}, headers=ENGLISH)
    assert answer.status_code == 422
    (field,) = wrong
    said = answer.text.partition(f'id="{field}-error"')[2][:400]
    assert words in said
    with house():
        assert db.session.scalar(select(func.count(User.id))) == 6


def test_two_of_one_name_are_told_apart(tuans: FlaskClient, house: House) -> None:
    with house(), writing():
        User.add("Trần Thị Mai", role="manager", at=clock.now(), email="mai2@example.com")
    answer = tuans.post(HERE, data={**NGOC, "manager": "Trần Thị Mai"}, headers=ENGLISH)
    assert "Several people are called so." in answer.text
    assert tuans.post(HERE, data={**NGOC, "manager": "mai2@example.com"}).status_code == 303


def test_a_double_tap_adds_one(tuans: FlaskClient, house: House) -> None:
    for _ in range(2):
        answer = tuans.post(HERE, data={**NGOC, "Idempotency-Key": "0192-once"})
        assert answer.status_code == 303
    _known(house, "Lý Thị Ngọc")


def test_a_form_makes_nothing_of_what_is_not_its_own(tuans: FlaskClient, house: House, lan: Actor) -> None:
    stolen = {"id": str(uuid.uuid4()), "password_hash": "x", "created_at": "1999-01-01", "locale": "vi",
              "deactivated_at": "2020-01-01", "manager_id": str(lan.id), "email_key": "x", "folded": "x"}  # fmt: skip
    tuans.post(HERE, data={**NGOC, **stolen})
    with house():
        ngoc = db.session.scalars(select(User).where(User.name == "Lý Thị Ngọc")).one()
        assert str(ngoc.id) != stolen["id"]
        assert (ngoc.password_hash, ngoc.locale, ngoc.deactivated_at, ngoc.email_key) == (None,) * 4
        assert (ngoc.manager_id, ngoc.folded) != (lan.id, "x")


# --- changing -----------------------------------------------------------------------------------------


def test_tuan_changes_what_he_touches_and_nothing_else(tuans: FlaskClient, house: House, lan: Actor) -> None:
    with house(), writing():
        db.session.get_one(User, lan.id).be_reached(
            "lan@example.com", "0904 000 901", by=None, at=clock.now()
        )
    assert _sent(tuans, lan, name="Nguyễn Ngọc Lan").status_code == 303
    known = _known(house, "Nguyễn Ngọc Lan")
    assert (known["email"], known["phone"]) == ("lan@example.com", "0904 000 901")
    with house():
        last = select(Entry.action).where(Entry.about_id == lan.id).order_by(Entry.seq.desc())
        assert db.session.scalars(last).first() == "user.renamed"


def test_what_a_colleague_changed_meanwhile_stays(
    app: Flask, tuans: FlaskClient, house: House, lan: Actor
) -> None:
    page = tuans.get(f"{HERE}/{lan.id}/edit").text
    was = re.search(r'name="was" value="([^"]*)"', page)
    assert was
    shown = was[1].replace("&#34;", '"')
    with house(), writing():
        db.session.get_one(User, lan.id).be_reached("new@example.com", None, by=None, at=clock.now())
    sent = {"was": shown, "name": "Nguyễn Ngọc Lan", "email": "lan@example.com", "phone": "", "role": "rep",
            "manager": "mai@example.com"}  # fmt: skip
    assert tuans.post(f"{HERE}/{lan.id}", data=sent).status_code == 303
    assert _known(house, "Nguyễn Ngọc Lan")["email"] == "new@example.com"


def test_lan_moves_to_binh_and_becomes_account_manager(
    tuans: FlaskClient, house: House, lan: Actor, binh: Actor
) -> None:
    _sent(tuans, lan, manager="binh@example.com", role="account_manager")
    known = _known(house, lan.name)
    assert (known["manager_id"], known["role"]) == (binh.id, "account_manager")


def test_a_new_role_signs_her_out(tuans: FlaskClient, phone_of: PhoneOf, lan: Actor) -> None:
    hers = phone_of(lan)
    _sent(tuans, lan, role="account_manager")
    assert hers.get("/settings").status_code == 303


def test_what_cannot_be_changed_is_said_and_nothing_is_kept(
    tuans: FlaskClient, house: House, tuan: Actor, mai: Actor, lan: Actor
) -> None:
    for person, wrong, words in (
        (tuan, {"role": "rep"}, "Nobody else could give all these rights."),
        (mai, {"manager": "lan@example.com"}, "works under this person."),
        (mai, {"manager": "mai@example.com"}, "works under this person."),
        (lan, {"email": "mai@example.com"}, "Somebody here has this email already."),
        (lan, {"email": "m\N{CYRILLIC SMALL LETTER A}i@example.com"}, "Letters of two alphabets"),
    ):
        answer = _sent(tuans, person, name="Somebody Else", **wrong)
        assert answer.status_code == 422
        assert words in answer.text
        assert 'value="Somebody Else"' in answer.text
        _known(house, person.name)


def test_a_post_that_names_few_fields_leaves_the_others(tuans: FlaskClient, house: House, mai: Actor) -> None:
    assert tuans.post(f"{HERE}/{mai.id}", data={"name": "Trần Mai"}).status_code == 303
    known = _known(house, "Trần Mai")
    assert (known["role"], known["email"]) == ("manager", "mai@example.com")


@pytest.mark.parametrize("was", ["", "[]", "null", "{", "7", '{"name": []}', "[" * 100_000])
def test_a_spoilt_copy_of_the_form_breaks_nothing(tuans: FlaskClient, lan: Actor, was: str) -> None:
    data = {
        "was": was,
        "name": "Nguyễn Lan",
        "role": "rep",
        "email": "lan@example.com",
        "manager": "",
        "phone": "",
    }
    assert tuans.post(f"{HERE}/{lan.id}", data=data).status_code == 303


# --- rights -------------------------------------------------------------------------------------------


def _writes(person: Actor) -> list[tuple[str, dict[str, str]]]:
    return [
        (HERE, NGOC),
        (f"{HERE}/{person.id}", {"name": "Hacked"}),
        (f"{HERE}/{person.id}/sign-out", {}),
        (f"{HERE}/{person.id}/devices/{uuid.uuid4()}/end", {}),
    ]


@pytest.mark.parametrize("who", ["lan", "mai", "outsider"])
def test_only_who_manages_people_changes_them(
    people: dict[str, Actor], phone_of: PhoneOf, house: House, who: str
) -> None:
    phone = phone_of(people[who])
    for path, data in _writes(people["hung"]):
        assert phone.post(path, data=data).status_code == 403, path
    for path in (HERE, f"{HERE}/new", f"{HERE}/names", f"{HERE}/{people[who].id}"):
        assert phone.get(path).status_code == 403
    _known(house, people["hung"].name)


def test_who_manages_people_touches_nobody_above_them(
    phone_of: PhoneOf, house: House, hung: Actor, tuan: Actor, app: Flask
) -> None:
    _office_role(house, hung)
    phone = phone_of(hung)
    token = device_token(app, tuan)
    for path, data in _writes(tuan):
        if path != HERE:
            assert phone.post(path, data=data).status_code == 403, path
    assert phone.get(f"{HERE}/{tuan.id}/edit").status_code == 403
    assert "You may look, not change" in phone.get(f"{HERE}/{tuan.id}", headers=ENGLISH).text
    with house():
        assert held_by(token, at=clock.now())
    _known(house, tuan.name)


def test_who_manages_people_gives_no_right_that_they_lack(
    phone_of: PhoneOf, house: House, hung: Actor
) -> None:
    _office_role(house, hung)
    phone = phone_of(hung)
    page = phone.get(f"{HERE}/new").text
    assert 'value="admin"' not in page
    assert phone.post(HERE, data={**NGOC, "role": "admin"}).status_code == 422
    answer = _sent(phone, hung, role="admin")
    assert answer.status_code == 422
    assert _known(house, hung.name)["role"] not in ("admin",)


# --- devices ------------------------------------------------------------------------------------------


def test_tuan_ends_one_of_lans_devices(
    app: Flask, tuans: FlaskClient, phone_of: PhoneOf, house: House, lan: Actor
) -> None:
    lost, kept = phone_of(lan), phone_of(lan)
    with house():
        newest = DeviceSession.of(lan.id, at=clock.now())
        ids = {device.id for device in newest}
    assert f"session-{min(ids)}" in tuans.get(f"{HERE}/{lan.id}").text
    tuans.post(f"{HERE}/{lan.id}/devices/{min(ids)}/end")
    assert lost.get("/settings").status_code == 303
    assert kept.get("/settings").status_code == 200
    with house():
        entry = db.session.scalars(select(Entry).order_by(Entry.seq.desc())).first()
        assert entry
        assert (entry.action, entry.values.after) == ("user.signed_out", {"device": "test"})


def test_tuan_signs_lan_out_everywhere(tuans: FlaskClient, phone_of: PhoneOf, lan: Actor) -> None:
    phones = [phone_of(lan), phone_of(lan)]
    assert tuans.post(f"{HERE}/{lan.id}/sign-out").status_code == 303
    assert [phone.get("/settings").status_code for phone in phones] == [303, 303]
    assert "Signed in nowhere." in tuans.get(f"{HERE}/{lan.id}", headers=ENGLISH).text


def test_a_device_is_ended_under_its_own_persons_name(
    tuans: FlaskClient, phone_of: PhoneOf, house: House, lan: Actor, mai: Actor
) -> None:
    hers = phone_of(lan)
    with house():
        (device,) = [device.id for device in DeviceSession.of(lan.id, at=clock.now())]
    assert tuans.post(f"{HERE}/{mai.id}/devices/{device}/end").status_code == 404
    assert hers.get("/settings").status_code == 200


# --- whatever is typed --------------------------------------------------------------------------------


TYPED = st.dictionaries(
    st.sampled_from(["name", "role", "manager", "email", "phone", "zone", "was", "id", "Idempotency-Key"]),
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            ["admin", "mai@example.com", "Nguyễn Thị Lan", "Asia/Tokyo", "{}", "\u202e", "a\u0301" * 60]
        ),
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=TYPED)
def test_whatever_is_typed_is_answered(
    tuans: FlaskClient, house: House, tuan: Actor, lan: Actor, typed: dict[str, str]
) -> None:
    for path in (HERE, f"{HERE}/{lan.id}"):
        assert tuans.post(path, data=typed).status_code in (303, 422)
    with house():
        assert db.session.get_one(User, tuan.id).role == "admin"


# --- the office ---------------------------------------------------------------------------------------


def test_the_office_shows_each_what_they_may_open(
    tuans: FlaskClient, phone_of: PhoneOf, house: House, lan: Actor, hung: Actor
) -> None:
    assert f'href="{HERE}"' in tuans.get("/admin").text
    assert 'href="/admin"' in tuans.get("/settings").text
    hers = phone_of(lan)
    assert 'href="/admin"' not in hers.get("/settings").text
    assert "Nothing here is yours" in hers.get("/admin", headers=ENGLISH).text
    _office_role(house, hung)
    theirs = phone_of(hung).get("/admin").text
    assert f'href="{HERE}"' in theirs
    assert 'href="/admin/deliveries"' not in theirs
