"""The web server: gunicorn with threads, one process, on a socket that the supervisor holds open.

The socket outlives the server, so while it is started again requests wait a moment instead of being refused.
granian was measured beside it on 2 cores: 0.3 ms of CPU less a request of 1.6 ms, nothing on a page of 17 ms.
It takes 10 MB more, cannot be handed a socket and cannot share the memory of the supervisor: not worth it.
"""

from __future__ import annotations

import errno
import http.client
import socket
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from crmweb.config import Settings

THREADS: Final = 8
BACKLOG: Final = 256


class PortTaken(Exception):
    """Something else listens there."""


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens on ``host`` and ``port``. Raises PortTaken, with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTaken(_why(error, host, port)) from error
    listener.listen(BACKLOG)
    return listener


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is taken: stop what listens there, or set PORT to another"
    return f"cannot listen on {host} port {port}: {error.strerror}"


class _Gunicorn(BaseApplication):  # type: ignore[misc]
    """gunicorn, told by us and not by a command line. Its worker is a fork that finds the app imported."""

    def __init__(self, app: Flask, options: Mapping[str, object]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def serve(app: Flask, listener: socket.socket) -> None:
    """Answer requests until told to stop. No access log: the app writes its own, without query strings."""
    options = {
        "bind": f"fd://{listener.fileno()}",
        "workers": 1,
        "worker_class": "gthread",
        "threads": THREADS,
        "control_socket_disable": True,
        "graceful_timeout": 8,
        "timeout": 60,
        "loglevel": "warning",
    }
    _Gunicorn(app, options).run()


def answers(settings: Settings) -> bool:
    """Whether the app answers by now; that the port is open says nothing, the supervisor holds it."""
    connection = http.client.HTTPConnection(_reachable(settings.host), settings.port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    """Where a server that listens on ``host`` is reached from this machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return {4: "127.0.0.1", 6: "::1"}[address.version] if address.is_unspecified else host
