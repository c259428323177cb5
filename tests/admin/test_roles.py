"""The admin's roles: those of the house to read, made ones to change."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.right_words import grouped
from crmweb.accounts.roles import PERMISSIONS, ROLES, Role
from crmweb.audit import Entry
from crmweb.db import db, writing
from tests.customers.shops import ENGLISH, House, PhoneOf

HERE = "/admin/roles"
AUDITOR = {"title": "Auditor", "permissions": ["audit:read", "customers:read:all"]}


@pytest.fixture
def tuans(phone_of: PhoneOf, tuan: Actor) -> FlaskClient:
    return phone_of(tuan)


def _roles(house: House) -> dict[str, list[str]]:
    with house():
        return {role.title: role.permissions for role in Role.all()}


def _address(house: House) -> str:
    with house():
        (role,) = Role.all()
        return f"{HERE}/{role.name}"


def _give(house: House, person: Actor, role: str | None = None, *rights: str) -> None:
    with house(), writing():
        name = role or Role.make("Office", ["users:manage", *rights], at=clock.now()).name
        db.session.get_one(User, person.id).change_role(name, by=None, at=clock.now())


def test_tuan_reads_the_four_of_the_house(tuans: FlaskClient) -> None:
    page = tuans.get(HERE, headers=ENGLISH).text
    for name in ROLES:
        assert f'href="{HERE}/{name}"' in page
    rep = tuans.get(f"{HERE}/rep", headers=ENGLISH).text
    assert "See the customers that one looks after" in rep
    assert "See every customer" not in rep
    assert f"{HERE}/new?like=rep" in rep


def test_every_right_stands_in_a_group(app: Flask) -> None:
    with app.test_request_context():
        told = [right.name for _group, rights in grouped(PERMISSIONS) for right in rights]
    assert sorted([*told, "own:settings"]) == sorted(PERMISSIONS)


def test_tuan_makes_a_role_of_his_own(tuans: FlaskClient, house: House, tuan: Actor) -> None:
    answer = tuans.post(HERE, data=AUDITOR)
    assert answer.headers["Location"] == _address(house)
    assert set(_roles(house)["Auditor"]) == {
        "audit:read", "customers:read:all", "customers:read:team", "customers:read:own", "own:settings"
    }  # fmt: skip
    with house():
        entry = db.session.scalars(select(Entry).where(Entry.action == "role.made")).one()
        assert (entry.by_id, entry.values.about_name) == (tuan.id, "Auditor")


def test_a_copy_begins_with_the_rights_of_the_other(tuans: FlaskClient) -> None:
    page = tuans.get(f"{HERE}/new?like=manager", headers=ENGLISH).text
    ticked = set(re.findall(r'name="permissions" value="([^"]+)" checked', page))
    assert ticked | {"own:settings"} == ROLES["manager"]
    assert 'value="Manager, copy"' in page


def test_other_rights_hold_at_once_and_are_written_down(
    tuans: FlaskClient, house: House, phone_of: PhoneOf, lan: Actor
) -> None:
    tuans.post(HERE, data=AUDITOR)
    address = _address(house)
    _give(house, lan, address.rpartition("/")[2])
    hers = phone_of(lan)
    assert hers.get("/customers/new").status_code == 403
    assert "for 1 person" in tuans.get(address, headers=ENGLISH).text
    tuans.post(address, data={"title": "Revisor", "permissions": ["customers:write", "customers:read:own"]})
    assert hers.get("/customers/new").status_code == 200
    with house():
        entry = db.session.scalars(select(Entry).where(Entry.action == "role.changed")).one()
        assert entry.values.before
        assert entry.values.after
        assert (entry.values.before["title"], entry.values.after["title"]) == ("Auditor", "Revisor")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"title": " "}, "Type a name."),
        ({"title": "x" * 61}, "At most 60 fit."),
        ({"title": "AUDITOR"}, "Another role is called so."),
        (
            {"title": "Eater", "permissions": ["customers:eat"]},
            "You may not give a right that you do not hold.",
        ),
    ],
)
def test_what_cannot_be_is_said_at_the_field(
    tuans: FlaskClient, house: House, sent: dict[str, str], words: str
) -> None:
    tuans.post(HERE, data=AUDITOR)
    answer = tuans.post(HERE, data=sent, headers=ENGLISH)
    assert answer.status_code == 422
    assert words in answer.text
    assert list(_roles(house)) == ["Auditor"]


def test_a_role_is_removed_when_nobody_holds_it(tuans: FlaskClient, house: House, lan: Actor) -> None:
    tuans.post(HERE, data=AUDITOR)
    address = _address(house)
    _give(house, lan, address.rpartition("/")[2])
    assert "/remove" not in tuans.get(address).text
    refused = tuans.post(f"{address}/remove", headers=ENGLISH)
    assert refused.status_code == 422
    assert "People hold this role." in refused.text
    _give(house, lan, "rep")
    assert tuans.post(f"{address}/remove").status_code == 303
    assert _roles(house) == {}
    assert tuans.get(address).status_code == 404


def test_the_roles_of_the_house_stay(tuans: FlaskClient) -> None:
    for name in ROLES:
        assert tuans.post(f"{HERE}/{name}", data=AUDITOR).status_code == 403
        assert tuans.post(f"{HERE}/{name}/remove").status_code == 403


def test_the_last_who_lets_people_in_keeps_the_right(
    tuans: FlaskClient, house: House, phone_of: PhoneOf, tuan: Actor
) -> None:
    _give(house, tuan, None, *ROLES["admin"])
    phone = phone_of(tuan)
    answer = phone.post(
        _address(house), data={"title": "Office", "permissions": ["audit:read"]}, headers=ENGLISH
    )
    assert answer.status_code == 422
    assert "Nobody else could give all these rights." in answer.text
    assert "users:manage" in _roles(house)["Office"]


@pytest.mark.parametrize("who", ["lan", "mai", "outsider"])
def test_only_who_manages_people_comes_here(
    tuans: FlaskClient, house: House, people: dict[str, Actor], phone_of: PhoneOf, who: str
) -> None:
    tuans.post(HERE, data=AUDITOR)
    address, phone = _address(house), phone_of(people[who])
    for path in (HERE, address, f"{address}/remove"):
        assert phone.post(path, data={"title": "Mine", "permissions": list(PERMISSIONS)}).status_code == 403
        assert phone.get(path).status_code in (403, 405)
    assert list(_roles(house)) == ["Auditor"]


def test_nobody_makes_themself_more_than_they_are(
    tuans: FlaskClient, house: House, phone_of: PhoneOf, hung: Actor
) -> None:
    _give(house, hung)
    phone, own = phone_of(hung), _address(house)
    assert 'value="audit:read"' not in phone.get(f"{HERE}/new?like=admin").text
    for path in (HERE, own):
        for right in ("audit:read", "customers:read:all"):
            sent = {"title": "More", "permissions": ["users:manage", right]}
            assert phone.post(path, data=sent).status_code == 422
    tuans.post(HERE, data=AUDITOR)
    with house():
        auditor = next(role.name for role in Role.all() if role.title == "Auditor")
    assert phone.post(f"{HERE}/{auditor}", data={"title": "Less", "permissions": []}).status_code == 403
    assert phone.post(f"{HERE}/{auditor}/remove").status_code == 403
    assert phone.get(f"{HERE}/{auditor}").status_code == 200
    assert set(_roles(house)) == {"Auditor", "Office"}


def test_a_form_makes_nothing_of_what_is_not_its_own(tuans: FlaskClient, house: House) -> None:
    tuans.post(HERE, data={**AUDITOR, "name": "admin", "made_at": "1999-01-01", "title_key": "x"})
    with house():
        (role,) = Role.all()
        assert role.name.startswith("made-")
        assert (role.title_key, role.made_at.year > 2000) == ("auditor", True)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.one_of(st.text(max_size=70), st.sampled_from(["\u202e", "ﬁ", "İ", "Auditor", "auditor "])),
    permissions=st.lists(st.one_of(st.sampled_from(sorted(PERMISSIONS)), st.text(max_size=10)), max_size=5),
)
def test_whatever_is_typed_is_answered(
    tuans: FlaskClient, house: House, title: str, permissions: list[str]
) -> None:
    answer = tuans.post(HERE, data={"title": title, "permissions": permissions})
    assert answer.status_code in (303, 422)
    for rights in _roles(house).values():
        assert set(rights) <= PERMISSIONS.keys()
