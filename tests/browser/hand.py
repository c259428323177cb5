"""A thumb on a phone: every tap is counted."""

from __future__ import annotations

from playwright.sync_api import Locator, Page


class Hand:
    """Somebody's thumb over their page."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, what: Locator) -> None:
        what.tap()
        self.taps += 1

    def type(self, field: Locator, words: str) -> None:
        """Into a field that is tapped first."""
        self.tap(field)
        self.page.keyboard.type(words)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)
