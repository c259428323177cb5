"""What a push says, spelled so that a browser can show it with our service worker or by itself.

Source: Push API, declarative push messages: ``web_push`` is 8030, ``notification`` has ``title`` and ``navigate``. What
stands beside it is ours: ``actions`` for buttons, and ``key``, which is the same at each resend.
"""

from __future__ import annotations

import json
from typing import Any, Final

from crmweb.notifications.channels import Message

LONGEST: Final = 3993
"""Bytes of plain text that fit into the 4,096 of a message with its header, padding and seal (RFC 8291, 4)."""
LONGEST_TITLE: Final = 200
TITLE_OF_THE_MINIMAL: Final = 60
MORE: Final = "…"


def spelled(message: Message, address: str) -> bytes:
    """The whole message, its text shortened as far as it must be. ``address`` is where people find us."""
    payload = message.payload
    body = str(payload.get("body", ""))[:LONGEST]
    told = {**_frame(message, address, LONGEST_TITLE), "actions": _actions(payload)}
    told["notification"] |= {"body": body, "tag": str(payload.get("tag", ""))[:80], "silent": False}
    while len(text := _bytes(told)) > LONGEST:
        if not body:
            return minimal(message, address)
        body = _shorter(body, by=len(text) - LONGEST)
        told["notification"]["body"] = body
    return text


def minimal(message: Message, address: str) -> bytes:
    """What every push service takes: what it is about, and where."""
    return _bytes(_frame(message, address, TITLE_OF_THE_MINIMAL))


def _frame(message: Message, address: str, longest_title: int) -> dict[str, Any]:
    payload = message.payload
    title = str(payload.get("title", ""))
    notification = {
        "title": title if len(title) <= longest_title else title[: longest_title - 1] + MORE,
        "navigate": f"{address}{payload.get('path', '/')}",
        "lang": payload.get("lang") or "en",
        "dir": "auto",
    }
    return {"web_push": 8030, "notification": notification}


def _actions(payload: Any) -> list[dict[str, str]]:
    """Two at most, as many as Android shows."""
    return [
        {"action": action["name"], "title": action["label"], "path": action["path"]}
        for action in payload.get("actions", ())[:2]
    ]


def _shorter(text: str, *, by: int) -> str:
    """The same without at least so many bytes at its end."""
    kept = text.removesuffix(MORE).encode()[: -(by + len(MORE.encode()))]
    return (kept.decode("utf-8", "ignore").rstrip() + MORE) if kept else ""


def _bytes(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
