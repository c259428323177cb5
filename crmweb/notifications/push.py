"""The channel *push*: Web Push (RFC 8030), encrypted (RFC 8291) by the package webpush, signed by us (RFC 8292).

Payload: ``title``, ``body``, ``path`` of the page that it opens, ``tag``; if there are, ``actions`` (``name``,
``label``, ``path`` that takes a POST), ``lang``, ``ttl`` in seconds, ``person`` whose it is (an id as hex). Recipient:
the id of a subscription as hex.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from copy import copy
from datetime import timedelta
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final

import structlog
from pydantic import AnyHttpUrl
from webpush import WebPush, WebPushSubscription
from webpush.types import WebPushKeys
from webpush.vapid import VAPID

from crmweb import clock
from crmweb.config import Settings
from crmweb.db import db, writing
from crmweb.notifications.channels import Message, NotWanted, PermanentFailure, TransientFailure
from crmweb.notifications.endpoints import BadEndpoint, Endpoint
from crmweb.notifications.push_answers import retry_after, tell_admins
from crmweb.notifications.push_words import LONGEST, minimal, spelled
from crmweb.notifications.subscriptions import KEY_PART, NOTE_AGAIN_AFTER, Device, PushSubscription
from crmweb.notifications.vapid import Vapid, vapid
from crmweb.outgoing import Answer, Outgoing, Refused, Unreachable

log = structlog.get_logger(__name__)

LONGEST_TTL: Final = timedelta(days=28)
"""What the strictest push services take."""
USUAL_TTL: Final = timedelta(days=1)
REFUSED_REST: Final = 15 * 60.0
"""Seconds for which a push service that does not know us is left alone."""
WITHIN: Final = 9.0
"""Seconds for one try: two of them, the whole message and the short one, fit into a send."""
CONTACT: Final = "push@example.com"
"""For the package, which wants one; what we sign names ours."""


class Push:
    """Sends to the browsers that subscribed."""

    def __init__(self, settings: Settings, outgoing: Outgoing) -> None:
        self._settings = settings
        self._outgoing = outgoing

    def send(self, message: Message) -> None:
        """See ``Channel.send``."""
        device = self._device(message)
        endpoint = self._endpoint(device)
        db.session.rollback()  # no connection is held while the far end thinks
        message.last_look()
        answer = self._post(endpoint, spelled(message, self._settings.address), message)
        if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            answer = self._post(endpoint, minimal(message, self._settings.address), message)
        self._judge(answer, device, endpoint.host)

    # --- to whom ------------------------------------------------------------------------------------

    def _device(self, message: Message) -> Device:
        """The subscription, if somebody is signed in there still, and the right one."""
        found = Device.find(uuid.UUID(message.recipient), at=clock.now())
        if found is None:
            raise NotWanted("nobody is signed in on this device, or it wants no push any more")
        if message.payload.get("person", found.person_id.hex) != found.person_id.hex:
            raise NotWanted("somebody else is signed in on this device now")
        return found

    def _endpoint(self, device: Device) -> Endpoint:
        """Its address and keys, looked at once more: what was kept long ago, or by another hand, may be anything."""
        if device.key and device.key != self._vapid.public[:KEY_PART]:
            _give_up(device.id)
            raise NotWanted(
                "this device subscribed with another key of ours; it will again when it is opened"
            )
        services = self._settings.push_services
        try:
            return Endpoint.read(device.url, device.p256dh, device.auth, services)
        except BadEndpoint as wrong:
            raise PermanentFailure(str(wrong)) from wrong

    # --- sending ------------------------------------------------------------------------------------

    @cached_property
    def _vapid(self) -> Vapid:
        return vapid(self._settings)

    @cached_property
    def _sealing(self) -> WebPush:
        """Reading the keys takes as long as encrypting a message, so each message gets a copy of this."""
        private, public = self._vapid.pems
        sealing = WebPush(private, public, CONTACT)
        sealing.vapid = _Unsigned(private, public)
        return sealing

    def sealed(self, text: bytes, endpoint: Endpoint) -> bytes:
        """Encrypted for the browser alone."""
        keys = WebPushKeys(auth=endpoint.auth, p256dh=endpoint.p256dh)
        subscription = WebPushSubscription(endpoint=AnyHttpUrl(endpoint.url), keys=keys)
        encrypted: bytes = copy(self._sealing).get(text, subscription).encrypted
        return encrypted

    def _post(self, endpoint: Endpoint, text: bytes, message: Message) -> Answer:
        assert len(text) <= LONGEST
        headers = {
            "TTL": str(_ttl(message)),
            "Urgency": "high",  # a phone that sleeps is woken: somebody is to do something
            "Topic": topic(message.dedupe),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": self._vapid.authorization(endpoint.origin),
        }
        try:
            sealed = self.sealed(text, endpoint)
            return self._outgoing.send("POST", endpoint.url, headers=headers, content=sealed, within=WITHIN)
        except Refused as refused:
            raise PermanentFailure(f"{endpoint.host}: {refused}") from refused
        except Unreachable as away:
            raise TransientFailure(str(away)) from away

    # --- what came back -----------------------------------------------------------------------------

    def _judge(self, answer: Answer, device: Device, host: str) -> None:
        """By RELIABILITY's policy. Raises what it comes to."""
        status = answer.status
        if 200 <= status < 300:
            _took(device)
        elif status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            _give_up(device.id)
            raise PermanentFailure(f"{host} knows this subscription no more ({status})")
        elif status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            said = answer.content[:200].decode("utf-8", "replace")
            log.error("push service refuses us", host=host, status=status, said=said)
            tell_admins(host, status)
            raise TransientFailure(f"{host} refuses us ({status})", rest=REFUSED_REST)
        elif status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS) or status >= 500:
            wait = retry_after(answer.headers.get("retry-after"), at=clock.now())
            raise TransientFailure(f"{host} answered {status}", retry_after=wait)
        else:
            raise PermanentFailure(f"{host} did not take it ({status})")


class _Unsigned(VAPID):  # type: ignore[misc]
    """In place of the package's signature: ours names the port, too, and is used for hours."""

    def get_authorization_header(self, endpoint: Any, subscriber: str, expiration: int) -> str:
        """Nothing."""
        return ""


def topic(dedupe: str) -> str:
    """The same for each resend, so that a push service which still holds the first puts this in its place
    (RFC 8030, 5.4).
    """
    return base64.urlsafe_b64encode(hashlib.sha256(dedupe.encode()).digest()).decode()[:32]


def _ttl(message: Message) -> int:
    """Seconds for which the push service keeps it for a phone that is off."""
    until_stale = message.stale_at - clock.now() if message.stale_at else USUAL_TTL
    ttl = int(message.payload.get("ttl") or until_stale.total_seconds())
    return max(0, min(ttl, int(LONGEST_TTL.total_seconds())))


def _took(device: Device) -> None:
    at = clock.now()
    if device.last_ok_at is None or at - device.last_ok_at >= NOTE_AGAIN_AFTER:
        with writing():
            PushSubscription.note_arrival(device.id, at=at)


def _give_up(device_id: uuid.UUID) -> None:
    with writing():
        PushSubscription.expire(device_id)
