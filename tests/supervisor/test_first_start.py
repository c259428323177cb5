"""`crmweb run --no-demo` on an empty folder says once how the first admin comes in."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.supervisor.product import Product

Start = Callable[..., Product]
pytestmark = pytest.mark.slow
FILLED = {"name": "Tuấn", "email": "tuan@example.com", "password": "a boat on the river at noon"}


def _links(product: Product) -> list[str]:
    return re.findall(r"http://\S+(/setup/\S+)", product.text)


def _posted(product: Product, path: str, fields: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=10)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    try:
        connection.request("POST", path, urlencode(fields), form)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_link_is_printed_at_each_start_until_somebody_is_there(start: Start, home: Path) -> None:
    product = start(home).ready()
    (first,) = _links(product)
    assert product.get(first) == 200
    assert product.stop() == 0

    product = start(home).ready()
    (second,) = _links(product)
    assert (product.get(first), product.get(second)) == (410, 200)
    assert _posted(product, second, FILLED) == 303
    assert _posted(product, second, FILLED) == 410
    asked = [line for line in product.said if "GET" in line and "setup" in line]
    assert asked
    assert not [line for line in asked if second in line], "the log keeps it back"
    assert product.stop() == 0

    assert _links(start(home).ready()) == []
