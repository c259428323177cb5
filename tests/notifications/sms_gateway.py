"""An SMS gateway on loopback: really spoken to, kind or difficult as a test wants it."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


class SmsGateway:
    """Takes messages on a port of its own. ``status`` and ``headers`` are what it answers; ``hangs``: nothing.
    ``refuses`` are numbers that it does not know.
    """

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.came_at: list[float] = []
        """When each of them did (`time.monotonic`)."""
        self.asked: list[dict[str, str]] = []
        self.status = 202
        self.refuses: set[str] = set()
        self.headers: dict[str, str] = {}
        self.hangs = False
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Counter)
        self._server.gateway = self
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    @property
    def url(self) -> str:
        return f"{self.origin.replace('//', '//lan:p%40ss@')}/send?shop=7"

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    gateway: SmsGateway


class _Counter(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        gateway = cast(_Server, self.server).gateway
        body = self.rfile.read(int(self.headers["Content-Length"]))
        gateway.asked.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
        if gateway.hangs:
            gateway.closing.wait(20)
            return
        if len(body) < int(self.headers["Content-Length"]):
            return  # whoever sent it died in the middle: half a message is none
        message = json.loads(body)
        status = 400 if message["to"] in gateway.refuses else gateway.status
        if 200 <= status < 300:
            gateway.came_at.append(time.monotonic())
            gateway.messages.append(message)
        self.send_response(status)
        for name, value in gateway.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"so said")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
