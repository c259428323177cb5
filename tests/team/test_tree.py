"""Who works under whom, as a manager and as the admin see it."""

from __future__ import annotations

import re
import uuid

import pytest
from flask import Flask

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.team import tree as trees
from tests.customers.shops import ENGLISH, House, PhoneOf
from tests.statements import counted

HERE = "/team/people"


def _shown(page: str) -> list[str]:
    """Whose branches stand on the page, by id."""
    return re.findall(r'id="branch-([0-9a-f-]+)"', page)


def test_mai_sees_herself_and_her_own(
    phone_of: PhoneOf, mai: Actor, lan: Actor, hung: Actor, outsider: Actor
) -> None:
    page = phone_of(mai).get(HERE, headers=ENGLISH).text
    assert _shown(page) == [str(person.id) for person in (mai, hung, lan)]
    assert f'href="/team/{lan.id}"' in page
    assert outsider.name not in page


def test_tuan_sees_all_and_comes_to_their_pages(
    phone_of: PhoneOf, tuan: Actor, people: dict[str, Actor]
) -> None:
    page = phone_of(tuan).get(HERE).text
    assert set(_shown(page)) == {str(person.id) for person in people.values()}
    assert f'href="/admin/users/{people["lan"].id}"' in page


def test_whose_manager_left_stands_at_the_top(
    phone_of: PhoneOf, house: House, tuan: Actor, mai: Actor, lan: Actor
) -> None:
    with house(), writing():
        db.session.get_one(User, mai.id).deactivate(by=None, at=clock.now())
    page = phone_of(tuan).get(HERE, headers=ENGLISH).text
    assert str(mai.id) not in _shown(page)
    assert "Trần Thị Mai, who led them, left" in page
    assert str(lan.id) in _shown(page)


def test_a_strangers_team_is_not_there(phone_of: PhoneOf, mai: Actor, binh: Actor, lan: Actor) -> None:
    phone = phone_of(mai)
    assert phone.get(f"{HERE}?under={binh.id}").status_code == 404
    assert phone.get(f"{HERE}?under={uuid.uuid4()}").status_code == 404
    assert phone.get(f"{HERE}?under=x").status_code == 200
    assert phone.get(f"{HERE}?under={mai.id}").status_code == 200
    assert phone_of(lan).get(HERE).status_code == 403


def _found_teams(house: House, teams: int, each: int) -> None:
    with house(), writing():
        for number in range(teams):
            head = User.add(f"Head {number}", role="manager", at=clock.now())
            for place in range(each):
                User.add(f"Rep {number} {place}", role="rep", at=clock.now(), manager=head)


def test_a_large_company_shows_who_leads_and_opens_each_team(
    phone_of: PhoneOf, house: House, tuan: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _found_teams(house, 5, 4)
    monkeypatch.setattr("crmweb.team.routes.MOST_AT_ONCE", 20)
    phone = phone_of(tuan)
    page = phone.get(HERE).text
    assert len(_shown(page)) == 7
    assert "Rep 3 1" not in page
    under = re.findall(r"under=([0-9a-f-]+)", page)
    assert len(under) == 7
    assert sum("Rep 3 1" in phone.get(f"{HERE}?under={head}").text for head in under) == 1


def test_more_teams_ask_no_more_questions(app: Flask, phone_of: PhoneOf, house: House, tuan: Actor) -> None:
    phone = phone_of(tuan)

    def questions() -> int:
        with counted() as asked:
            assert phone.get(HERE).status_code == 200
        return len(asked)

    few = questions()
    _found_teams(house, 8, 5)
    assert questions() == few


def test_a_long_line_of_managers_is_no_trouble(phone_of: PhoneOf, house: House, tuan: Actor) -> None:
    with house(), writing():
        head = None
        for number in range(40):
            head = User.add(f"Head {number}", role="manager", at=clock.now(), manager=head)
    assert phone_of(tuan).get(HERE).status_code == 200
    assert trees.MOST_AT_ONCE > 40
