"""When a request is whole, however it is cut on its way."""

from __future__ import annotations

import pytest

from crmweb.supervisor.arrivals import ALL_WITHIN, HEAD_WITHIN, LARGEST_HEAD, Arrival
from crmweb.web import LARGEST_UPLOAD

POST = b"POST /session HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def _come(*pieces: bytes) -> Arrival:
    arrival = Arrival()
    for piece in pieces:
        arrival.take(piece)
    return arrival


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        POST + b"content-length:  5 \r\n\r\nhello",
        CHUNKED + b"5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b'5;note="a"\r\nhello\r\nA \r\n0\r\n\r\n01234\r\n0\r\nTrailer: yes\r\n\r\n',
    ],
)
def test_a_request_is_whole_with_its_last_byte(request_: bytes) -> None:
    arrival = _come()
    for at in range(len(request_)):
        assert not arrival.whole
        arrival.take(request_[at : at + 1])
    assert arrival.whole
    assert _come(request_).whole
    assert _come(request_ + b"GET /next").whole


@pytest.mark.parametrize(
    "body", [b"-5\r\n", b"0x5\r\nhello", b"+0\r\n\r\n", b"\r\n", b"1_0\r\n", b"F" * 9 + b"\r\n", b"5" * 9000]
)
def test_what_is_no_chunk_is_left_to_the_parser(body: bytes) -> None:
    assert _come(CHUNKED, body).whole


def test_what_is_too_large_is_not_waited_for() -> None:
    assert _come(POST + b"Content-Length: %d\r\n\r\n" % (LARGEST_UPLOAD + 1)).whole
    assert not _come(POST + b"Content-Length: %d\r\n\r\n" % LARGEST_UPLOAD).whole
    assert _come(CHUNKED, b"7fffffff\r\n", b"x" * (LARGEST_UPLOAD + 1)).whole
    assert _come(POST, b"X: " + b"x" * LARGEST_HEAD).head_too_large


def test_a_head_has_seconds_and_a_phone_at_the_edge_of_the_net_a_minute() -> None:
    head, body = _come(POST), _come(POST + b"Content-Length: 5\r\n\r\n")
    assert head.deadline - head.begun == HEAD_WITHIN
    assert body.deadline - body.begun == pytest.approx(ALL_WITHIN, abs=0.1)


def test_a_photo_as_the_camera_made_it_has_longer() -> None:
    large, endless = (_come(POST + b"Content-Length: %d\r\n\r\n" % size) for size in (5_000_000, 10**15))
    assert large.deadline - large.begun > ALL_WITHIN + 60
    assert endless.deadline - endless.begun < ALL_WITHIN + 300
