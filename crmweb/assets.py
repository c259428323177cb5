"""The names of the built files: each carries its content's hash, so that it can be cached for ever."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from time import monotonic

from flask import Flask

from crmweb.config import PROJECT

MANIFEST = PROJECT / "static" / "dist" / "manifest.json"


class NotBuilt(RuntimeError):
    """The assets are missing: `make run` builds them, and so does `npm run build`."""


@lru_cache(maxsize=1)
def _manifest(_second: int) -> dict[str, str]:
    names: dict[str, str] = json.loads(MANIFEST.read_text())
    return names


def asset(name: str) -> str:
    """The path of a built file, by the name it was written under; a new build is noticed within a second.

    Raises `NotBuilt`.
    """
    try:
        return f"/static/dist/{_manifest(int(monotonic()))[name]}"
    except FileNotFoundError:
        raise NotBuilt(NotBuilt.__doc__) from None


def built(name: str) -> Path:
    """The built file itself. Raises `NotBuilt`."""
    return PROJECT / asset(name).lstrip("/")


def build_id() -> str:
    """The same for as long as every built file and every template is. Raises `NotBuilt`."""
    asset("app.js")
    names = _manifest(int(monotonic())).values()
    return hashlib.sha256(f"{sorted(names)}{_templates()}".encode()).hexdigest()[:12]


@lru_cache(maxsize=1)
def _templates() -> str:
    """A mark of all templates as they were when this process began."""
    mark = hashlib.sha256()
    for template in sorted((PROJECT / "templates").rglob("*.html")):
        mark.update(template.read_bytes())
    return mark.hexdigest()


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(asset=asset, build=build_id)
