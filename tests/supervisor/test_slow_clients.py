"""Strangers who send half a request, or fetch no answer, take nothing from the others."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from crmweb.config import PROJECT
from crmweb.supervisor.arrivals import HEAD_WITHIN
from crmweb.supervisor.patient_worker import HUGE, MOST_CONNECTIONS, MOST_HUGE, MOST_LARGE
from crmweb.web import LARGEST_BODY, LARGEST_UPLOAD
from tests.supervisor.product import Product, free_port, until

pytestmark = pytest.mark.slow

HEAD = "POST /language HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
FORM = "lang=vi&next=/session/new"
WHOLE = f"{HEAD}Sec-Fetch-Site: same-origin\r\nContent-Length: {len(FORM)}\r\n\r\n{FORM}"
HALF = {
    "half a line": "GET /healthz HT",
    "half a head": "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    "no body": f"{HEAD}Content-Length: 100\r\n\r\n",
    "half a body": f"{HEAD}Content-Length: 100\r\n\r\nlang=vi",
    "half a chunk": f"{HEAD}Transfer-Encoding: chunked\r\n\r\n64\r\nlang=vi",
}
BROKEN = {
    "a size that is none": "hello\r\n",
    "a size below zero": "-5\r\nlang=vi\r\n0\r\n\r\n",
    "a chunk that is longer than it says": "3\r\nlang=vi\r\n0\r\n\r\n",
    "an extension that is none": "7;\x01\r\nlang=vi\r\n0\r\n\r\n",
    "a trailer that is none": "7\r\nlang=vi\r\n0\r\nno header\r\n\r\n",
}


@pytest.fixture(scope="module")
def started_by_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    product = Product(tmp_path_factory.mktemp("slow"), "--no-demo", WEB_CONCURRENCY="1").ready()
    yield product.port
    product.end()


@pytest.fixture(scope="module")
def started_by_procfile(_migrated: Path) -> Iterator[int]:
    (web,) = re.findall(r"^web: (.*)$", (PROJECT / "Procfile").read_text(), re.MULTILINE)
    port, tools = free_port(), f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    own = {"PATH": tools, "PORT": str(port), "WEB_CONCURRENCY": "1"}
    home = {"CRMWEB_ENV": "development", "CRMWEB_HOME": str(_migrated)}
    command = re.sub(r"gunicorn(.*)--bind [^:]+:", r"exec gunicorn\1--bind 127.0.0.1:", web)
    process = subprocess.Popen(["sh", "-c", command], cwd=PROJECT, env={**os.environ, **own, **home})
    until(lambda: _answers(port), within=30)
    yield port
    process.terminate()
    process.wait(15)


@pytest.fixture(params=["started_by_run", "started_by_procfile"])
def port(request: pytest.FixtureRequest) -> int:
    return int(request.getfixturevalue(request.param))


def _answers(port: int) -> bool:
    try:
        return _status(port, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") == 200
    except OSError:
        return False


def _line(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def _status(port: int, *pieces: str) -> int:
    """The status that answers a request sent in these pieces; raises OSError when none comes within 5 s."""
    with _line(port) as line:
        for piece in pieces:
            line.sendall(piece.encode())
            time.sleep(0.05)
        return int(line.recv(4096).split()[1])


@contextmanager
def _strangers(port: int, sent: str, how_many: int = 20) -> Iterator[list[socket.socket]]:
    with ExitStack() as open_:
        lines = [open_.enter_context(_line(port)) for _ in range(how_many)]
        for line in lines:
            line.sendall(sent.encode())
        time.sleep(0.3)
        yield lines


@pytest.mark.parametrize("sent", HALF.values(), ids=HALF)
def test_twenty_half_requests_hold_nobody_up(port: int, sent: str) -> None:
    with _strangers(port, sent):
        begun = time.monotonic()
        assert _answers(port)
        assert _status(port, WHOLE) == 303
        assert time.monotonic() - begun < 2


def test_whoever_drips_is_told_that_it_took_too_long(port: int) -> None:
    with _strangers(port, HALF["half a line"], 1) as (line,):
        line.settimeout(0.5)
        begun, heard = time.monotonic(), b""
        while not heard and time.monotonic() - begun < HEAD_WITHIN + 5:
            line.sendall(b"x")
            try:
                heard = line.recv(100)
            except TimeoutError:
                continue
        assert heard.startswith(b"HTTP/1.1 408 ")
        assert HEAD_WITHIN - 1 < time.monotonic() - begun < HEAD_WITHIN + 3


def test_more_strangers_than_there_is_room_for_make_room(port: int) -> None:
    with _strangers(port, HALF["half a head"], MOST_CONNECTIONS + 20):
        assert _answers(port)


def test_many_large_half_bodies_do_not_fill_the_memory(port: int) -> None:
    large = f"{HEAD}Content-Length: {LARGEST_BODY}\r\n\r\n" + "x" * 200_000
    with _strangers(port, large, MOST_LARGE + 8) as lines:
        assert _status(port, WHOLE) == 303
        for line in lines[:8]:
            assert line.recv(100).startswith(b"HTTP/1.1 503 ")


def test_nor_do_a_few_huge_ones(port: int) -> None:
    huge = f"{HEAD}Content-Length: {LARGEST_UPLOAD}\r\n\r\n" + "x" * (HUGE + 1000)
    with _strangers(port, huge, MOST_HUGE + 3) as lines:
        assert _status(port, WHOLE) == 303
        refused = [line.recv(100).startswith(b"HTTP/1.1 503 ") for line in lines[:3]]
        assert refused == [True, True, True]


def test_more_than_a_view_takes_is_refused_in_words(port: int) -> None:
    large = f"{HEAD}Sec-Fetch-Site: same-origin\r\nContent-Length: {LARGEST_BODY + 1}\r\n\r\n"
    assert _status(port, large, "x" * (LARGEST_BODY + 1)) == 413


def test_whoever_keeps_a_closed_connection_holds_nobody_up(port: int) -> None:
    with _strangers(port, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"):
        begun = time.monotonic()
        assert _answers(port)
        assert time.monotonic() - begun < 1


def test_whoever_fetches_no_answer_holds_nobody_up(port: int) -> None:
    script = max((PROJECT / "static" / "dist").glob("*.js"), key=lambda path: path.stat().st_size)
    asked = f"GET /static/dist/{script.name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with ExitStack() as open_:
        for _ in range(20):
            line = open_.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            line.connect(("127.0.0.1", port))
            line.sendall(asked.encode())
            time.sleep(0.1)
            line.sendall(asked.encode() * 40)
        assert _answers(port)


# --- and everybody else is served as before -------------------------------------------------------------


def test_a_request_in_pieces_is_one_request(port: int) -> None:
    assert _status(port, WHOLE[:30], WHOLE[30:-5], WHOLE[-5:]) == 303


def test_a_form_in_chunks_is_read(port: int) -> None:
    head = f"{HEAD}Sec-Fetch-Site: same-origin\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert _status(port, head, f"{len(FORM):x}\r\n{FORM}\r\n", "0\r\n\r\n") == 303


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("script", ["", "Idempotency-Key: k\r\n"], ids=["a form", "a script"])
def test_broken_chunks_are_refused_in_words_and_end_the_connection(port: int, script: str, sent: str) -> None:
    head = f"{HEAD}Sec-Fetch-Site: same-origin\r\n{script}Transfer-Encoding: chunked\r\n\r\n"
    after = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with _line(port) as line:
        line.sendall(f"{head}{sent}{after}".encode())
        heard = b""
        while more := line.recv(65536):
            heard += more
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert (b"The body came in broken chunks." if script else b"This request cannot be read") in heard
    assert heard.count(b"HTTP/1.1 ") == 1


def test_two_requests_sent_at_once_get_two_answers(port: int) -> None:
    one = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with _line(port) as line:
        line.sendall((one + one).encode())
        heard = b""
        while heard.count(b"HTTP/1.1 200 ") < 2:
            heard += line.recv(4096)


def test_whoever_asks_first_is_told_to_go_on(port: int) -> None:
    head, body = WHOLE.split("\r\n\r\n")
    with _line(port) as line:
        line.sendall(f"{head}\r\nExpect: 100-continue\r\n\r\n".encode())
        assert line.recv(4096).startswith(b"HTTP/1.1 100 ")
        line.sendall(body.encode())
        heard = b""
        while b" 303 " not in heard:  # the line stays open after it, so nothing more may come
            heard += (more := line.recv(4096))
            assert more, heard


def test_what_is_too_large_is_refused_and_never_taken_for_the_next_request(port: int) -> None:
    head = f"{HEAD}Sec-Fetch-Site: same-origin\r\nContent-Length: {LARGEST_UPLOAD * 2}\r\n\r\n"
    with _line(port) as line:
        line.sendall(head.encode())
        heard = line.recv(65536)
        assert heard.startswith(b"HTTP/1.1 413 ")
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        while more := line.recv(65536):
            heard += more
        assert heard.count(b"HTTP/1.1 ") == 1
