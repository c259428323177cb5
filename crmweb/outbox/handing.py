"""What a phone hands over since we refused it: a copy here, so that it is not lost with the phone."""

from __future__ import annotations

import json
import uuid
from typing import Any, Final

from flask import current_app, request
from flask_login import current_user
from sqlalchemy import select
from werkzeug.exceptions import HTTPException, UnprocessableEntity
from werkzeug.routing import RequestRedirect

from crmweb import clock
from crmweb.browser import SAFE_METHODS
from crmweb.customers.fields import one_line
from crmweb.db import db
from crmweb.idempotency import LONGEST_KEY
from crmweb.languages import gettext as _
from crmweb.late import Act
from crmweb.outbox.coming import LONGEST_PATH, Coming, about, keep_whole, moment
from crmweb.outbox.models import REFUSED, Fields, OutboxWrite
from crmweb.visits.models import Visit
from crmweb.web import local_path

METHODS: Final = ("POST", "PUT", "PATCH", "DELETE")
MOST_FIELDS: Final = 500


def take_copy() -> tuple[OutboxWrite, bool]:
    """Keep what this request hands over; returns it, and whether it is new.

    Raises UnprocessableEntity for what is no write of ours.
    """
    coming = Coming.read(current_user.id, handed=True)
    if (known := coming.before()) is not None:
        return known, False
    fields, path = _fields(request.form.get("fields", "")), _path(request.form.get("path", ""))
    write = coming.write(path)
    write.method, write.fields = _method(request.form.get("method", "")), [list(pair) for pair in fields]
    write.item_key = (request.form.get("key") or coming.key)[:LONGEST_KEY]
    write.client_at = moment(write.field("client_at")) or coming.client_at
    write.app_version = coming.app_version or one_line(request.form.get("version"))[:40]
    _say_what_it_was(write, path)
    said = one_line(request.form.get("reason"))
    write.quarantine(REFUSED, at=clock.now(), said=said, status=_status(request.form.get("status", "")))
    return keep_whole(coming, write), True


def _say_what_it_was(write: OutboxWrite, path: str) -> None:
    """As far as the address tells; it may be one that no version of ours knows any more."""
    act, arguments = _matched(path, write.method)
    if act is None:
        return
    about(write, act, arguments)
    if write.customer_id is None and write.visit_id is not None:
        own = Visit.id == write.visit_id, Visit.person_id == current_user.id
        write.customer_id = db.session.scalar(select(Visit.customer_id).where(*own))


def _matched(path: str, method: str) -> tuple[Act | None, dict[str, Any]]:
    try:
        endpoint, arguments = current_app.url_map.bind("").match(path.partition("?")[0], method)
    except (HTTPException, RequestRedirect):
        return None, {}
    return getattr(current_app.view_functions[endpoint], "act", None), dict(arguments)


def _path(text: str) -> str:
    if not text or len(text) > LONGEST_PATH or local_path(text) != text:
        raise UnprocessableEntity(_("The path of the write is one of ours, such as /visits/…/finish."))
    return text


def _method(text: str) -> str:
    method = (text or "POST").upper()
    if method in SAFE_METHODS or method not in METHODS:
        raise UnprocessableEntity(_("The method is one that writes."))
    return method


def _status(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 3 else None


def _fields(text: str) -> Fields:
    """The fields as JSON: pairs of name and value, or values by name. Raises UnprocessableEntity."""
    try:
        told = json.loads(text or "[]")
        pairs = [(name, value) for name, value in (told.items() if isinstance(told, dict) else told)]
        spread = [
            (name, each) for name, value in pairs for each in (value if isinstance(value, list) else [value])
        ]
    except (ValueError, TypeError, RecursionError):
        raise UnprocessableEntity(_("The fields are JSON: names and values.")) from None
    if len(spread) > MOST_FIELDS or not all(isinstance(part, str) for pair in spread for part in pair):
        raise UnprocessableEntity(_("The fields are JSON: names and values."))
    return [(_clean(name), _clean(value)) for name, value in spread]


def _clean(text: str) -> str:
    """Without what no text holds: a NUL, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def own(id: uuid.UUID) -> OutboxWrite | None:
    """One of one's own that waits in quarantine, decided or not."""
    write = db.session.get(OutboxWrite, id)
    mine = write is not None and write.person_id == current_user.id and write.quarantined_at is not None
    return write if mine else None
