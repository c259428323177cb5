"""A visit in the hand, from the drop to the result; each tap is counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Geolocation, Page, expect
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.db import db, writing
from crmweb.visits.models import Visit
from crmweb.visits.photos import VisitPhoto
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.hand import Hand
from tests.browser.test_every_screen import LAPTOP
from tests.conftest import system_access_to
from tests.visits import photos

PhoneInHand = Callable[[Actor], Page]
Axe = Callable[..., list[str]]

AT_CO_BA = Geolocation(latitude=street.MARKET[0], longitude=street.MARKET[1] + 0.0011, accuracy=12)
"""In front of the nearest shop."""
WEIGH = """() => {
  const send = fetch;
  window.fetch = (where, what) => {
    const photo = what?.body?.get?.("photo");
    if (photo) window.weight = photo.size;
    return send(where, what);
  };
}"""
A_VISIT = re.compile(r"/visits/[0-9a-f-]{36}$")


@pytest.fixture
def page(page: Page) -> Page:
    page.context.set_geolocation(AT_CO_BA)
    return page


@pytest.fixture
def at_co_ba(phone_in_hand: PhoneInHand, lan: Actor, live_server: LiveServer) -> Hand:
    """Lan stands before the shop and looks at its page."""
    page = phone_in_hand(lan)
    with system_access_to(live_server.app, "which shop it is"):
        path = f"/customers/{street.customer(street.NEAREST).id}"
    page.goto(path)
    return Hand(page)


def _check_in(hand: Hand) -> None:
    hand.tap(hand.page.get_by_role("link", name="Check in"))
    hand.tap(hand.button(f"Check in {street.NEAREST.name}"))
    expect(hand.page).to_have_url(A_VISIT)


def _saved(live_server: LiveServer) -> Visit:
    with system_access_to(live_server.app, "what was saved"):
        found = db.session.scalars(select(Visit)).one()
        db.session.expunge(found)
        return found


# --- on a laptop --------------------------------------------------------------------------------------


@pytest.mark.browser_context_args(**{**LAPTOP, "locale": "en-GB"})
def test_on_a_laptop_the_photos_stand_beside_the_visit_and_the_fields_beside_each_other(
    phone_in_hand: PhoneInHand, lan: Actor, live_server: LiveServer
) -> None:
    with system_access_to(live_server.app, "a visit that is open"), writing():
        visit = street.visits()["open"]
    page = phone_in_hand(lan)
    page.goto(f"/visits/{visit}")
    assert _left(page, f"#photos-{visit}") > _right(page, f"#place-{visit}")
    page.goto(f"/visits/{visit}/finish")
    page.get_by_text("Note, next step, promises").click()
    assert _left(page, "#next") > _right(page, "#note")
    assert _right(page, "#outcome") > 1000


def _left(page: Page, what: str) -> float:
    return float(page.locator(what).evaluate("element => element.getBoundingClientRect().left"))


def _right(page: Page, what: str) -> float:
    return float(page.locator(what).evaluate("element => element.getBoundingClientRect().right"))


# --- checking in --------------------------------------------------------------------------------------


def test_two_taps_on_one_spot_check_in_and_the_verdict_comes_by_itself(
    at_co_ba: Hand, live_server: LiveServer, axe: Axe
) -> None:
    _check_in(at_co_ba)
    assert at_co_ba.taps == 2
    root = at_co_ba.page.locator("[id^=visit-]")
    expect(root).to_have_attribute("data-verdict", "on_site")
    expect(at_co_ba.page.get_by_text("On site")).to_be_visible()
    expect(at_co_ba.page.get_by_text("Why is GPS weak?")).to_have_count(0)
    assert axe(at_co_ba.page) == []
    saved = _saved(live_server)
    assert saved.client_at is not None
    assert abs((saved.client_at - clock.now()).total_seconds()) < 60
    assert (saved.verdict, saved.accuracy_m) == ("on_site", 12)


def test_a_phone_whose_clock_runs_ahead_by_days_checks_in_all_the_same(
    at_co_ba: Hand, live_server: LiveServer
) -> None:
    at_co_ba.page.clock.install(time=clock.now() + timedelta(days=3))
    at_co_ba.page.reload()
    _check_in(at_co_ba)
    saved = _saved(live_server)
    assert saved.started_at <= clock.now()


def test_the_two_taps_lie_on_one_spot(at_co_ba: Hand) -> None:
    drop = at_co_ba.page.get_by_role("link", name="Check in").bounding_box()
    at_co_ba.tap(at_co_ba.page.get_by_role("link", name="Check in"))
    confirm = at_co_ba.button(f"Check in {street.NEAREST.name}").bounding_box()
    assert drop
    assert confirm
    x, y = drop["x"] + drop["width"] / 2, drop["y"] + drop["height"] / 2
    assert confirm["x"] < x < confirm["x"] + confirm["width"]
    assert confirm["y"] < y < confirm["y"] + confirm["height"]


def test_another_row_is_what_the_act_then_names(at_co_ba: Hand, live_server: LiveServer, axe: Axe) -> None:
    at_co_ba.tap(at_co_ba.page.get_by_role("link", name="Check in"))
    expect(at_co_ba.page.get_by_role("heading", name="Check in where?")).to_be_visible()
    assert axe(at_co_ba.page) == []
    at_co_ba.tap(at_co_ba.page.locator(".pick").nth(1))
    name = at_co_ba.page.locator(".pick b").nth(1).inner_text()
    at_co_ba.tap(at_co_ba.button(f"Check in {name}"))
    expect(at_co_ba.page.get_by_role("heading", name=name)).to_be_visible()
    assert _saved(live_server).customer_name == name


@pytest.mark.browser_context_args(permissions=[])
def test_a_phone_that_may_not_tell_checks_in_all_the_same(at_co_ba: Hand, axe: Axe) -> None:
    _check_in(at_co_ba)
    expect(at_co_ba.page.get_by_text("Allow it in the settings of this page")).to_be_visible()
    expect(at_co_ba.button("Find my position")).to_be_visible()
    expect(at_co_ba.page.get_by_text("The visit counts all the same.")).to_be_visible()
    at_co_ba.tap(at_co_ba.button("Basement"))
    expect(at_co_ba.button("Basement")).to_have_attribute("aria-pressed", "true")
    assert axe(at_co_ba.page) == []


def test_a_phone_without_a_fix_goes_on_looking(at_co_ba: Hand) -> None:
    at_co_ba.tap(at_co_ba.page.get_by_role("link", name="Check in"))
    at_co_ba.page.context.new_cdp_session(at_co_ba.page).send("Emulation.setGeolocationOverride", {})
    at_co_ba.tap(at_co_ba.button(f"Check in {street.NEAREST.name}"))
    expect(at_co_ba.page.get_by_text("No position yet.")).to_be_visible()
    at_co_ba.page.context.set_geolocation(AT_CO_BA)
    expect(at_co_ba.page.get_by_text("On site")).to_be_visible()


def test_a_coarse_fix_waits_for_a_better_one(at_co_ba: Hand, live_server: LiveServer) -> None:
    at_co_ba.page.context.set_geolocation(
        Geolocation(latitude=AT_CO_BA["latitude"], longitude=AT_CO_BA["longitude"], accuracy=400)
    )
    _check_in(at_co_ba)
    expect(at_co_ba.page.get_by_text("Looking for your position…")).to_be_visible()
    at_co_ba.page.wait_for_timeout(400)
    assert _saved(live_server).judged_at is None
    at_co_ba.page.context.set_geolocation(AT_CO_BA)
    expect(at_co_ba.page.get_by_text("On site")).to_be_visible()


def test_nothing_is_read_without_the_tap(at_co_ba: Hand, live_server: LiveServer) -> None:
    page = at_co_ba.page
    page.context.clear_permissions()
    _check_in(at_co_ba)
    expect(at_co_ba.button("Find my position")).to_be_visible()
    page.context.grant_permissions(["geolocation"])
    page.reload()
    expect(at_co_ba.button("Find my position")).to_be_visible()
    page.wait_for_timeout(400)
    assert _saved(live_server).judged_at is None
    at_co_ba.tap(at_co_ba.button("Find my position"))
    expect(page.get_by_text("On site")).to_be_visible()


def test_a_closed_door_is_two_taps(at_co_ba: Hand, live_server: LiveServer, axe: Axe) -> None:
    at_co_ba.tap(at_co_ba.page.get_by_role("link", name="Check in"))
    at_co_ba.tap(at_co_ba.button("Owner away"))
    assert at_co_ba.taps == 2
    expect(at_co_ba.page.locator("#toasts")).to_contain_text("Finished")
    expect(at_co_ba.page.get_by_text("On site")).to_be_visible()
    assert axe(at_co_ba.page) == []
    saved = _saved(live_server)
    assert (saved.kind, saved.outcome, saved.verdict) == ("closed", "owner_away", "on_site")


def test_a_call_asks_for_no_place(at_co_ba: Hand, live_server: LiveServer) -> None:
    at_co_ba.tap(at_co_ba.page.get_by_role("link", name="Check in"))
    at_co_ba.tap(at_co_ba.button("Phone call"))
    expect(at_co_ba.page.get_by_text("On the phone")).to_be_visible()
    assert (_saved(live_server).kind, _saved(live_server).verdict) == ("phone", None)


# --- finishing ----------------------------------------------------------------------------------------


def test_finished_as_usual_in_two_taps_and_taken_back_in_one(
    at_co_ba: Hand, live_server: LiveServer, axe: Axe
) -> None:
    _check_in(at_co_ba)
    expect(at_co_ba.page.get_by_text("On site")).to_be_visible()
    at_co_ba.taps = 0
    at_co_ba.tap(at_co_ba.page.get_by_role("link", name="Finish"))
    expect(at_co_ba.page.get_by_role("heading", name="Finish the visit")).to_be_visible()
    assert axe(at_co_ba.page) == []
    at_co_ba.tap(at_co_ba.button("Interested"))
    assert at_co_ba.taps == 2
    expect(at_co_ba.page.locator("#toasts")).to_contain_text("Finished")
    assert axe(at_co_ba.page) == []
    assert _saved(live_server).outcome == "interested"
    at_co_ba.page.wait_for_timeout(7_000)
    at_co_ba.tap(at_co_ba.button("Undo"))
    expect(at_co_ba.page.get_by_text("Visiting now")).to_be_visible()
    assert _saved(live_server).outcome is None


def test_all_of_it_in_six_taps(at_co_ba: Hand, live_server: LiveServer, axe: Axe) -> None:
    _check_in(at_co_ba)
    at_co_ba.taps = 0
    page = at_co_ba.page
    at_co_ba.tap(page.get_by_role("link", name="Finish"))
    at_co_ba.tap(page.get_by_text("Note, next step, promises"))
    at_co_ba.type(page.get_by_label("Note"), "Lấy thêm 3 thùng")
    at_co_ba.tap(page.locator("#next .chip", has_text="Tomorrow"))
    at_co_ba.tap(page.locator("#attendee .chip"))
    assert axe(page) == []
    at_co_ba.tap(at_co_ba.button("Order taken"))
    assert at_co_ba.taps == 6
    for words in ("Order taken", "Lấy thêm 3 thùng", "Nguyễn Thị Ba"):
        expect(page.locator("article")).to_contain_text(words)
    assert _saved(live_server).next_on is not None


def test_going_back_after_finishing_leads_to_the_result(at_co_ba: Hand, live_server: LiveServer) -> None:
    _check_in(at_co_ba)
    at_co_ba.tap(at_co_ba.page.get_by_role("link", name="Finish"))
    at_co_ba.tap(at_co_ba.button("Interested"))
    expect(at_co_ba.page.locator("#toasts")).to_contain_text("Finished")
    at_co_ba.page.go_back()
    if at_co_ba.button("Interested").count():  # the browser kept the page
        at_co_ba.tap(at_co_ba.button("Interested"))
    expect(at_co_ba.page.get_by_role("heading", name="Result")).to_be_visible()
    assert _saved(live_server).outcome == "interested"


def test_a_wrong_day_comes_back_with_all_that_was_typed(
    at_co_ba: Hand, axe: Axe, complaints: list[str]
) -> None:
    _check_in(at_co_ba)
    page = at_co_ba.page
    page.get_by_role("link", name="Finish").tap()
    page.get_by_text("Note, next step, promises").tap()
    page.get_by_label("Note").fill("Rất quan tâm")
    page.locator("#next .chip", has_text="Another day").tap()
    page.locator("#next-other").fill("2001-01-01")
    at_co_ba.button("Interested").tap()
    expect(page.get_by_role("alert").first).to_be_focused()
    expect(page.get_by_label("Note")).to_have_value("Rất quan tâm")
    expect(page.locator("#next-error")).to_contain_text("between today and a year from now")
    assert axe(page) == []
    complaints.clear()


# --- photos -------------------------------------------------------------------------------------------


def test_a_photo_is_taken_in_the_page_and_taken_away_again(
    at_co_ba: Hand, live_server: LiveServer, tmp_path: Path, axe: Axe
) -> None:
    _check_in(at_co_ba)
    picture = tmp_path / "shelf.jpg"
    picture.write_bytes(photos.noise(3000, 2000))
    page = at_co_ba.page
    page.evaluate(WEIGH)
    page.locator("input[type=file]").set_input_files(picture)
    shown = page.locator(".photos img")
    expect(shown).to_have_count(1)
    expect(shown).to_have_js_property("complete", True)
    assert page.evaluate("weight") <= 150_000  # made small before it was sent
    assert axe(page) == []
    with system_access_to(live_server.app, "how large it is"):
        assert db.session.scalars(select(VisitPhoto.bytes)).one() <= 150_000
    page.get_by_role("button", name="Take photo 1 away").tap()
    expect(shown).to_have_count(0)
    at_co_ba.button("Undo").tap()
    expect(page.locator(".photos img")).to_have_count(1)


def test_the_camera_opens_from_the_dock(at_co_ba: Hand) -> None:
    _check_in(at_co_ba)
    with at_co_ba.page.expect_file_chooser() as chosen:
        at_co_ba.tap(at_co_ba.page.get_by_role("link", name="Photo", exact=True))
    assert chosen.value.is_multiple()


def test_what_is_no_photo_is_said_in_words(at_co_ba: Hand, tmp_path: Path, complaints: list[str]) -> None:
    _check_in(at_co_ba)
    fake = tmp_path / "shelf.jpg"
    fake.write_bytes(b"<svg onload='alert(1)'/>")
    at_co_ba.page.locator("input[type=file]").set_input_files(fake)
    expect(at_co_ba.page.get_by_text("This is no photo")).to_be_visible()
    complaints.clear()


# --- without script -----------------------------------------------------------------------------------


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_script_lan_checks_in_and_finishes(
    at_co_ba: Hand, live_server: LiveServer, tmp_path: Path
) -> None:
    page = at_co_ba.page
    page.get_by_role("link", name="Check in").click()
    page.locator(".pick").nth(1).click()
    name = page.locator(".pick b").nth(1).inner_text()
    at_co_ba.button(f"Check in {name}").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(at_co_ba.button("Find my position")).to_be_hidden()
    picture = tmp_path / "shelf.jpg"
    picture.write_bytes(photos.photo(800, 600))
    page.locator("input[type=file]").set_input_files(picture)
    at_co_ba.button("Send photos").click()
    expect(page.locator(".photos img")).to_have_count(1)
    page.get_by_role("link", name="Finish").click()
    at_co_ba.button("Interested").click()
    expect(page.get_by_role("heading", name="Result")).to_be_visible()
    assert (_saved(live_server).customer_name, _saved(live_server).outcome) == (name, "interested")
