from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from crmweb import jobs
from tests.places.geocoder import Geocoder


@pytest.fixture
def geocoder(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Geocoder]:
    """A geocoder that knows one address, and the app told to ask it."""
    found = Geocoder()
    found.places["12 Hàng Bạc, Hà Nội"] = [
        {"place_id": 1, "lat": "21.0341", "lon": "105.8523", "display_name": "12 Hàng Bạc, Hoàn Kiếm, Hà Nội"}
    ]
    monkeypatch.setitem(
        app.extensions, "settings", replace(app.extensions["settings"], geocoder=found.setting)
    )
    monkeypatch.setattr("crmweb.places.geocoder.POLITE_S", 0.0)
    jobs.init_app(app)
    yield found
    found.close()
