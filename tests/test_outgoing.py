"""What leaves the house goes to the open internet alone, and comes to an end."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from crmweb import outgoing
from crmweb.outgoing import Outgoing, Refused, Unreachable, refuse_inside

Hand = Callable[[socket.socket], None]


class FarEnd:
    """A server on loopback that does with each connection what ``hand`` does."""

    def __init__(self) -> None:
        self.hand: Hand = says(b"200 OK", b"hello")
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.connections += 1
                threading.Thread(target=self._handle, args=[connection], daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self.hand(connection)


def says(status: bytes, content: bytes = b"", *headers: bytes) -> Hand:
    """Answers every request on a connection like this."""
    head = b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Length: %d" % len(content), *headers, b"", b""])

    def hand(connection: socket.socket) -> None:
        while read_request(connection):
            connection.sendall(head + content)

    return hand


def read_request(connection: socket.socket) -> bytes:
    """One request, whole; nothing at the end of the connection."""
    with connection.makefile("rb", buffering=0) as lines:
        head = b"".join(iter(lines.readline, b"\r\n")) if (first := lines.readline()) else b""
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        return first + head + (lines.read(int(length[1])) if length else b"")


def drips(connection: socket.socket) -> None:
    """A byte now and then, so that no single wait is long."""
    connection.recv(65536)
    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


@pytest.fixture
def far_end() -> Iterator[FarEnd]:
    server = FarEnd()
    yield server
    server.close()


@pytest.fixture
def way_out(far_end: FarEnd) -> Iterator[Outgoing]:
    made = Outgoing()
    made.allow_inside(far_end.origin)
    yield made
    made.close()


def test_an_answer_comes_back_as_it_is_whatever_its_status(way_out: Outgoing, far_end: FarEnd) -> None:
    far_end.hand = says(b"503 Busy", b"later", b"Retry-After: 7")
    answer = way_out.send("POST", f"{far_end.origin}/push", headers={"TTL": "60"}, content=b"\0\1")
    assert (answer.status, answer.headers["retry-after"], answer.content) == (503, "7", b"later")


def test_many_messages_share_a_connection(way_out: Outgoing, far_end: FarEnd) -> None:
    for _ in range(5):
        way_out.send("POST", f"{far_end.origin}/push", content=b"x")
    assert far_end.connections == 1


def test_a_redirect_is_an_answer_and_not_an_order(way_out: Outgoing, far_end: FarEnd) -> None:
    far_end.hand = says(b"307 Elsewhere", b"", b"Location: http://127.0.0.1:1/")
    assert way_out.send("POST", f"{far_end.origin}/push").status == 307


@pytest.mark.parametrize("hand", [drips, lambda connection: time.sleep(3)])
def test_nobody_waits_longer_than_was_said(way_out: Outgoing, far_end: FarEnd, hand: Hand) -> None:
    far_end.hand = hand
    begun = time.monotonic()
    with pytest.raises(Unreachable):
        way_out.send("GET", f"{far_end.origin}/", within=0.4)
    assert time.monotonic() - begun < 1.5


def test_a_long_answer_is_cut(way_out: Outgoing, far_end: FarEnd) -> None:
    far_end.hand = says(b"200 OK", b"a" * 1_000_000)
    assert len(way_out.send("GET", f"{far_end.origin}/").content) == outgoing.LONGEST_ANSWER


def test_one_that_hangs_up_may_work_later(way_out: Outgoing, far_end: FarEnd) -> None:
    far_end.hand = lambda connection: None
    with pytest.raises(Unreachable):
        way_out.send("GET", f"{far_end.origin}/")


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "CONNECT_WITHIN", 0.2)

    def look_up(*_args: object, **_more: object) -> list[object]:
        time.sleep(2)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    begun = time.monotonic()
    with pytest.raises(Unreachable):
        Outgoing().send("GET", "https://push.example.com/")
    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize(
    "url",
    [
        "http://push.example.com/",
        "ftp://push.example.com/",
        "https://lan:secret@push.example.com/",
        "https://push.example.com\\@127.0.0.1/",
        "https://push.example.com/#x",
        "https://push.example.com/a b",
        "https://push.example.com/\r\nX-Header: 1",
        "https://bánmì.example.com/",
        "https:push.example.com",
        "https:///x",
        "https://push.example.com:99999/",
        "//push.example.com/",
        "",
    ],
)
def test_what_is_no_plain_address_is_not_asked(url: str) -> None:
    with pytest.raises(Refused):
        Outgoing().send("GET", url)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "0.0.0.0", "0x7f.1", "2130706433", "169.254.169.254", "10.1.2.3", "localhost"],  # noqa: S104
)
def test_nothing_of_the_house_is_asked(host: str) -> None:
    with pytest.raises(Refused, match="not on the open internet"):
        Outgoing().send("GET", f"https://{host}/")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "192.0.0.8",
        "::", "::1", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1", "::7f00:1",
        "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1",
        "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_an_address_inside_or_one_that_hides_another_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        refuse_inside(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "142.250.66.74", "2404:6800:4005:80a::200a"])
def test_the_open_internet_may_be_asked(address: str) -> None:
    refuse_inside(ipaddress.ip_address(address))


def test_one_bad_address_among_good_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(2, 1, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: rows)
    with pytest.raises(Refused):
        Outgoing().send("GET", "https://rebinding.example.com/")


def test_a_name_is_looked_up_once_and_connected_to_what_was_found(
    way_out: Outgoing, far_end: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    truly = socket.getaddrinfo

    def look_up(host: str, *args: object, **more: object) -> object:
        asked.append(host)
        return truly("127.0.0.1", *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    way_out.allow_inside(f"http://inside.example.com:{far_end.port}")
    assert way_out.send("GET", f"http://inside.example.com:{far_end.port}/").status == 200
    assert asked == [
        "inside.example.com",
        "127.0.0.1",
    ]  # the second is the system's own, of what is an address


def test_an_origin_that_is_allowed_must_stand_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Outgoing()
    made.allow_inside("http://10.0.0.1:8080")
    with pytest.raises(Refused):
        made.send("GET", "http://10.0.0.1:8080/")


def test_plain_http_goes_to_allowed_origins_alone(way_out: Outgoing, far_end: FarEnd) -> None:
    with pytest.raises(Refused):
        way_out.send("GET", f"http://localhost:{far_end.port}/")
