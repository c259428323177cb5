"""An SMS leaves by the gateway, once, and what goes wrong is told apart from what will never work."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmweb.config import BadSettings, Settings, load_settings
from crmweb.notifications import sms as module
from crmweb.notifications.channels import LeaseLost, Message, PermanentFailure, TransientFailure
from crmweb.notifications.sms import Sms
from crmweb.outgoing import Outgoing
from tests.notifications.sms_gateway import SmsGateway

KEY = "for the tests alone: 9f2c51b07ae84d36"


@pytest.fixture
def gateway() -> Iterator[SmsGateway]:
    opened = SmsGateway()
    yield opened
    opened.close()


def _settings(home: Path, **more: str) -> Settings:
    return load_settings({"CRMWEB_ENV": "test", "CRMWEB_HOME": str(home), "SECRET_KEY": KEY, **more})


def _channel(gateway: SmsGateway, home: Path, **more: str) -> Sms:
    way_out = Outgoing()
    way_out.allow_inside(gateway.origin)
    return Sms(_settings(home, SMS_URL=gateway.url, **more), way_out)


def _sms(to: str = "+84901234567", text: str = "Chào chị Hạnh") -> Message:
    return Message("followup 7", to, {"text": text})


def test_chi_hanh_gets_the_words_as_they_were_written(gateway: SmsGateway, tmp_path: Path) -> None:
    _channel(gateway, tmp_path, SMS_FROM="TRAXANH").send(_sms())
    (told,) = gateway.messages
    assert (told["to"], told["from"], told["text"]) == ("+84901234567", "TRAXANH", "Chào chị Hạnh")
    assert gateway.asked[0]["path"] == "/send?shop=7"


def test_a_resend_carries_the_same_id(gateway: SmsGateway, tmp_path: Path) -> None:
    for _ in range(2):
        _channel(gateway, tmp_path).send(_sms())
    _channel(gateway, tmp_path).send(Message("followup 8", "+84901234567", {"text": "x"}))
    first, again, other = (told["id"] for told in gateway.messages)
    assert first == again != other


def test_the_name_in_the_url_signs_us_in_and_a_token_goes_before_it(
    gateway: SmsGateway, tmp_path: Path
) -> None:
    _channel(gateway, tmp_path).send(_sms())
    _channel(gateway, tmp_path, SMS_TOKEN="t0ken").send(_sms())
    basic, bearer = (asked["authorization"] for asked in gateway.asked)
    assert basic == f"Basic {base64.b64encode(b'lan:p@ss').decode()}"
    assert bearer == "Bearer t0ken"


@pytest.mark.parametrize("status", [400, 410, 413, 422])
def test_what_the_gateway_will_never_take_fails(gateway: SmsGateway, tmp_path: Path, status: int) -> None:
    gateway.status = status
    with pytest.raises(PermanentFailure, match=f"{status} so said"):
        _channel(gateway, tmp_path).send(_sms())


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 408, 429, 500, 503])
def test_what_may_pass_is_tried_again(gateway: SmsGateway, tmp_path: Path, status: int) -> None:
    gateway.status, gateway.headers = status, {"Retry-After": "90", "Location": "https://example.com/"}
    with pytest.raises(TransientFailure, match=str(status)) as told:
        _channel(gateway, tmp_path).send(_sms())
    assert told.value.retry_after == (90 if status in (408, 429, 500, 503) else None)
    assert (told.value.rest is not None) == (status < 408)


def test_a_gateway_that_hangs_holds_nobody_for_long(
    gateway: SmsGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WITHIN", 0.3)
    gateway.hangs = True
    with pytest.raises(TransientFailure, match="did not answer"):
        _channel(gateway, tmp_path).send(_sms())


def test_a_gateway_that_is_not_there_may_come_back(gateway: SmsGateway, tmp_path: Path) -> None:
    channel = _channel(gateway, tmp_path)
    gateway.close()
    with pytest.raises(TransientFailure, match="did not answer"):
        channel.send(_sms())


@pytest.mark.parametrize("to", ["", "0901234567", "+84 90", "+84901234567\r\nX: y", "mai@example.com"])
def test_what_is_no_number_is_never_asked_for(gateway: SmsGateway, tmp_path: Path, to: str) -> None:
    with pytest.raises(PermanentFailure):
        _channel(gateway, tmp_path).send(_sms(to=to))
    assert gateway.asked == []


def test_who_lost_the_lease_sends_nothing(gateway: SmsGateway, tmp_path: Path) -> None:
    lost = Message("followup 7", "+84901234567", {"text": "Chào"}, may_go=lambda: False)
    with pytest.raises(LeaseLost):
        _channel(gateway, tmp_path).send(lost)
    assert gateway.asked == []


@pytest.mark.parametrize(
    "url",
    ["http://gateway.example.com/send", "ftp://x/", "gateway", "https://", "https://a b/", "https://x/#y"],
)
def test_an_sms_url_that_is_none_stops_the_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadSettings, match="SMS_URL"):
        _settings(tmp_path, SMS_URL=url)


def test_production_takes_no_gateway_in_plain_http(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="SMS_URL"):
        _settings(
            tmp_path, CRMWEB_ENV="production", SMS_URL="http://127.0.0.1:9/send", PUBLIC_URL="https://x.vn"
        )


def test_the_password_of_the_gateway_is_shown_nowhere(gateway: SmsGateway, tmp_path: Path) -> None:
    assert "p@ss" not in repr(_channel(gateway, tmp_path)._gateway)
