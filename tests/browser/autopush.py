"""The push service of a Firefox, on loopback: messages come by HTTP and go on over a socket that the browser holds.

It checks what Mozilla's checks, and keeps a message until the browser says that it has it, so that one which was closed
gets it when it is opened again. The words on the socket are those of Mozilla's autopush.
"""

from __future__ import annotations

import json
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests.notifications.push_house import Got, PushService, Says, base64url, signed_by


@dataclass(frozen=True)
class Channel:
    """One subscription: whose browser's, and the key that may push to it."""

    browser: str
    key: str


class Autopush(PushService):
    """A push service with browsers at its other side."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.acknowledged: list[int] = []
        self._channels: dict[str, Channel] = {}
        self._open: dict[str, ServerConnection] = {}
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._sockets = serve(self._listen, "127.0.0.1", 0, subprotocols=["push-notification"])  # type: ignore[list-item]
        self.address = f"ws://127.0.0.1:{self._sockets.socket.getsockname()[1]}/"
        threading.Thread(target=self._sockets.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._sockets.shutdown()
        super().close()

    @property
    def connected(self) -> bool:
        return bool(self._open)

    def take(self, got: Got) -> Says:
        """From the product to the browser, now or when it comes back."""
        channel = self._channels.get(got.path.rpartition("/")[2])
        if channel is None:
            return Says(410)
        if flaw := self._flaw(got, channel):
            self.refused.append(flaw)
            return Says(401)
        super().take(got)
        told = {
            "messageType": "notification",
            "channelID": got.path.rpartition("/")[2],
            "version": uuid.uuid4().hex,
            "data": base64url(got.content),
            "headers": {"encoding": "aes128gcm"},
        }
        self._waiting.setdefault(channel.browser, []).append(told)
        if browser := self._open.get(channel.browser):
            browser.send(json.dumps(told))
        return Says(201)

    def _flaw(self, got: Got, channel: Channel) -> str:
        """What is wrong with a message; nothing if all is well."""
        try:
            key, claims = signed_by(got.headers, self.origin)
        except Exception as wrong:
            return repr(wrong)
        right = {
            "signed with the key it was subscribed with": key.rstrip("=") == channel.key.rstrip("="),
            "says whom to write to": claims["sub"].startswith("mailto:"),
            "says how long to keep it": got.headers["TTL"].isdecimal(),
            "encrypted": got.headers["Content-Encoding"] == "aes128gcm",
            "not too long": len(got.content) <= 4096,
        }
        return ", ".join(what for what, holds in right.items() if not holds)

    def _listen(self, socket: ServerConnection) -> None:
        """One browser, until it goes."""
        browser = ""
        with suppress(ConnectionClosed):
            for text in socket:
                said = json.loads(text)
                if said.get("messageType") == "hello":
                    browser = said.get("uaid") or uuid.uuid4().hex
                    self._open[browser] = socket
                for answer in self._answers(said, browser):
                    socket.send(json.dumps(answer))
        self._open.pop(browser, None)

    def _answers(self, said: dict[str, Any], browser: str) -> list[dict[str, Any]]:
        kind, channel = said.get("messageType"), said.get("channelID", "")
        match kind:
            case None:
                return [{}]  # it asks whether we are there
            case "hello":
                hello = {"messageType": "hello", "uaid": browser, "status": 200, "use_webpush": True}
                return [{**hello, "broadcasts": {}}, *self._waiting.get(browser, [])]
            case "register":
                self._channels[channel] = Channel(browser, said.get("key", ""))
                endpoint = f"{self.origin}/wpush/v2/{channel}"
                return [{"messageType": kind, "channelID": channel, "status": 200, "pushEndpoint": endpoint}]
            case "unregister":
                self._channels.pop(channel, None)
                return [{"messageType": kind, "channelID": channel, "status": 200}]
            case "ack":
                self._forget(browser, said["updates"])
        return []

    def _forget(self, browser: str, updates: list[dict[str, Any]]) -> None:
        self.acknowledged += [update["code"] for update in updates]
        done = {update["version"] for update in updates}
        waiting = self._waiting.get(browser, [])
        self._waiting[browser] = [told for told in waiting if told["version"] not in done]
