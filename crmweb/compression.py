"""Answers as few bytes: a phone pays for every one of them."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_compress import Compress

from crmweb.config import PROJECT

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
    app.after_request(_take_what_was_pressed_before)


def _take_what_was_pressed_before(answer: Response) -> Response:
    """Built files were pressed as small as they go while there was time (`static/build.mjs`)."""
    if request.endpoint != "static" or answer.status_code != 200 or not request.accept_encodings["br"]:
        return answer
    pressed = PROJECT / f"{request.path.lstrip('/')}.br"
    if request.path.startswith("/static/dist/") and pressed.is_file():
        answer.direct_passthrough = False
        answer.set_data(pressed.read_bytes())
        answer.headers["Content-Encoding"] = "br"
        answer.vary.add("Accept-Encoding")
    return answer


def _leave_the_date_to_the_server(answer: Response) -> Response:
    """Compressing writes one, whoever serves us another, and of two in one answer a phone can read neither."""
    answer.headers.pop("Date", None)
    return answer
