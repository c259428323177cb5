"""The web server: gunicorn with threads, in a few processes, on a socket that the supervisor holds open.

The socket outlives the server, so while it is started again requests wait a moment instead of being refused.
granian was measured beside it on 2 cores: 0.3 ms of CPU less a request of 1.6 ms, nothing on a page of 17 ms.
It takes 10 MB more, cannot be handed a socket and cannot share the memory of the supervisor: not worth it.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Final

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from crmweb.supervisor.patient_worker import PatientWorker

THREADS: Final = 8
KEEP_ALIVE: Final = 75
"""Seconds that a silent connection stays open: a phone far away pays two or three round trips for another one."""


class _Gunicorn(BaseApplication):  # type: ignore[misc]
    """gunicorn, told by us and not by a command line. Its workers are forks that find the app imported."""

    def __init__(self, app: Flask, options: Mapping[str, object]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def serve(app: Flask, listener: socket.socket, processes: int) -> None:
    """Answer requests until told to stop. No access log: the app writes its own, without query strings."""
    options = {
        "bind": f"fd://{listener.fileno()}",
        "workers": processes,
        "worker_class": PatientWorker,
        "threads": THREADS,
        "keepalive": KEEP_ALIVE,
        "control_socket_disable": True,
        "graceful_timeout": 8,
        "timeout": 60,
        "limit_request_line": 8190,
        "loglevel": "warning",
    }
    _Gunicorn(app, options).run()
