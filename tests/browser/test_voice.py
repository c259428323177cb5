"""What is said into the phone: recorded in the page, kept until it is sent, delivered once, heard again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from crmweb import files
from crmweb.accounts.actor import Actor
from crmweb.db import db
from crmweb.notes.models import Note
from crmweb.notes.recordings import VoiceNote
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.outbox.phone import Expected, ready, unsent
from tests.conftest import system_access_to
from tests.notes.sounds import OGG_OPUS
from tests.visits.photos import photo

PhoneInHand = Callable[[Actor], Page]
Axe = Callable[..., list[str]]

PLAYED = """async (player) => {
  player.muted = true;
  await player.play();
  const heard = await new Promise((done, failed) => {
    player.addEventListener("ended", () => done(player.currentTime));
    player.addEventListener("error", () => failed(player.error));
  });
  return heard;
}"""
"""Plays it to its end; how many seconds that were."""
JUMPED = """async (player) => {
  const once = (name) => new Promise((done) => player.addEventListener(name, done, { once: true }));
  const [told, there] = [once("loadedmetadata"), once("seeked")];
  player.preload = "metadata";
  player.load();
  await told;
  player.currentTime = 1;
  await there;
  return [player.duration, player.currentTime];
}"""
"""Jumps into it before a second of it was heard; how long it says it is, and where that led."""


@pytest.fixture
def complaints() -> list[str]:
    return Expected()


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "permissions": ["geolocation", "microphone"],
    }


@pytest.fixture
def shop(live_server: LiveServer) -> str:
    """The address of the nearest shop."""
    with system_access_to(live_server.app, "which shop it is"):
        return f"/customers/{street.customer(street.NEAREST).id}"


@pytest.fixture
def page(phone_in_hand: PhoneInHand, lan: Actor) -> Page:
    return phone_in_hand(lan)


with_worker = pytest.mark.browser_context_args(service_workers="allow")


def record(page: Page, *, seconds: float = 2.2) -> None:
    page.get_by_role("button", name="Record", exact=True).tap()
    listen(page, seconds)


def listen(page: Page, seconds: float) -> None:
    """What is recorded now goes on for so long, then ends by a tap."""
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    page.wait_for_timeout(seconds * 1000)
    stop.tap()
    expect(page.get_by_role("button", name="Record anew")).to_be_visible()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").tap()


def kept(live_server: LiveServer) -> list[tuple[str, VoiceNote | None]]:
    """The notes that arrived, with what was said in them."""
    with system_access_to(live_server.app, "what was said"):
        found = [
            (note.text, note.voice) for note in db.session.scalars(select(Note).order_by(Note.recorded_at))
        ]
        db.session.expunge_all()
        return found


def heard(live_server: LiveServer, said: VoiceNote | None) -> bytes:
    assert said is not None
    with system_access_to(live_server.app, "what was said"), files.open(said.name) as file:
        return file.read()


def test_a_recording_is_made_listened_to_and_saved(
    page: Page, live_server: LiveServer, shop: str, axe: Axe
) -> None:
    page.goto(f"{shop}/notes/new")
    assert axe(page) == []
    page.get_by_role("button", name="Record", exact=True).tap()
    expect(page.get_by_role("timer")).to_have_text("0:01 / 1:00")
    assert axe(page) == []
    listen(page, 1.2)
    assert axe(page) == []
    assert page.get_by_label("Listen again").evaluate(PLAYED) > 1
    save(page)
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))
    ((text, said),) = kept(live_server)
    assert text == ""
    assert said is not None
    assert (said.mime, said.seconds in (2, 3), 4_000 < said.bytes < 20_000) == ("audio/webm", True, True)
    assert heard(live_server, said)[:4] == b"\x1a\x45\xdf\xa3"
    player = page.locator("#notes audio")
    expect(player).to_have_attribute("src", f"/notes/{said.note_id}/voice")
    duration, there = player.evaluate(JUMPED)
    assert (1 < duration < 4, there) == (True, 1)
    assert player.evaluate(PLAYED) > 1
    assert axe(page) == []


def test_during_a_visit_it_leads_back_to_the_visit(page: Page, live_server: LiveServer, shop: str) -> None:
    page.goto(f"/check-in?customer={shop.rpartition('/')[2]}")
    page.get_by_role("button", name=f"Check in {street.NEAREST.name}").tap()
    page.wait_for_url(re.compile(r"/visits/[0-9a-f-]{36}$"))
    visit = page.url
    page.get_by_role("navigation", name="During the visit").get_by_role("link", name="Note").tap()
    record(page)
    save(page)
    page.wait_for_url(visit)
    ((_text, said),) = kept(live_server)
    assert said is not None
    expect(page.locator("audio")).to_have_attribute("src", f"/notes/{said.note_id}/voice")


def test_saved_in_the_middle_of_a_sentence_it_goes_along(
    page: Page, live_server: LiveServer, shop: str
) -> None:
    page.goto(f"{shop}/notes/new")
    page.get_by_label("Note", exact=True).fill("Kệ dưới còn 2 lốc")
    page.get_by_role("button", name="Record", exact=True).tap()
    expect(page.get_by_role("timer")).to_contain_text("0:01")
    save(page)
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))
    unsent(page, 0)
    ((text, said),) = kept(live_server)
    assert text == "Kệ dưới còn 2 lốc"
    assert len(heard(live_server, said)) > 2_000


def test_it_ends_by_itself_and_is_discarded_or_made_anew(
    page: Page, live_server: LiveServer, shop: str
) -> None:
    """A minute is as long as the page says."""
    page.goto(f"{shop}/notes/new")
    field = page.locator("voice-field")
    assert field.get_attribute("data-most") == "60"
    field.evaluate("field => { field.most = 2; }")
    page.get_by_role("button", name="Record", exact=True).tap()
    expect(page.get_by_text("A minute is full. It ended by itself.")).to_be_visible()
    expect(page.locator("[data-length]")).to_have_text("0:02")
    page.get_by_role("button", name="Discard").tap()
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_focused()
    page.reload()
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
    record(page, seconds=0.5)
    page.get_by_role("button", name="Record anew").tap()
    listen(page, 2.2)
    save(page)
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))
    ((_text, said),) = kept(live_server)
    assert said is not None
    assert said.seconds in {2, 3}


# --- without a signal ---------------------------------------------------------------------------------------


@with_worker
def test_said_in_airplane_mode_it_is_delivered_once(
    page: Page, context: BrowserContext, live_server: LiveServer, shop: str
) -> None:
    ready(page)
    context.set_offline(True)
    page.goto(f"{shop}/notes/new")
    record(page)
    save(page)
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))
    unsent(page, 1)
    page.goto("/outbox")
    expect(page.locator("[data-part=waiting]")).to_contain_text(f"Voice note · {street.NEAREST.name}")
    expect(page.locator("[data-part=waiting] use").first).to_have_attribute("href", re.compile("#mic$"))
    assert kept(live_server) == []
    context.set_offline(False)
    unsent(page, 0)
    page.reload()
    ((text, said),) = kept(live_server)
    assert (text, len(heard(live_server, said)) > 4_000) == ("", True)
    page.goto(shop)
    assert page.locator("#notes audio").evaluate(PLAYED) > 1


@with_worker
def test_an_answer_that_is_lost_doubles_nothing(
    page: Page, context: BrowserContext, live_server: LiveServer, shop: str
) -> None:
    def swallow(route: Any) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    ready(page).goto(f"{shop}/notes/new")
    record(page)
    context.route("**/notes", swallow, times=1)
    save(page)
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))
    unsent(page, 0)
    page.reload()
    ((_text, said),) = kept(live_server)
    assert said is not None


@contextmanager
def waiting_for_wifi(page: Page) -> Iterator[None]:
    """As the page of this phone sets it."""
    page.evaluate("localStorage.setItem('photos-wait-for-wifi', 'yes')")
    yield
    page.evaluate("localStorage.removeItem('photos-wait-for-wifi')")


def test_the_words_go_at_once_and_what_was_said_waits_for_wifi(
    page: Page, live_server: LiveServer, shop: str
) -> None:
    page.goto(f"{shop}/notes/new")
    with waiting_for_wifi(page):
        page.get_by_label("Note", exact=True).fill("Hết trà lài")
        record(page)
        save(page)
        page.wait_for_url(re.compile(f"{re.escape(shop)}$"))
        assert kept(live_server) == [("Hết trà lài", None)]
        unsent(page, 1)
        page.goto("/outbox")
        row = page.locator("[data-part=waiting]")
        expect(row).to_contain_text("Voice note")
        expect(row).to_contain_text("Waits for Wi-Fi")
        row.locator("summary").tap()
        row.get_by_role("button", name="Send now").tap()
        unsent(page, 0)
    ((text, said),) = kept(live_server)
    assert (text, len(heard(live_server, said)) > 4_000) == ("Hết trà lài", True)


@with_worker
def test_words_that_are_mended_take_what_was_said_along(
    page: Page, context: BrowserContext, live_server: LiveServer, shop: str
) -> None:
    ready(page)
    context.set_offline(True)
    page.goto(f"{shop}/notes/new")
    page.get_by_label("Note", exact=True).fill("Het tra lai")
    record(page)
    save(page)
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))
    unsent(page, 2)
    page.goto("/outbox")
    words = page.locator("[data-part=waiting] li", has_text="Het tra lai")
    words.locator("summary").tap()
    words.get_by_role("link", name="Edit").tap()
    field = page.get_by_label("Note", exact=True)
    expect(field).to_have_value("Het tra lai")
    field.fill("Hết trà lài")
    save(page)
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))
    unsent(page, 2)
    context.set_offline(False)
    unsent(page, 0)
    ((text, said),) = kept(live_server)
    assert (text, said is not None) == ("Hết trà lài", True)


# --- a page that is killed ------------------------------------------------------------------------------------


def come_back(page: Page) -> Page:
    """The phone killed the page for want of room; Lan opens it again."""
    address, context = page.url, page.context
    page.close(run_before_unload=False)
    page = context.new_page()
    page.goto(address)
    return page


def test_a_recording_that_was_not_sent_survives_the_page(
    page: Page, live_server: LiveServer, shop: str, axe: Axe
) -> None:
    page.goto(f"{shop}/notes/new")
    record(page)
    page.get_by_label("Note", exact=True).fill("Kệ dưới còn 2 lốc")
    page.wait_for_timeout(500)
    page = come_back(page)
    expect(page.get_by_text("Brought back what you recorded")).to_be_visible()
    expect(page.get_by_label("Note", exact=True)).to_have_value("Kệ dưới còn 2 lốc")
    assert axe(page) == []
    assert page.get_by_label("Listen again").evaluate(PLAYED) > 1
    save(page)
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))
    unsent(page, 0)
    ((_text, said),) = kept(live_server)
    assert said is not None
    page.goto(f"{shop}/notes/new")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()


def test_what_was_said_until_then_survives_a_page_killed_in_the_middle(page: Page, shop: str) -> None:
    page.goto(f"{shop}/notes/new")
    page.get_by_role("button", name="Record", exact=True).tap()
    expect(page.get_by_role("timer")).to_contain_text("0:06", timeout=15_000)
    page = come_back(page)
    expect(page.get_by_text("Brought back what you recorded")).to_be_visible()
    assert page.get_by_label("Listen again").evaluate(PLAYED) > 3


def test_a_colleague_on_the_same_phone_hears_nothing_of_it(
    page: Page, phone_in_hand: PhoneInHand, lan: Actor, mai: Actor, shop: str
) -> None:
    page.goto(f"{shop}/notes/new")
    record(page, seconds=0.5)
    phone_in_hand(mai)
    page.goto("/")
    page.goto(f"{shop}/notes/new")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
    phone_in_hand(lan)
    page.goto("/")
    page.goto(f"{shop}/notes/new")
    expect(page.get_by_text("Brought back what you recorded")).to_be_visible()


def test_the_camera_kills_the_page_and_the_words_are_there(
    page: Page, live_server: LiveServer, shop: str, tmp_path: Path
) -> None:
    """A phone short of memory drops the page when the camera opens; what was typed and photographed is not lost."""
    page.goto(f"/check-in?customer={shop.rpartition('/')[2]}")
    page.get_by_role("button", name=f"Check in {street.NEAREST.name}").tap()
    page.wait_for_url(re.compile(r"/visits/[0-9a-f-]{36}$"))
    visit = page.url
    page.goto(f"{visit}/finish")
    page.locator("summary").tap()
    page.get_by_label("Note optional").fill("Chị Ba hẹn thứ Sáu")
    page.goto(visit)
    page.goto(f"{shop}/notes/new?back={visit}")
    page.get_by_label("Note", exact=True).fill("Kệ dưới còn 2 lốc")
    page.goto(visit)
    taken = tmp_path / "shelf.jpg"
    taken.write_bytes(photo())
    with page.expect_file_chooser() as camera:
        page.get_by_role("link", name="Photo", exact=True).tap()
    camera.value.set_files(taken)
    expect(page.locator(".photos img")).to_have_count(1)
    with page.expect_file_chooser():
        page.get_by_role("link", name="Photo", exact=True).tap()
    page = come_back(page)
    expect(page.locator(".photos img")).to_have_count(1)
    page.goto(f"{visit}/finish")
    expect(page.get_by_label("Note optional")).to_have_value("Chị Ba hẹn thứ Sáu")
    page.goto(f"{shop}/notes/new?back={visit}")
    expect(page.get_by_label("Note", exact=True)).to_have_value("Kệ dưới còn 2 lốc")


# --- without a microphone -------------------------------------------------------------------------------------


def test_without_leave_it_says_so_and_everything_else_works(
    page: Page, context: BrowserContext, live_server: LiveServer, shop: str, tmp_path: Path, axe: Axe
) -> None:
    context.clear_permissions()
    page.goto(f"{shop}/notes/new")
    page.get_by_role("button", name="Record", exact=True).tap()
    expect(page.get_by_role("button", name="The microphone is not allowed")).to_be_visible()
    expect(page.get_by_text("Allow it in the settings")).to_be_visible()
    assert axe(page) == []
    context.grant_permissions(["microphone"])
    page.get_by_role("button", name="The microphone is not allowed").tap()
    listen(page, 2.2)
    page.get_by_label("Note", exact=True).fill("Hết trà lài")
    save(page)
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))
    unsent(page, 0)
    assert [text for text, said in kept(live_server) if said] == ["Hết trà lài"]


def test_a_browser_that_cannot_record_takes_a_file(
    page: Page, live_server: LiveServer, shop: str, tmp_path: Path, axe: Axe
) -> None:
    page.add_init_script("delete window.MediaRecorder")
    page.goto(f"{shop}/notes/new")
    expect(page.get_by_role("button", name="This browser cannot record")).to_be_disabled()
    assert axe(page) == []
    chosen = tmp_path / "memo.ogg"
    chosen.write_bytes(OGG_OPUS)
    page.get_by_label("Voice note optional").set_input_files(chosen)
    save(page)
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))
    ((_text, said),) = kept(live_server)
    assert said is not None
    assert (said.mime, said.seconds) == ("audio/ogg", None)


def test_what_is_no_recording_is_said_in_words(
    page: Page, live_server: LiveServer, shop: str, tmp_path: Path, axe: Axe
) -> None:
    page.add_init_script("delete window.MediaRecorder")
    page.goto(f"{shop}/notes/new")
    chosen = tmp_path / "song.mp3"
    chosen.write_bytes(b"ID3" + bytes(500))
    page.get_by_label("Voice note optional").set_input_files(chosen)
    save(page)
    expect(page.get_by_text("This is no recording")).to_be_visible()
    assert axe(page) == []
    assert kept(live_server) == []
    page.get_by_role("button", name="Discard").tap()
    page.get_by_label("Note", exact=True).fill("Hết trà lài")
    save(page)
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))
    assert kept(live_server) == [("Hết trà lài", None)]
