"""A photo as the camera made it reaches the running product: some browsers cannot make it small first."""

from __future__ import annotations

import http.client
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.customers.models import Customer
from crmweb.db import writing
from crmweb.scope import system_access
from crmweb.visits.models import Visit
from tests.supervisor.product import Product

pytestmark = pytest.mark.slow

BOUNDARY = "photo"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
BEGIN = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photos"; filename="shelf.jpg"\r\n\r\n'


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    started = Product(tmp_path, "--no-demo").ready()
    yield started
    started.end()


def _photo() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((2600, 2000), 90).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def _a_visit(product: Product) -> tuple[str, str]:
    """(path of its photos, cookie of whoever makes it)."""
    with product.app().app_context(), system_access("a test"), writing():
        lan = User.add("Lan", role="rep", at=clock.now(), zone="Asia/Ho_Chi_Minh")
        shop = Customer.add(by=None, at=clock.now(), name="Tạp hóa", responsible=lan)
        visit = Visit.check_in(shop, by=Actor.of(lan), at=clock.now())
        return f"/visits/{visit.id}/photos", DeviceSession.start(lan, at=clock.now())


def test_a_photo_of_several_megabytes_is_taken(product: Product) -> None:
    path, token = _a_visit(product)
    photo = _photo()
    assert len(photo) > 4_000_000
    body = BEGIN.encode() + photo + f"\r\n--{BOUNDARY}--\r\n".encode()
    asked = {"Content-Type": TYPE, "Cookie": f"session={token}", "Sec-Fetch-Site": "same-origin"}
    line = http.client.HTTPConnection("127.0.0.1", product.port, timeout=60)
    line.request("POST", path, body, asked)
    assert line.getresponse().status == 303
    line.close()
