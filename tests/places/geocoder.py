"""A geocoder on loopback that speaks as much of Nominatim as we use."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Geocoder:
    """`places` by the address asked; `status` and `delay_s` make it fail or hang."""

    def __init__(self) -> None:
        self.places: dict[str, list[dict[str, Any]]] = {}
        self.status, self.delay_s = 200, 0.0
        self.asked: list[str] = []
        self.agents: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    @property
    def setting(self) -> str:
        return f"nominatim:http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        geocoder = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = parse_qs(urlsplit(self.path).query)["q"][0]
                geocoder.asked.append(address)
                geocoder.agents.append(self.headers["User-Agent"])
                time.sleep(geocoder.delay_s)
                body = json.dumps(geocoder.places.get(address, [])).encode()
                self.send_response(geocoder.status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Silence: the tests look at `asked`."""

        return Handler
