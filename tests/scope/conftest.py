"""Shops of several people, for whoever tries to see or change them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.shops import Shops


@pytest.fixture
def shops(house: Callable[[], AbstractContextManager[None]]) -> Shops:
    with house():
        return Shops.open()
