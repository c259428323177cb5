from __future__ import annotations

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
