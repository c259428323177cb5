"""What a browser may hand over as its address and keys for push."""

from __future__ import annotations

import base64

import pytest

from crmweb.notifications.endpoints import BadEndpoint, Endpoint

# The receiver of RFC 8291, appendix A.
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
INSIDE = "http://127.0.0.1:8123"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://fcm.googleapis.com/fcm/send/dE:APA91b-_x", "fcm.googleapis.com"),
        ("https://fcm.googleapis.com:443/fcm/send/x", "fcm.googleapis.com"),
        ("https://updates.push.services.mozilla.com/wpush/v2/gAAA", "updates.push.services.mozilla.com"),
        ("https://web.push.apple.com/QGx=?a=b", "web.push.apple.com"),
        ("https://wns2-sg2p.notify.windows.com/w/?token=BQY%3d%3d", "wns2-sg2p.notify.windows.com"),
        ("https://push.example.com/x", "push.example.com"),
        ("http://127.0.0.1:8123/x", "127.0.0.1:8123"),
    ],
)
def test_the_browsers_own_push_services_are_known_and_those_that_are_set(url: str, host: str) -> None:
    assert Endpoint.read(url, POINT, AUTH, ["push.example.com", INSIDE]).host == host


@pytest.mark.parametrize(
    "url",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilfcm.googleapis.com.evil.example/x",
        "https://xfcm.googleapis.com/x",
        "https://evil-push.apple.com/x",
        "https://evil.example/fcm.googleapis.com/x",
        "https://me@fcm.googleapis.com/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://evil.example\\@fcm.googleapis.com/x",
        "https://evil.example#@fcm.googleapis.com/x",
        "https://fcm.googleapis.com/x#y",
        "https://fcm.googleapis.com/a b",
        "https://fcm.googleapis.com/\r\nTopic: x",
        "https://FCM.googleapis.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.0.0.1/x",
        "http://127.0.0.1:81234/x",
        "http://127.0.0.1:8123",
        "http://127.0.0.1:8123.evil.example/x",
        "file:///etc/passwd",
        "https://fcm.googleapis.com/" + "a" * 1000,
        "",
    ],
)
def test_nothing_else_is_pushed_to(url: str) -> None:
    with pytest.raises(BadEndpoint):
        Endpoint.read(url, POINT, AUTH, [INSIDE])


def test_nothing_on_loopback_is_pushed_to_unless_it_is_set() -> None:
    with pytest.raises(BadEndpoint):
        Endpoint.read(f"{INSIDE}/x", POINT, AUTH)


def _turned(at: int) -> str:
    raw = bytearray(base64.urlsafe_b64decode(POINT + "="))
    raw[at] ^= 1
    return base64.urlsafe_b64encode(raw).decode()


@pytest.mark.parametrize(
    ("point", "auth"),
    [
        (_turned(0), AUTH),
        (_turned(20), AUTH),
        (_turned(64), AUTH),
        (POINT[:-4], AUTH),
        (base64.urlsafe_b64encode(b"\x04" + b"\0" * 64).decode(), AUTH),
        (base64.urlsafe_b64encode(b"\x04" + b"\xff" * 64).decode(), AUTH),
        ("", AUTH),
        ("not a key!", AUTH),
        ("ñ" * 87, AUTH),
        (POINT, AUTH[:-2]),
        (POINT, AUTH + "AA"),
        (POINT, ""),
    ],
)
def test_keys_that_are_none_are_refused(point: str, auth: str) -> None:
    with pytest.raises(BadEndpoint):
        Endpoint.read("https://fcm.googleapis.com/x", point, auth)


def test_keys_are_read_however_they_are_filled_up() -> None:
    standard = base64.b64encode(base64.urlsafe_b64decode(POINT + "=")).decode()
    read = Endpoint.read("https://fcm.googleapis.com/x", standard, f"{AUTH}==")
    assert (read.p256dh, read.auth) == (POINT, AUTH)


def test_the_signature_names_the_origin() -> None:
    assert (
        Endpoint.read("https://fcm.googleapis.com:443/x", POINT, AUTH).origin == "https://fcm.googleapis.com"
    )
    assert Endpoint.read(f"{INSIDE}/x/y", POINT, AUTH, [INSIDE]).origin == INSIDE
