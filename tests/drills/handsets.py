"""A phone with a real browser that somebody kills: Chromium with a profile that outlives it, and what it said."""

from __future__ import annotations

import fcntl
import math
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from playwright.sync_api import Error, Frame, Page, Playwright

from tests.browser.outbox.phone import PACKED
from tests.drills.towns import Rep, Shop
from tests.machine import chromium
from tests.supervisor.product import alive, until

PATIENCE = 20_000
"""Milliseconds for anything."""
LAST_FETCHED = "/outbox"
"""What a phone takes along last: with it all is there."""
LISTENS = """addEventListener("DOMContentLoaded", () => {
  const count = document.querySelector("#outbox-count");
  const tell = () => counted(count.textContent);
  if (count) new MutationObserver(tell).observe(count, { childList: true, characterData: true, subtree: true });
  addEventListener("submit", () => tapped(), true);
});"""
"""Each change of the number that a person sees is told to us while the browser lives, and each tap that sends."""
SIGNAL = "dispatchEvent(new Event('online'))"


@dataclass
class Written:
    """One thing that somebody did. `said`: their phone told them that it is saved."""

    author: Rep
    shop: Shop
    note: str = ""
    """The words of a note; without, it is a check-in, the only one at this shop."""
    said: bool = False


class Handset:
    """Wakes with whoever is signed in, and dies without a word."""

    def __init__(self, playwright: Playwright, profile: Path, port: int) -> None:
        self._playwright, self._profile, self._url = playwright, profile, f"http://localhost:{port}"
        self._dies_in: float | None = None
        self._is_dying = False
        self._counts: list[int] = []
        self._pages: list[str] = []

    def wake(self, who: Rep) -> None:
        self._context = self._playwright.chromium.launch_persistent_context(
            str(self._profile), executable_path=str(chromium.where()), args=chromium.FLAGS,
            env={**os.environ, **chromium.environment()}, viewport={"width": 390, "height": 844},
            device_scale_factor=1, is_mobile=True, has_touch=True, locale="en-GB", base_url=self._url,
            geolocation={"latitude": 10.77, "longitude": 106.7, "accuracy": 12}, permissions=["geolocation"],
            reduced_motion="reduce",
        )  # fmt: skip
        self._context.set_default_timeout(PATIENCE)
        self._context.expose_function("counted", self._counted)
        self._context.expose_function("tapped", self._tapped)
        self._context.add_init_script(LISTENS)
        self._context.add_cookies([{"name": "session", "value": who.cookie, "url": self._url}])
        self._pid, self._is_dying = self._browser(), False
        self._page: Page = self._context.pages[0]
        self._page.on("framenavigated", self._gone_on)

    def _browser(self) -> int:
        """The process with whose end all others of it end."""
        browser = self._context.browser
        assert browser is not None
        told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        return next(int(each["id"]) for each in told if each["type"] == "browser")

    def _counted(self, text: str) -> None:
        self._counts.append(int(text or 0))

    def _tapped(self) -> None:
        if self._dies_in is not None:
            Timer(self._dies_in, self._kill).start()
            self._dies_in = None

    def _gone_on(self, frame: Frame) -> None:
        self._pages.append(frame.url)

    def _kill(self) -> None:
        self._is_dying = True
        os.kill(self._pid, signal.SIGKILL)

    @contextmanager
    def _its_end(self) -> Iterator[None]:
        """Whatever goes wrong from now on because it was killed is meant; nothing else is."""
        try:
            yield
        except Error:
            if not self._is_dying:
                raise

    @contextmanager
    def memory_held(self) -> Iterator[None]:
        """Nobody opens its databases: as while the process that kept them outlives a browser that was killed."""
        locks = list(self._profile.glob("Default/IndexedDB/*/LOCK"))
        assert locks, "it has no memory yet"
        with ExitStack() as held:
            for lock in locks:
                fcntl.lockf(held.enter_context(lock.open("r+")), fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield

    # --- what somebody does with it ----------------------------------------------------------------

    def pack(self) -> None:
        """Wait until all lies there that it needs without a signal."""
        self._page.goto("/")
        until(lambda: LAST_FETCHED in self._page.evaluate(PACKED), within=40)

    def waiting(self) -> int:
        """How many things wait on it, once it says so."""
        place = self._page.locator("#outbox-count")
        until(place.text_content)
        return int(place.text_content() or 0)

    def empties(self, *, within: float = 40.0) -> None:
        """Wait until nothing waits there."""
        self._page.goto("/")
        until(lambda: self.waiting() == 0, within=within)

    def fill_in(self, written: Written) -> Callable[[], None]:
        """Go so far that one tap is left; returns that tap."""
        if not written.note:
            self._page.goto(f"/check-in?customer={written.shop.id}")
            return self._page.locator("button.whom").tap
        self._page.goto(f"/customers/{written.shop.id}/notes/new")
        self._page.get_by_label("Note", exact=True).fill(written.note)
        return self._page.get_by_role("button", name="Save").tap

    def write(self, written: Written, *, dies_after: float | None = None) -> None:
        """Have it saved; so many seconds after the tap that does it the phone is killed.

        It said so where the number of what waits rose, or the next page came. A check-in's page shows no number.
        """
        tap = self.fill_in(written)
        before, page = self.waiting() if written.note else math.inf, self._page.url
        self._counts.clear()
        self._pages.clear()
        self._dies_in = dies_after
        with self._its_end():
            tap()
            self._page.wait_for_url(lambda url: url != page, wait_until="commit")
        if dies_after is not None:
            self._bury()
        written.said = any(count > before for count in self._counts) or any(
            url != page for url in self._pages
        )

    def hears_of_signal(self, *, dies_after: float) -> None:
        """It begins to send what waits, and is killed in the midst of it."""
        Timer(dies_after, self._kill).start()
        with self._its_end():
            self._page.evaluate(SIGNAL)
        self._bury()

    def _bury(self) -> None:
        """Wait for its end, and hear all that it said before."""
        with self._its_end():
            while not self._is_dying:
                self._page.wait_for_timeout(20)
        until(lambda: not alive(self._pid))
        with suppress(Error):
            self._context.close()

    def sleep(self) -> None:
        self._context.close()
