"""Doing what was held, once its visit is there: by the very views that would have done it, as its author, in order."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog
from flask import Response, current_app, g, request
from sqlalchemy import select
from werkzeug.test import EnvironBuilder

from crmweb import clock, files
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.outbox.models import HELD, NO_VISIT, REFUSED, SETTLED_FOR, WAITS_FOR, Fields, OutboxWrite
from crmweb.scope import act_for, system_access
from crmweb.visits.models import Visit

log = structlog.get_logger("crmweb.outbox")

AT_ONCE: Final = 200
ORDER: Final = {"place": 0, "photo": 2}
"""The place comes first, since what is said of a visit depends on its verdict; photos last, as phones send them."""


@dataclass(frozen=True)
class Held:
    """A held write, away from the session that found it."""

    id: uuid.UUID
    path: str
    key: str
    fields: Fields
    files: list[tuple[str, str, str, str]]
    arrived_at: datetime
    author: Actor

    @classmethod
    def of(cls, write: OutboxWrite, author: User) -> Held:
        actor = Actor.of(author)
        if author.deactivated_at is not None:
            actor = replace(actor, left_at=author.deactivated_at)
        told = [(file.field, file.filename, file.mimetype, file.name) for file in write.files]
        fields = [(name, value) for name, value in write.fields]
        return cls(write.id, write.path, write.key, fields, told, write.arrived_at, actor)


def apply_waiting(visit_id: uuid.UUID) -> None:
    """Do what is held for this visit. It may be asked twice at once: a key is taken once.

    Whatever goes wrong with one is nothing to the others, nor to who asks: the clock tries it again.
    """
    with system_access("what waits for a visit"):
        waiting = list(
            db.session.scalars(
                select(OutboxWrite).where(OutboxWrite.visit_id == visit_id, OutboxWrite.state == HELD)
            )
        )
        waiting.sort(key=_turn)
        found = [Held.of(write, db.session.get_one(User, write.person_id)) for write in waiting]
    for held in found:
        try:
            _settle(held, _do(held))
        except Exception:
            log.exception("held write not applied", write=str(held.id))


def _turn(write: OutboxWrite) -> tuple[int, datetime, uuid.UUID]:
    return ORDER.get(write.act, 1), write.client_at or write.arrived_at, write.id


def _do(held: Held) -> Response:
    """The answer of the view to the write, as it would have been then."""
    with _asked(held) as environ, current_app.app_context(), current_app.request_context(environ):
        g._login_user, g.arrived_at = held.author, held.arrived_at
        act_for(held.author.principal)
        try:
            view: Any = current_app.view_functions[request.endpoint or ""]
            request.max_content_length = getattr(view, "takes", request.max_content_length)
            return current_app.make_response(current_app.ensure_sync(view)(**(request.view_args or {})))
        except Exception as error:
            return current_app.make_response(current_app.handle_user_exception(error))


@contextmanager
def _asked(held: Held) -> Iterator[dict[str, Any]]:
    """The write as a server would hand it to us; a large one lies in a file until it is done."""
    builder = EnvironBuilder(held.path, method="POST", headers=[("Idempotency-Key", held.key)])
    for name, value in held.fields:
        builder.form.add(name, value)
    for field, filename, mimetype, name in held.files:
        with files.open(name) as file:
            builder.files.add_file(field, io.BytesIO(file.read()), filename, mimetype or None)
    if held.files:
        builder.content_type = "multipart/form-data"
    environ = builder.get_environ()
    try:
        yield environ
    finally:
        environ["wsgi.input"].close()
        builder.close()


def _settle(held: Held, answer: Response) -> None:
    """It is done and goes; or it never can be, and lies in quarantine; or it is tried again later."""
    if answer.status_code >= 500:
        log.warning("held write not applied", write=str(held.id), status=answer.status_code)
    elif answer.status_code >= 400:
        told = answer.get_json(silent=True) or {}
        with system_access("a held write that cannot be done"), writing():
            write = db.session.get(OutboxWrite, held.id)
            if write is not None and write.state == HELD:
                visit = db.session.get(Visit, write.visit_id) if write.visit_id else None
                write.customer_id = visit.customer_id if visit else None
                write.quarantine(
                    REFUSED, at=clock.now(), said=told.get("reason", ""), status=answer.status_code
                )
    else:
        forget(held.id)


def forget(*write_ids: uuid.UUID) -> None:
    """What is over goes, its files after it."""
    with system_access("what was held and is done"), writing():
        writes = db.session.scalars(select(OutboxWrite).where(OutboxWrite.id.in_(write_ids))).all()
        names = [file.name for write in writes for file in write.files]
        for write in writes:
            db.session.delete(write)
    for name in names:
        files.delete(name)


# The clock -------------------------------------------------------------------------------------------------


def sweep() -> None:
    """Do what a crash left behind, put aside what waits in vain, and let go what was decided long ago."""
    for visit_id in _that_came():
        apply_waiting(visit_id)
    _put_aside_what_waits_in_vain()
    decided = OutboxWrite.settled_at < clock.now() - SETTLED_FOR
    with system_access("what was decided long ago"):
        old = db.session.scalars(select(OutboxWrite.id).where(decided).limit(AT_ONCE)).all()
    if old:
        forget(*old)


def _that_came() -> list[uuid.UUID]:
    with system_access("what is held"):
        came = (
            select(Visit.id)
            .join(OutboxWrite, OutboxWrite.visit_id == Visit.id)
            .where(OutboxWrite.state == HELD)
        )
        return list(db.session.scalars(came.distinct().limit(AT_ONCE)))


def _put_aside_what_waits_in_vain() -> None:
    at = clock.now()
    late = OutboxWrite.state == HELD, OutboxWrite.arrived_at < at - WAITS_FOR
    with system_access("what waits in vain"):
        if not db.session.scalars(select(OutboxWrite.id).where(*late).limit(1)).all():
            return
        with writing():
            for write in db.session.scalars(select(OutboxWrite).where(*late).limit(AT_ONCE)):
                write.quarantine(NO_VISIT, at=at)
