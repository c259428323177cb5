"""Structured logs: JSON in production, readable in development, and never a secret in either.

Call ``structlog.get_logger()`` and log events with keys. What a request or job is about (``request_id``,
``job``) is bound once through ``structlog.contextvars`` and stands on every line. The standard library's
loggers (RQ, Alembic, gunicorn) come out through the same door.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"

# Parts of a key's name that mark its value as nobody's business but its owner's.
_SECRET_KEY = re.compile(
    r"password|passwd|secret|token|cookie|authorization|api_key|signature|link|otp", re.I
)
# A URL's password and its query: links carry tokens there, searches carry people's names.
_URL_PASSWORD = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]*(?=@)")
_QUERY = re.compile(r"(?<=[^\s?])\?[^\s\"'<>]*=[^\s\"'<>]*")
# Addresses whose last part is itself a secret.
_SECRET_PATHS = ("/join/", "/reset/", "/setup/", "/session/link/")
_SECRET_PATH = re.compile(rf"(?:{'|'.join(f'(?<={part})' for part in _SECRET_PATHS)})[^/\s?\"']+")


def without_secrets(text: str) -> str:
    """``text`` with passwords in URLs, query strings and one-time tokens taken out."""
    if "://" in text:
        text = _URL_PASSWORD.sub(HIDDEN, text)
    if "?" in text:
        text = _QUERY.sub("?" + HIDDEN, text)
    return _SECRET_PATH.sub(HIDDEN, text) if any(part in text for part in _SECRET_PATHS) else text


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: the last look at a line before it is written."""
    return _hidden(event)


def _hidden(values: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: HIDDEN if _is_secret(key) else _clean(value) for key, value in values.items()}


@lru_cache(1_000)
def _is_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def _clean(value: object) -> object:
    if isinstance(value, str):
        return without_secrets(value) if "/" in value or "?" in value else value
    if isinstance(value, dict):
        return _hidden(value)
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def set_up(env: str, *, level: int = logging.INFO, to: TextIO | None = None) -> None:
    """Send structlog and the standard library's logging to standard error, or `to` another, one line an event.

    ``env`` is the setting ``CRMWEB_ENV``: ``production`` writes JSON, anything else what a person likes
    to read. Our own lines take no way through the standard library's records, which cost twice as much as the line.
    """
    renderer = _renderer(env)
    _OurLines.to = to
    _OfRequests.renderer, _OfRequests.heard = renderer, level <= logging.INFO
    # Loggers that have spoken keep this very list: it is changed, and not replaced.
    _PROCESSORS[:] = [structlog.contextvars.merge_contextvars, *_always(), renderer]
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=_OurLines,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.PositionalArgumentsFormatter(),
                *_always(),
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    _quieten()


def tell_of_request(**said: Any) -> None:
    """The line that each request leaves: the same as by a logger, whose way there costs more than the line."""
    if (renderer := _OfRequests.renderer) is None:
        structlog.get_logger(_OfRequests.name).info("request", **said)
    elif _OfRequests.heard:
        at = f"{datetime.now(UTC).replace(tzinfo=None).isoformat()}Z"
        line = _hidden(
            {**said, "event": "request", "logger": _OfRequests.name, "level": "info", "timestamp": at}
        )
        _REQUESTS.msg(str(renderer(None, "info", line)))


class _OfRequests:
    """How their lines are written since `set_up`; before, a test listens."""

    name = "crmweb.web"
    renderer: Processor | None = None
    heard = True


_PROCESSORS: list[Processor] = []


class _OurLines:
    """Writes our own lines where `set_up` said last; it knows its name, as the standard library's loggers do."""

    to: TextIO | None = None
    _one_at_a_time = Lock()

    def __init__(self, name: str = "crmweb") -> None:
        self.name = name

    def msg(self, line: str) -> None:
        """A line that cannot be written costs nobody their answer: the disk under a log may be full."""
        stream = self.to or sys.stderr
        with self._one_at_a_time, suppress(OSError, ValueError):
            stream.write(f"{line}\n")
            stream.flush()

    debug = info = warning = error = critical = exception = log = msg


_REQUESTS = _OurLines(_OfRequests.name)


def _always() -> list[Processor]:
    """For our own lines and the libraries' alike."""
    return [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]


def _in_json(event: EventDict, **_options: Any) -> str:
    return _JSON.encode(event)


# What is no JSON is told by its `repr`, as structlog does; its own way builds an encoder for each line.
_JSON = json.JSONEncoder(ensure_ascii=False, default=repr)


def _renderer(env: str) -> Processor:
    if env == "production":
        return structlog.processors.JSONRenderer(serializer=_in_json)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        pad_event_to=0,
        sort_keys=False,
        exception_formatter=structlog.dev.plain_traceback,  # the other one would show what variables hold
    )


def _quieten() -> None:
    """RQ and Alembic narrate; only what they warn of is news."""
    for name in ("rq.worker", "rq.job", "rq.queue", "alembic", "alembic.runtime.migration"):
        logging.getLogger(name).setLevel(logging.WARNING)
