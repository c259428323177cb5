"""Every screen at every width: nothing is cut, nothing complains, and nobody is kept out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from crmweb.accounts.actor import Actor
from tests.browser import screens
from tests.browser.conftest import LiveServer

PhoneInHand = Callable[[Actor], Page]
Axe = Callable[..., list[str]]

SMALL = {"viewport": {"width": 360, "height": 740}, "locale": "vi-VN"}
LAPTOP = {
    "viewport": {"width": 1280, "height": 800},
    "is_mobile": False,
    "has_touch": False,
    "locale": "vi-VN",
}
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")

LAYOUT = (Path(__file__).parent / "probes" / "layout.js").read_text()
BY_LAYOUT = ["color-contrast", "scrollable-region-focusable", "target-size"]
"""The rules of axe that depend on how a page lies; the others hold at every width or at none."""


class Look:
    """One pair of eyes: collects what is wrong with each screen, to be told together."""

    def __init__(self, page: Page, axe: Axe, complaints: list[str]) -> None:
        self.page, self.axe, self.complaints = page, axe, complaints
        self.rules: list[str] | None = None
        self.wrong: list[str] = []

    def at(self, addresses: Iterable[str]) -> None:
        """Fails with what is wrong at any of these addresses."""
        for address in addresses:
            self.page.goto(address)
            if self.page.evaluate("!!document.doctype"):  # else it is no page, but a fragment or a file
                self.wrong += [f"{address} {flaw}" for flaw in self._flaws()]
        assert not self.wrong, "\n".join(self.wrong)

    def _flaws(self) -> list[str]:
        flaws = [*self._layout(), *self.axe(self.page, self.rules)]
        self.page.emulate_media(color_scheme="dark")
        flaws += [f"by night: {flaw}" for flaw in self.axe(self.page, ["color-contrast"])]
        self.page.emulate_media(color_scheme="light")
        self.page.evaluate("document.documentElement.style.fontSize = '200%'")
        flaws += [f"at 200% text: {flaw}" for flaw in self._layout()]
        flaws += [complaint for complaint in self.complaints if not REFUSED.match(complaint)]
        self.complaints.clear()
        return flaws

    def _layout(self) -> list[str]:
        found: list[str] = self.page.evaluate(LAYOUT)
        return found


@pytest.fixture
def look(page: Page, axe: Axe, complaints: list[str], live_server: LiveServer) -> Look:
    return Look(page, axe, complaints)


@pytest.mark.parametrize("part", range(2))
@pytest.mark.browser_context_args(**SMALL)
def test_lan_reads_every_screen_on_a_small_phone(
    app: Flask, phone_in_hand: PhoneInHand, lan: Actor, look: Look, part: int
) -> None:
    phone_in_hand(lan)
    look.rules = BY_LAYOUT
    look.at(islice(screens.inside(app, lan), part, None, 2))


@pytest.mark.parametrize("part", range(2))
def test_mai_reads_every_screen_on_her_phone(
    app: Flask, phone_in_hand: PhoneInHand, mai: Actor, look: Look, part: int
) -> None:
    phone_in_hand(mai)
    look.at(islice(screens.inside(app, mai), part, None, 2))


@pytest.mark.parametrize("part", range(3))
@pytest.mark.browser_context_args(**LAPTOP)
def test_tuan_reads_every_screen_on_his_laptop(
    app: Flask, phone_in_hand: PhoneInHand, tuan: Actor, look: Look, part: int
) -> None:
    phone_in_hand(tuan)
    look.at(islice(screens.inside(app, tuan), part, None, 3))


@pytest.mark.parametrize(
    "width",
    [
        pytest.param(360, marks=pytest.mark.browser_context_args(**SMALL)),
        pytest.param(1280, marks=pytest.mark.browser_context_args(**LAPTOP)),
    ],
)
def test_a_stranger_reads_every_screen_before_the_door(
    app: Flask, lan: Actor, look: Look, width: int
) -> None:
    look.at(screens.outside(app, lan))
