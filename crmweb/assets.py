"""The names of the built files: each carries its content's hash, so that it can be cached for ever."""

from __future__ import annotations

import json
from functools import lru_cache

from flask import Flask

from crmweb.config import PROJECT

MANIFEST = PROJECT / "static" / "dist" / "manifest.json"


class NotBuilt(RuntimeError):
    """The assets are missing: `make run` builds them, and so does `npm run build`."""


@lru_cache(maxsize=1)
def _manifest(_built_at: float) -> dict[str, str]:
    names: dict[str, str] = json.loads(MANIFEST.read_text())
    return names


def asset(name: str) -> str:
    """The path of a built file, by the name it was written under. Raises `NotBuilt`."""
    try:
        return f"/static/dist/{_manifest(MANIFEST.stat().st_mtime)[name]}"
    except FileNotFoundError:
        raise NotBuilt(NotBuilt.__doc__) from None


def init_app(app: Flask) -> None:
    app.jinja_env.globals["asset"] = asset
