"""The second step in a real browser: an app with codes, and a passkey by a finger."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from playwright.sync_api import CDPSession, Page, expect
from pyotp import TOTP

from crmweb import clock
from crmweb.accounts import passwords
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.accounts.totp import STEP
from crmweb.db import db, writing
from tests.browser.test_every_screen import LAYOUT

House = Callable[[], AbstractContextManager[None]]
PhoneInHand = Callable[[Actor], Page]
Axe = Callable[..., list[str]]
PASSWORD = "trà sen và bánh cốm"
SECURITY = re.compile("/settings/security$")


@pytest.fixture
def with_password(house: House, lan: Actor) -> Actor:
    """Lan, who can sign in with `PASSWORD`."""
    with house(), writing():
        db.session.get_one(User, lan.id).password_hash = passwords.hash_password(PASSWORD)
    return lan


@pytest.fixture
def finger(page: Page) -> CDPSession:
    """The phone reads Lan's finger and keeps passkeys (Chromium's virtual authenticator)."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    how = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": how})
    return session


def look_at(page: Page, axe: Axe) -> None:
    """What the tour of every screen looks for, at a page that has no address of its own."""
    wrong = [*page.evaluate(LAYOUT), *axe(page)]
    page.emulate_media(color_scheme="dark")
    wrong += axe(page, ["color-contrast"])
    page.emulate_media(color_scheme="light")
    assert wrong == []


def type_password(page: Page) -> None:
    page.goto("/session/new")
    page.get_by_label("Email").fill("lan@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_lan_sets_an_app_up_and_comes_in_by_its_code(
    phone_in_hand: PhoneInHand, with_password: Actor, axe: Axe, complaints: list[str]
) -> None:
    page = phone_in_hand(with_password)
    page.goto("/settings")
    page.get_by_role("link", name="Second step").click()
    page.get_by_role("button", name="Set up the app").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert page.get_by_role("img", name="QR code").evaluate("image => image.naturalWidth") > 100
    look_at(page, axe)
    app = TOTP("".join(page.locator(".typed").inner_text().split()))
    page.get_by_label("Your code").fill(app.generate_otp(int(clock.now().timestamp()) // STEP - 1))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    look_at(page, axe)
    paper = page.locator(".codes li").first.inner_text()
    page.get_by_role("link", name="I have written them down").click()
    expect(page.locator("#recovery")).to_contain_text("10 unused")
    page.context.clear_cookies()
    type_password(page)
    expect(page.get_by_label("Your code")).to_be_focused()
    look_at(page, axe)
    page.get_by_label("Your code").fill("000000")
    page.get_by_label("Your code").press("Enter")
    expect(page.get_by_label("Your code")).to_have_attribute("aria-invalid", "true")
    assert "422" in complaints.pop()
    page.get_by_label("Your code").fill(app.generate_otp(int(clock.now().timestamp()) // STEP + 1))
    page.get_by_label("Your code").press("Enter")
    expect(page).to_have_url(re.compile(r"\d/$"))
    page.context.clear_cookies()
    type_password(page)
    page.get_by_label("Your code").fill(paper)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"\d/$"))


@pytest.mark.parametrize("by_itself", [True, False], ids=["new browser", "older browser"])
def test_lan_adds_a_passkey_and_comes_in_with_a_finger(
    phone_in_hand: PhoneInHand, with_password: Actor, finger: CDPSession, axe: Axe, by_itself: bool
) -> None:
    """Older browsers neither read nor write JSON themselves."""
    page = phone_in_hand(with_password)
    if not by_itself:
        page.add_init_script(
            "delete PublicKeyCredential.parseCreationOptionsFromJSON;"
            "delete PublicKeyCredential.parseRequestOptionsFromJSON;"
            "delete PublicKeyCredential.prototype.toJSON;"
        )
    page.goto("/settings/security")
    page.get_by_label("What you call it").fill("Điện thoại")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("link", name="I have written them down").click()
    expect(page.get_by_text("Điện thoại", exact=True)).to_be_visible()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status").get_by_text("has a passkey of yours already")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/session/new?next=/settings/security")
    page.get_by_label("Others use this device").check()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(SECURITY)
    expect(page.get_by_text("Last used")).to_be_visible()
    [session] = [each for each in page.context.cookies() if each["name"] == "session"]
    assert session["expires"] == -1, "the tick went along"
    look_at(page, axe)
    page.get_by_role("button", name="Remove Điện thoại").click()
    expect(page.get_by_text("Điện thoại", exact=True)).to_have_count(0)


def test_a_passkey_follows_the_password_and_proves_that_it_is_lan(
    phone_in_hand: PhoneInHand,
    with_password: Actor,
    finger: CDPSession,
    house: House,
    complaints: list[str],
) -> None:
    page = phone_in_hand(with_password)
    page.goto("/settings/security")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("link", name="I have written them down").click()
    page.context.clear_cookies()
    type_password(page)
    expect(page).to_have_url(re.compile("/session/second$"))
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile(r"\d/$"))
    with house(), writing():
        for device in DeviceSession.of(with_password.id, at=clock.now()):
            device.proved_at -= timedelta(hours=1)
    page.goto("/settings/security")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    assert "401" in complaints.pop()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(SECURITY)


def test_a_finger_that_is_not_lans_is_told_in_words(page: Page, finger: CDPSession) -> None:
    page.goto("/session/new")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("status").get_by_text("Nothing was chosen")).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_enabled()


def test_a_browser_without_passkeys_says_so(page: Page) -> None:
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/session/new")
    expect(page.get_by_role("status").get_by_text("This browser knows no passkeys")).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()


def test_where_there_is_no_signal_the_form_stays(
    page: Page, finger: CDPSession, complaints: list[str]
) -> None:
    page.goto("/session/new")
    page.context.set_offline(True)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("status").get_by_text("No signal. Try again")).to_be_visible()
    page.context.set_offline(False)
    assert all("ERR_INTERNET_DISCONNECTED" in complaint for complaint in complaints)
    complaints.clear()
