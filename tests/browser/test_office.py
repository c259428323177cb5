"""What Tuấn does for his people, in a real browser: a card that signs in, somebody who leaves, a look as another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.db import db, writing
from crmweb.visits.models import Visit
from tests.browser import street
from tests.browser.conftest import LiveServer, listen
from tests.conftest import device_token

House = Callable[[], AbstractContextManager[None]]
PhoneInHand = Callable[[Actor], Page]
LAYOUT = (Path(__file__).parent / "probes" / "layout.js").read_text()
LAPTOP = {"viewport": {"width": 1280, "height": 800}, "is_mobile": False, "has_touch": False}


@pytest.fixture
def another_phone(
    browser: Browser, browser_context_args: dict[str, object], live_server: LiveServer, complaints: list[str]
) -> Iterator[Callable[[], Page]]:
    """`another_phone()`: one that nobody has signed in on."""
    made = []

    def take() -> Page:
        context = browser.new_context(**{**browser_context_args, "base_url": live_server.url})  # type: ignore[arg-type]
        listen(context, complaints)
        made.append(context)
        return context.new_page()

    yield take
    for context in made:
        context.close()


@pytest.mark.browser_context_args(viewport={"width": 360, "height": 740})
def test_a_name_of_one_long_word_is_read_whole(
    phone_in_hand: PhoneInHand, tuan: Actor, lan: Actor, house: House
) -> None:
    with house(), writing():
        user = db.session.get_one(User, lan.id)
        user.rename("N" * 200, by=None, at=clock.now())
        user.be_reached(f"{'n' * 60}@example.com", None, by=None, at=clock.now())
    page = phone_in_hand(tuan)
    for address in ("", f"/{lan.id}", f"/{lan.id}/edit", f"/{lan.id}/leaving", "/cards", "/invitations"):
        page.goto(f"/admin/users{address}")
        assert page.evaluate(LAYOUT) == [], address
    for address in ("/team/people", f"/team/{lan.id}", f"/admin/data/person/{lan.id}", "/admin/audit"):
        page.goto(address)
        assert page.evaluate(LAYOUT) == [], address


@pytest.mark.browser_context_args(**LAPTOP)
def test_a_new_rep_comes_in_with_a_printed_card_once(
    phone_in_hand: PhoneInHand, tuan: Actor, another_phone: Callable[[], Page], complaints: list[str]
) -> None:
    office = phone_in_hand(tuan)
    office.goto("/admin/users/new")
    office.get_by_label("Name").fill("Đỗ Thị Hạnh")
    office.get_by_role("button", name=re.compile("Add|Save")).click()
    expect(office.get_by_role("heading", name="Đỗ Thị Hạnh")).to_be_visible()
    office.get_by_role("button", name="Print a card").click()
    card = office.locator(".paper", has_text="Đỗ Thị Hạnh")
    expect(card.get_by_role("img")).to_be_visible()
    code = card.locator(".code").inner_text()

    phone = another_phone()
    phone.goto("/session/new")
    phone.get_by_role("link", name="I have a card").tap()
    phone.get_by_label("Code on the card").fill(code.lower().replace("-", " "))
    phone.get_by_role("button", name="Sign in").tap()
    expect(phone.get_by_text("Hạnh").first).to_be_visible()
    assert "/session/new" not in phone.url

    stranger = another_phone()
    stranger.goto("/join")
    stranger.get_by_label("Code on the card").fill(code)
    stranger.get_by_role("button", name="Sign in").tap()
    expect(stranger.get_by_role("alert")).to_contain_text("No card has this code, or it was used")
    assert [said for said in complaints if "422" not in said] == []
    complaints.clear()


@pytest.mark.browser_context_args(**LAPTOP)
def test_who_leaves_hands_everything_over_and_is_out_at_once(
    phone_in_hand: PhoneInHand,
    tuan: Actor,
    lan: Actor,
    hung: Actor,
    live_server: LiveServer,
    another_phone: Callable[[], Page],
    house: House,
) -> None:
    hers = another_phone()
    token = device_token(live_server.app, lan)
    hers.context.add_cookies([{"name": "session", "value": token, "url": live_server.url}])
    hers.goto("/customers")
    with house():
        looked_after = select(func.count(Assignment.id)).where(Assignment.ended_at.is_(None))
        count = db.session.scalar(looked_after.where(Assignment.person_id == lan.id))
        before = db.session.scalar(looked_after.where(Assignment.person_id == hung.id)) or 0
    assert count

    office = phone_in_hand(tuan)
    office.goto(f"/admin/users/{lan.id}")
    office.get_by_role("link", name="Deactivate").click()
    expect(office.get_by_text("What they look after")).to_be_visible()
    office.get_by_label("Who takes over").fill("hung@example.com")
    office.get_by_role("button", name="Hand over and deactivate").click()
    expect(office.get_by_text("Deactivated, and everything handed over")).to_be_visible()
    with house():
        assert db.session.scalar(looked_after.where(Assignment.person_id == lan.id)) == 0
        assert db.session.scalar(looked_after.where(Assignment.person_id == hung.id)) == before + count

    hers.goto("/customers")
    expect(hers).to_have_url(re.compile("/session/new"))


@pytest.mark.browser_context_args(**LAPTOP)
def test_tuan_looks_as_lan_and_changes_nothing(
    phone_in_hand: PhoneInHand, tuan: Actor, lan: Actor, house: House, complaints: list[str]
) -> None:
    with house():
        before = db.session.scalar(select(func.count(Visit.id)))
    office = phone_in_hand(tuan)
    office.goto(f"/admin/users/{lan.id}")
    office.get_by_role("button", name="Preview as Lan").click()
    for path in ("/", "/customers", "/nearby", "/check-in", "/settings"):
        office.goto(path)
        expect(
            office.get_by_text("You see what Nguyễn Thị Lan sees. Nothing can be changed.")
        ).to_be_in_viewport()
    office.goto("/customers")
    office.get_by_role("link", name=street.NEAREST.name).click()
    office.get_by_role("main").get_by_role("link", name="Check in").click()
    office.get_by_role("button", name=re.compile("Check in")).first.click()
    expect(office.get_by_role("heading", name="You are only looking")).to_be_visible()
    with house():
        assert db.session.scalar(select(func.count(Visit.id))) == before
    office.get_by_role("button", name="End the preview").click()
    office.goto("/admin/users")
    expect(office.get_by_role("heading", name="People")).to_be_visible()
    complaints.clear()
