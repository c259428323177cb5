"""The port: opened once by the supervisor, which keeps it open while the web server behind it comes and goes."""

from __future__ import annotations

import errno
import http.client
import socket
from ipaddress import ip_address
from typing import Final

from crmweb.config import Settings

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
