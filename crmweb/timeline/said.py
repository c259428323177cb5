"""An entry of the timeline in words."""

from __future__ import annotations

from typing import NamedTuple


class Said(NamedTuple):
    """An entry in words: what, and more about it; `icon` in a drop of `shape`. `quote` is somebody's own words."""

    icon: str
    title: str
    detail: str = ""
    quote: str = ""
    shape: str = ""
