"""The channel *sms*: one POST to a gateway over plain HTTP, answered by its status.

Payload: ``text``. Recipient: a number in E.164. The gateway gets ``to``, ``from``, ``text`` and ``id`` as JSON; ``id``
is the same at each resend, so that it can tell.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote, urlsplit

from crmweb import clock
from crmweb.config import Settings
from crmweb.notifications.channels import Message, PermanentFailure, TransientFailure, wire_id
from crmweb.notifications.push_answers import retry_after
from crmweb.outgoing import Answer, Outgoing, Refused, Unreachable

WITHIN: Final = 10.0
"""Seconds for one try."""
REFUSED_REST: Final = 5 * 60.0
"""Seconds for which a gateway that does not know us is left alone."""

_E164: Final = re.compile(r"\+[1-9]\d{6,14}")
_OURS: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
)
_LATER: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True)
class Gateway:
    """An ``SMS_URL``: where to send, and how we sign in there."""

    url: str
    headers: dict[str, str] = field(repr=False)

    @classmethod
    def read(cls, url: str, token: str) -> Gateway:
        """The name and password of the URL become a header: an address that is asked for names nobody."""
        parts = urlsplit(url)
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        elif parts.username:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return cls(bare, headers)


class Sms:
    """Sends by the gateway of the settings."""

    def __init__(self, settings: Settings, outgoing: Outgoing) -> None:
        self._gateway = Gateway.read(settings.sms_url, settings.sms_token)
        self._from = settings.sms_from
        self._outgoing = outgoing

    @property
    def inside(self) -> str:
        """The gateway's origin where that is plain http, which only loopback may be."""
        parts = urlsplit(self._gateway.url)
        return f"http://{parts.netloc}" if parts.scheme == "http" else ""

    def send(self, message: Message) -> None:
        """See ``Channel.send``."""
        content = self._written(message)
        message.last_look()
        try:
            answer = self._outgoing.send(
                "POST", self._gateway.url, headers=self._gateway.headers, content=content, within=WITHIN
            )
        except Refused as refused:
            raise TransientFailure(f"check SMS_URL: {refused}", rest=REFUSED_REST) from refused
        except Unreachable as away:
            raise TransientFailure(f"the SMS gateway did not answer: {away}") from away
        _judge(answer)

    def _written(self, message: Message) -> bytes:
        text = str(message.payload.get("text", "")).replace("\0", "")
        if not _E164.fullmatch(message.recipient) or not text.strip():
            raise PermanentFailure("an SMS needs a number and words")
        told = {"to": message.recipient, "text": text, "id": wire_id(message.dedupe)}
        return json.dumps({**told, "from": self._from} if self._from else told, ensure_ascii=False).encode()


def _judge(answer: Answer) -> None:
    """By RELIABILITY's policy. What is our settings' fault is tried again: mended, it goes out."""
    status = answer.status
    if 200 <= status < 300:
        return
    if status in _OURS or 300 <= status < 400:
        raise TransientFailure(
            f"the SMS gateway refuses us ({status}): check SMS_URL and SMS_TOKEN", rest=REFUSED_REST
        )
    words = " ".join(answer.content[:200].decode("utf-8", "replace").split())
    if status in _LATER or status >= 500:
        wait = retry_after(answer.headers.get("retry-after"), at=clock.now())
        raise TransientFailure(f"the SMS gateway said {status} {words}", retry_after=wait)
    raise PermanentFailure(f"the SMS gateway did not take it: {status} {words}")
