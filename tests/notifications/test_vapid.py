"""The key by which push services know us is made once, kept, and signs as RFC 8292 says."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from crmweb import clock
from crmweb.config import BadSettings, Settings, load_settings
from crmweb.notifications.vapid import Vapid, vapid

KEY = "Q4QYuBRl7h0mSUmXMVbLkiUkJq3yn1R4aSCQ-QpGzsM"
NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def _settings(home: Path, **more: str) -> Settings:
    return load_settings({"CRMWEB_ENV": "test", "CRMWEB_HOME": str(home), **more})


def _claims(header: str, audience: str) -> dict[str, Any]:
    """What a push service reads after it has checked the signature with the key that was sent along."""
    token, _, key = header.removeprefix("vapid t=").partition(", k=")
    point = base64.urlsafe_b64decode(key + "=")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    checks = {"verify_exp": False}
    return jwt.decode(token, public, algorithms=["ES256"], audience=audience, options=checks)  # type: ignore[arg-type]


def test_the_key_is_made_once_however_many_parts_start(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as parts:
        made = set(parts.map(lambda _: vapid(_settings(tmp_path)).public, range(24)))
    assert len(made) == 1
    assert stat.S_IMODE((tmp_path / "vapid-key").stat().st_mode) == 0o600


def test_a_key_that_is_set_wins_and_nothing_is_kept(tmp_path: Path) -> None:
    set_up = vapid(_settings(tmp_path, VAPID_PRIVATE_KEY=KEY))
    assert set_up.public == Vapid(KEY, "").public
    assert not (tmp_path / "vapid-key").exists()


@pytest.mark.parametrize(
    "key", ["secret", KEY[:-1], KEY + "A", "_" * 43, "A" * 43, "-----BEGIN PRIVATE KEY-----"]
)
def test_a_key_that_is_none_stops_the_start(tmp_path: Path, key: str) -> None:
    with pytest.raises(BadSettings, match="VAPID_PRIVATE_KEY must be"):
        _settings(tmp_path, VAPID_PRIVATE_KEY=key)


@pytest.mark.parametrize(
    "subject", ["https://example.com", "mailto:", "mailto:a@localhost", "a b@example.com"]
)
def test_a_contact_that_nobody_can_write_to_stops_the_start(tmp_path: Path, subject: str) -> None:
    with pytest.raises(BadSettings, match="VAPID_SUBJECT"):
        _settings(tmp_path, VAPID_SUBJECT=subject)


@pytest.mark.parametrize(
    ("more", "contact"),
    [
        ({"VAPID_SUBJECT": "it@example.org"}, "mailto:it@example.org"),
        ({"MAIL_FROM": "crmweb <crm@example.net>"}, "mailto:crm@example.net"),
        ({"PUBLIC_URL": "https://crm.example.com"}, "mailto:admin@crm.example.com"),
        ({}, "mailto:admin@example.com"),
    ],
)
def test_push_services_always_have_somebody_to_write_to(
    tmp_path: Path, more: dict[str, str], contact: str
) -> None:
    assert _settings(tmp_path, **more).push_contact == contact


@pytest.mark.parametrize(
    "services", ["push", "https://push.example.com", "http://10.0.0.1:80", "a..example.com"]
)
def test_a_push_service_that_is_no_host_stops_the_start(tmp_path: Path, services: str) -> None:
    with pytest.raises(BadSettings, match="PUSH_SERVICES"):
        _settings(tmp_path, PUSH_SERVICES=services)


def test_in_production_no_push_service_stands_on_loopback(tmp_path: Path) -> None:
    inside = {"PUSH_SERVICES": "push.example.com, http://127.0.0.1:8123"}
    assert _settings(tmp_path, **inside).push_services == ("push.example.com", "http://127.0.0.1:8123")
    with pytest.raises(BadSettings, match="loopback"):
        _settings(
            tmp_path, **inside, CRMWEB_ENV="production", SECRET_KEY="0Zk4q-vN8sW2-mB7xT1-cR9yL5-hD3jF6-pG"
        )


def test_what_is_signed_names_the_far_end_with_its_port_and_whom_to_write_to() -> None:
    with clock.frozen(NOON):
        header = Vapid(KEY, "mailto:crm@example.com").authorization("http://127.0.0.1:8123")
    claims = _claims(header, "http://127.0.0.1:8123")
    assert claims["sub"] == "mailto:crm@example.com"
    assert 0 < claims["exp"] - NOON.timestamp() <= 12 * 3600


def test_a_signature_is_used_again_but_never_runs_out() -> None:
    key, far = Vapid(KEY, "mailto:crm@example.com"), "https://push.example.com"
    with clock.frozen(NOON) as held:
        first = key.authorization(far)
        assert key.authorization(far) == first
        assert key.authorization("https://other.example.com") != first
        for hours in (3, 4, 8, 30, -24):
            held.move(timedelta(hours=hours))
            left = _claims(key.authorization(far), far)["exp"] - held.at.timestamp()
            assert 6 * 3600 <= left <= 12 * 3600
