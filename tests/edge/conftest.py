"""Lan's phone in front of the edge, shops to look at, and views that misbehave on demand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crmweb.accounts.actor import Actor
from tests.shops import Shops

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
Misbehave = Callable[[Callable[..., Any]], str]


@pytest.fixture
def phone(lan: Actor, phone_of: PhoneOf) -> FlaskClient:
    """Lan's."""
    return phone_of(lan)


@pytest.fixture
def shops(house: House) -> Shops:
    with house():
        return Shops.open()


@pytest.fixture
def misbehave(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Misbehave:
    """`misbehave(view)` puts a view in the place of Nearby's, for people who may see it; returns its path."""

    def replace(view: Callable[..., Any]) -> str:
        view.needs = "customers:read:own"  # type: ignore[attr-defined]
        monkeypatch.setitem(app.view_functions, "nearby.index", view)
        return "/nearby"

    return replace
