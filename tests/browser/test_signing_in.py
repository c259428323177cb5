"""The door, from both sides."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from playwright.sync_api import Page, expect

from crmweb import clock
from crmweb.accounts import passwords
from crmweb.accounts.actor import Actor
from crmweb.accounts.links import OneTimeLink
from crmweb.accounts.models import User
from crmweb.db import db, writing
from tests.browser import street

House = Callable[[], AbstractContextManager[None]]
PhoneInHand = Callable[[Actor], Page]
PASSWORD = "trà sen và bánh cốm"


def link_for(person: Actor, house: House) -> str:
    with house(), writing():
        return f"/join/{OneTimeLink.issue(db.session.get_one(User, person.id), at=clock.now())}"


def test_lan_comes_in_by_a_link_with_one_button(page: Page, house: House, lan: Actor) -> None:
    page.goto(link_for(lan, house))
    expect(page.get_by_role("heading", name="Hello, Nguyễn Thị Lan.")).to_be_visible()
    page.get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"\d/$"))


def test_a_link_that_was_used_says_so(page: Page, house: House, lan: Actor, complaints: list[str]) -> None:
    link = link_for(lan, house)
    page.goto(link)
    page.get_by_role("button").click()
    page.wait_for_load_state("networkidle")  # what the first page tells by itself is told
    page.context.clear_cookies()
    page.goto(link)
    expect(page.get_by_role("heading", name="This link no longer works.")).to_be_visible()
    assert "410" in complaints.pop()


def test_lan_types_her_password_and_goes_on_to_where_she_was(page: Page, house: House, lan: Actor) -> None:
    with house(), writing():
        db.session.get_one(User, lan.id).password_hash = passwords.hash_password(PASSWORD)
    page.goto("/nearby?lat=10.7725&lng=106.6980")
    page.get_by_label("Email").fill("lan@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("link", name=street.NEAREST.name)).to_be_visible()


def test_a_wrong_password_is_told_and_the_email_stays(page: Page, complaints: list[str]) -> None:
    page.goto("/session/new")
    page.get_by_label("Email").fill("lan@example.com")
    page.get_by_label("Password").fill("not this one at all")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("Email")).to_have_value("lan@example.com")
    expect(page.get_by_label("Password")).to_have_value("")
    assert "422" in complaints.pop()


def test_after_signing_out_the_back_button_shows_nothing_private(
    phone_in_hand: PhoneInHand, lan: Actor
) -> None:
    page = phone_in_hand(lan)
    page.goto("/")
    expect(page.get_by_role("link", name=street.NEAREST.name)).to_be_visible()
    page.goto("/settings")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/session/new$"))
    page.go_back()
    page.reload()
    expect(page).to_have_url(re.compile("/session/new"))
    page.go_back()
    expect(page.get_by_label("Password")).to_be_visible()
    assert street.NEAREST.name not in page.content()
