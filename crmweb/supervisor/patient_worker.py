"""gunicorn's threads, without its patience for strangers: a thread is given whole requests only.

gunicorn lets a thread wait while a request comes, so that eight half requests stop the house; a time limit would only
make it a matter of sending them again. Here the main loop collects requests, and a thread reads what was collected,
never the network. The loop waits for nobody either: gunicorn lingers in it for two seconds a closed connection. An
answer goes into the kernel's buffer at once, whether it is fetched or not.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from time import monotonic
from typing import Any, Final

from gunicorn import http  # type: ignore[import-untyped]
from gunicorn.http.errors import NoMoreData  # type: ignore[import-untyped]
from gunicorn.http.unreader import Unreader  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from crmweb.supervisor.arrivals import Arrival

MOST_CONNECTIONS: Final = 500
"""Fewer than the files that a process may open by default: beyond, who has been sending longest must go."""

LARGE, MOST_LARGE = 64 * 1024, 32
"""Bytes, and how many requests above that a process holds at once: together under 100 MB."""

HUGE, MOST_HUGE = 2 * 1024 * 1024, 6
"""The same of what only photos need: together under 80 MB."""

LINGER: Final = 2.0
"""Seconds for whoever gets an answer to have it before the connection is gone (RFC 9112, section 9.6)."""

UNFETCHED, FETCHED_WITHIN = 512 * 1024, 20
"""Bytes of an answer that the kernel holds, and seconds that a thread waits with what is longer."""

STEP: Final = 64 * 1024
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
REFUSAL = "HTTP/1.1 {}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def _unfetched(line: socket.socket) -> int:
    """Bytes that the other side has not taken yet (`SIOCOUTQ`, tcp(7))."""
    answer = fcntl.ioctl(line, termios.TIOCOUTQ, struct.pack("i", 0))
    return int(struct.unpack("i", answer)[0])


class Collected(Unreader):  # type: ignore[misc]
    """What was collected of a connection; whoever reads beyond learns that there is no more, and never waits.

    It raises instead of returning nothing, so that a connection with half a request is not used again.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.unread(data)

    def chunk(self, size_hint: int | None = None) -> bytes:
        raise NoMoreData()


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """Every method but `handle`, which is gunicorn's, runs in the main loop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worker_connections = MOST_CONNECTIONS
        self.max_keepalived = MOST_CONNECTIONS - self.cfg.threads
        self._arriving: dict[TConn, Arrival] = {}  # who began first stands first
        self._leaving: dict[TConn, float] = {}
        self._large: set[TConn] = set()
        self._huge: set[TConn] = set()
        self._stops_by = float("inf")

    # Coming in -----------------------------------------------------------------------------------------

    def enqueue_req(self, conn: TConn) -> None:
        """Instead of giving the connection to a thread: collect its next request first."""
        early = conn.parser.unreader.take_buffered() if conn.parser else b""
        if not conn.parser:
            self._settle(conn)
        conn.sock.setblocking(False)
        self._arriving[conn] = Arrival()
        self.poller.register(conn.sock, EVENT_READ, partial(self._collect, conn))
        if self.nr_conns >= self.worker_connections and (longest := next(iter(self._arriving))) is not conn:
            self._drop(longest)
        if early:
            self._take(conn, early)

    def _settle(self, conn: TConn) -> None:
        conn.initialized = True
        conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNFETCHED)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", FETCHED_WITHIN, 0))

    def _collect(self, conn: TConn, _socket: object) -> None:
        if conn not in self._arriving:
            return  # dropped by what happened a moment before
        try:
            more = conn.sock.recv(STEP)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        if more:
            self._take(conn, more)
        else:
            self._drop(conn)

    def _take(self, conn: TConn, more: bytes) -> None:
        arrival = self._arriving[conn]
        arrival.take(more)
        if len(arrival.data) > LARGE:
            self._hold(conn, self._large, MOST_LARGE)
        if len(arrival.data) > HUGE and conn in self._arriving:
            self._hold(conn, self._huge, MOST_HUGE)
        if conn in self._arriving:
            self._judge(conn, arrival)

    def _hold(self, conn: TConn, held: set[TConn], most: int) -> None:
        """One more; of too many, who has been sending longest must go."""
        held.add(conn)
        if len(held) > most:
            self._refuse(next(each for each in self._arriving if each in held), "503 Service Unavailable")

    def _let_go(self, conn: TConn) -> None:
        self._large.discard(conn)
        self._huge.discard(conn)

    def _judge(self, conn: TConn, arrival: Arrival) -> None:
        if arrival.head_too_large:
            self._refuse(conn, "431 Request Header Fields Too Large")
        elif arrival.whole and _unfetched(conn.sock) > STEP:
            self._drop(conn)  # it asks on and fetches nothing: the next answer would not fit
        elif arrival.whole:
            self._hand_over(conn, bytes(arrival.data))
        elif arrival.expects_word:
            arrival.expects_word = False
            self._say(conn, GO_ON)

    def _hand_over(self, conn: TConn, data: bytes) -> None:
        del self._arriving[conn]
        self.poller.unregister(conn.sock)
        conn.parser.unreader = Collected(data)
        super().enqueue_req(conn)

    # Going out -----------------------------------------------------------------------------------------

    def finish_request(self, conn: TConn, fs: Future[bool]) -> None:
        self._let_go(conn)
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        else:
            self._leave(conn)

    def _refuse(self, conn: TConn, why: str) -> None:
        del self._arriving[conn]
        self._let_go(conn)
        self.poller.unregister(conn.sock)
        self._say(conn, REFUSAL.format(why).encode())
        self._leave(conn)

    def _say(self, conn: TConn, words: bytes) -> None:
        with suppress(OSError):  # whoever does not listen finds out
            conn.sock.send(words)

    def _leave(self, conn: TConn) -> None:
        """Close after the other side has, without waiting for that."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
        else:
            self._leaving[conn] = monotonic() + LINGER
            self.poller.register(conn.sock, EVENT_READ, partial(self._see_off, conn))

    def _see_off(self, conn: TConn, _socket: object) -> None:
        try:
            if conn in self._leaving and not conn.sock.recv(STEP):
                self._drop(conn)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(conn)

    def _drop(self, conn: TConn) -> None:
        self._arriving.pop(conn, None)
        self._leaving.pop(conn, None)
        self._let_go(conn)
        self.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    # Time ----------------------------------------------------------------------------------------------

    def murder_pending(self) -> None:
        """gunicorn calls this at least once a second: end what takes too long."""
        now = monotonic()
        for conn, arrival in list(self._arriving.items()):
            if now > min(arrival.deadline, self._stops_by):
                self._refuse(conn, "408 Request Timeout") if arrival.data else self._drop(conn)
        for conn, until in list(self._leaving.items()):
            if now > until:
                self._drop(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """gunicorn calls this when it begins to stop."""
        super()._cap_keepalive(deadline)
        self._stops_by = deadline
