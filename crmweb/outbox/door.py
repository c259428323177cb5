"""What stands before the views of the field: it holds what comes before its visit, and keeps what cannot be done."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import exists, select
from werkzeug.exceptions import Forbidden, HTTPException, NotFound, UnprocessableEntity

from crmweb import clock
from crmweb.customers.beyond import OLDEST
from crmweb.db import db
from crmweb.idempotency import KeptAnswer, minted_id, sent_key
from crmweb.late import Act
from crmweb.outbox.applying import apply_waiting
from crmweb.outbox.coming import Coming, about, keep_whole, moment
from crmweb.outbox.models import HELD, NO_RIGHT, OLD, QUARANTINED, OutboxWrite
from crmweb.outbox.words import reason_words
from crmweb.scope import act_for, system_access
from crmweb.visits.forms import QUEUED_FROM
from crmweb.visits.models import Visit

WayIn = Callable[[], ResponseReturnValue]


def stand_before(act: Act, arguments: dict[str, Any], enter: WayIn) -> ResponseReturnValue:
    """Let a write by script in, hold it, or keep it in quarantine.

    An act on a visit that is there, and another's, is refused as ever; so is one that was done just now.
    """
    done_at, visit_id = moment(request.form.get("client_at")), act.visit_id(arguments)
    if done_at is not None and done_at < clock.now() - OLDEST and not _answered():
        return _put_aside(OLD, act, arguments)
    if visit_id is not None and _may_come(visit_id) and not _answered():
        return _hold(act, arguments, visit_id)
    try:
        return enter()
    except HTTPException as refused:
        if (kept := _refused_before()) is not None:
            return kept
        if isinstance(refused, NotFound) and visit_id is not None and _is_own(visit_id):
            return enter()  # it came while this was being read: look with fresh eyes
        no_right = isinstance(refused, (NotFound, Forbidden)) and visit_id is None
        if not no_right or not _was_queued(done_at):
            raise
        return _put_aside(NO_RIGHT, act, arguments)


def _refused_before() -> Response | None:
    """What this key heard when it was held, and could not be done when its visit came."""
    db.session.rollback()
    act_for(current_user.principal)
    known = OutboxWrite.known(current_user.id, sent_key() or "")
    return kept_answer(known.id, known.key) if known is not None and known.state == QUARANTINED else None


def _is_own(visit_id: uuid.UUID) -> bool:
    own = exists().where(Visit.id == visit_id, Visit.person_id == current_user.id)
    with system_access("whose visit this is"):
        return bool(db.session.scalar(select(own)))


def _was_queued(done_at: datetime | None) -> bool:
    """Whether it lay in the phone: by then nobody stands before a screen that could say no."""
    return done_at is not None and clock.now() - done_at > QUEUED_FROM


def _answered() -> bool:
    """Whether this key was taken before: whatever became of it since, it hears the same."""
    return db.session.get(KeptAnswer, (current_user.id, sent_key())) is not None


def _may_come(visit_id: uuid.UUID) -> bool:
    """Whether a phone may still bring this visit: nobody has it, nor has it gone again, and its id is of our days."""
    try:
        minted_id(str(visit_id))
    except UnprocessableEntity:
        return False
    with system_access("is this visit there"):
        if db.session.scalar(select(exists().where(Visit.id == visit_id))):
            return False
    gone = exists().where(KeptAnswer.user_id == current_user.id, KeptAnswer.record_id == visit_id)
    return not db.session.scalar(select(gone))


def _hold(act: Act, arguments: dict[str, Any], visit_id: uuid.UUID) -> ResponseReturnValue:
    coming = Coming.read(current_user.id)
    kept = coming.before()
    if kept is None:
        kept = keep_whole(coming, about(coming.write(request.path), act, arguments))
    kept_id = kept.id
    if not _may_come(visit_id):  # it came in this very moment, and did not see what we keep
        apply_waiting(visit_id)
        db.session.rollback()
    return kept_answer(kept_id, coming.key)


def _put_aside(reason: str, act: Act, arguments: dict[str, Any]) -> ResponseReturnValue:
    coming = Coming.read(current_user.id)
    kept = coming.before()
    if kept is None:
        write = about(coming.write(request.path), act, arguments)
        write.quarantine(reason, at=clock.now())
        kept = keep_whole(coming, write)
    return kept_answer(kept.id, coming.key)


def kept_answer(write_id: uuid.UUID, key: str, *, status: int = 202) -> Response:
    """What the phone hears of it: whether it is held or in quarantine, and why; or that it is done by now."""
    write = db.session.get(OutboxWrite, write_id)
    if write is None:
        answer, status = make_response({"saved": True}), 200
    elif write.state == HELD:
        answer = make_response({"held": True})
    else:
        answer = make_response({"quarantined": True, "reason": reason_words(write)})
    answer.status_code = status
    answer.headers["Idempotency-Key"] = key
    return answer
