"""Lan's phone in front of the edge, shops to look at, and views that misbehave on demand."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from crmweb import logs
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
        view.needs = "customers:read"  # type: ignore[attr-defined]
        monkeypatch.setitem(app.view_functions, "nearby.index", view)
        return "/nearby"

    return replace


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the product writes to its log, as it does in production."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.set_up("production")
    yield written
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
