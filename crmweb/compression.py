"""Answers as few bytes: a phone pays for every one of them."""

from __future__ import annotations

from flask import Flask, Response
from flask_compress import Compress

COMPRESSION = {
    "COMPRESS_ALGORITHM": ["br", "gzip"],
    "COMPRESS_ALGORITHM_STREAMING": ["br", "gzip"],
    "COMPRESS_MIMETYPES": [
        "text/html", "text/css", "text/javascript", "text/plain", "application/json", "image/svg+xml",
        "application/manifest+json",
    ],
    "COMPRESS_MIN_SIZE": 500,
    "COMPRESS_BR_LEVEL": 5,
}  # fmt: skip
"""No page holds a secret beside what a stranger could make it say (BREACH)."""


def init_app(app: Flask) -> None:
    """Whoever calls it first has it touch answers last. Each answer has one `Date`, of whoever serves us."""
    app.config.update(COMPRESSION)
    app.after_request(_leave_the_date_to_the_server)
    Compress().init_app(app)


def _leave_the_date_to_the_server(answer: Response) -> Response:
    """Compressing writes one, whoever serves us another, and of two in one answer a phone can read neither."""
    answer.headers.pop("Date", None)
    return answer
