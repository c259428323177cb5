"""Answers as few bytes: a phone pays for every one of them."""

from __future__ import annotations

from flask import Flask
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
    """Whoever calls it first has it touch answers last."""
    app.config.update(COMPRESSION)
    Compress().init_app(app)
