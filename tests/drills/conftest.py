from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.notifications.post_office import PostOffice
from tests.notifications.sms_gateway import SmsGateway


@pytest.fixture
def office() -> Iterator[PostOffice]:
    office = PostOffice()
    yield office
    office.close()


@pytest.fixture
def gateway() -> Iterator[SmsGateway]:
    gateway = SmsGateway()
    yield gateway
    gateway.close()


@pytest.fixture(scope="session")
def drills_in_full() -> bool:
    """Whether those that take long are to be run with all their numbers: DRILLS=full in the environment."""
    return os.environ.get("DRILLS") == "full"
