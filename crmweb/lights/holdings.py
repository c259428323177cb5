"""The house's own lights tell of nobody."""

from __future__ import annotations

from crmweb.holdings import nobodys


def init() -> None:
    nobodys(lights="how the house is")
