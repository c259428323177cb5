from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from crmweb import jobs
from crmweb.notifications.channels import Channels
from crmweb.notifications.email import Email
from tests.notifications.post_office import PostOffice


@pytest.fixture(autouse=True)
def fresh_bell(app: Flask) -> Iterator[None]:
    """Nothing rung into the next test."""
    jobs.init_app(app)
    yield
    app.extensions["bell"].settle()


@pytest.fixture
def post_office(app: Flask) -> Iterator[PostOffice]:
    """A real mail server on loopback, and the app told to use it."""
    office, before = PostOffice(), app.extensions["channels"]
    app.extensions["channels"] = Channels({"email": Email(office.url, "crmweb <crm@example.com>")})
    yield office
    app.extensions["channels"] = before
    office.close()
