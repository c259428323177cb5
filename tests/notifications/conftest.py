from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from crmweb import jobs
from crmweb.notifications.channels import Channels
from crmweb.notifications.email import Email
from crmweb.notifications.push import Push
from crmweb.outgoing import Outgoing
from tests.notifications.post_office import PostOffice
from tests.notifications.push_house import PushService, open_service


@pytest.fixture(autouse=True)
def fresh_bell(app: Flask) -> Iterator[None]:
    """No memory of a Redis that another test took away, and nothing rung into the next test."""
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


@pytest.fixture
def push_service(app: Flask) -> Iterator[PushService]:
    """A real push service on loopback, and the app told to know it."""
    before, channels = app.extensions["settings"], app.extensions["channels"]
    with open_service() as service:
        app.extensions["settings"] = replace(before, push_services=(service.origin,))
        way_out = Outgoing()
        way_out.allow_inside(service.origin)
        push = Push(app.extensions["settings"], way_out)
        app.extensions["channels"] = Channels({"email": Email("", ""), "push": push})
        yield service
        way_out.close()
    app.extensions["settings"], app.extensions["channels"] = before, channels
