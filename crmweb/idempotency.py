"""Writes that survive: a repeat of the same key gives the same answer, whoever repeats it, however late.

Sources: the Idempotency-Key header (IETF httpapi draft), UUIDv7 (RFC 9562).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec
from urllib.parse import quote

from flask import Response, abort, current_app, g, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import ForeignKey, LargeBinary, String, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import Conflict, NotFound, UnprocessableEntity

from crmweb import audit, clock, late
from crmweb.browser import on_https
from crmweb.db import Model, db
from crmweb.languages import gettext as _
from crmweb.outbox_answers import wants_record
from crmweb.scope import act_for, system_access
from crmweb.web import go, say

P = ParamSpec("P")

KEPT_FOR = timedelta(days=100)
OLDEST_ID, NEWEST_ID = timedelta(days=90), timedelta(days=1)
LONGEST_KEY = 100


class KeptAnswer(Model):
    """What a key was used for, so that its repeat can be answered from the record."""

    __tablename__ = "kept_answers"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(LONGEST_KEY), primary_key=True)
    endpoint: Mapped[str] = mapped_column(String(80))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    status: Mapped[int]
    record_id: Mapped[uuid.UUID]
    kept_at: Mapped[datetime] = mapped_column(index=True)

    @classmethod
    def prune(cls, *, at: datetime) -> None:
        db.session.execute(delete(cls).where(cls.kept_at < at - KEPT_FOR))


def once(shows: str) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """A view whose write happens once a key. `shows` is the endpoint that shows the record it wrote.

    The view calls `keep` inside its write transaction and answers with `written`.
    """

    def guard(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            g.once_shows = shows
            if (answer := _repeated()) is not None:
                return answer
            try:
                return view(*args, **kwargs)
            except Conflict:
                # The same came at once, and was there a moment after its key was looked for: look with fresh eyes.
                _begin_again()
                if (answer := _repeated()) is not None:
                    return answer
                raise
            except IntegrityError:
                # Two came at once, and the other was first: with the same key, or with what must be there once.
                _begin_again()
                answer = _repeated()
                return view(*args, **kwargs) if answer is None else answer

        return guarded

    return guard


def _begin_again() -> None:
    """As the request began: what the first try was allowed to see goes with what it wrote."""
    db.session.rollback()
    act_for(current_user.principal)


def _repeated() -> ResponseReturnValue | None:
    key = sent_key()
    kept = db.session.get(KeptAnswer, (current_user.id, key)) if key else None
    if kept is None:
        return None
    if kept.digest != body_digest() or kept.endpoint != request.endpoint:
        abort(422, _("This Idempotency-Key was used for something else."))
    return _answer(kept.record_id, kept.status)


def keep(record_id: uuid.UUID, *, status: int = 201) -> None:
    """Remember, in the transaction of the write, what this key was used for.

    What somebody handed in after they left is written down for whoever looks after people.
    """
    if (leaver := g.get("leaver")) is not None:
        about = audit.Reference("user", leaver.id, leaver.name)
        audit.record(
            "user.handed_in", by=leaver, at=clock.now(), about=about, after={"act": request.endpoint}
        )
    if key := sent_key():
        db.session.add(
            KeptAnswer(
                user_id=current_user.id,
                key=key,
                endpoint=request.endpoint or "",
                digest=body_digest(),
                status=status,
                record_id=record_id,
                kept_at=clock.now(),
            )
        )


def written(
    record_id: uuid.UUID, *, status: int = 201, notice: str | None = None, about: uuid.UUID | None = None
) -> ResponseReturnValue:
    """The answer to a write: the record for a script, 303 to its page for a form.

    `about` is what the notice speaks of, where that is not the record.
    """
    return _answer(record_id, status, notice, about)


def acknowledged(path: str, *, notice: str | None = None, about: object = "") -> ResponseReturnValue:
    """The answer to a write that comes to the same however often it is sent: it needs no kept answer.

    303 to `path` for a form, a toast for htmx; for a script 200, naming its key.
    """
    if request.headers.get("HX-Request") and notice:
        return say(make_response("", 204), notice, about)
    if not wants_record():
        return go(path, notice=notice, about=about)
    answer = make_response({"saved": True})
    answer.headers["Idempotency-Key"] = sent_key() or ""
    return answer


def _answer(
    record_id: uuid.UUID, status: int, notice: str | None = None, about: uuid.UUID | None = None
) -> ResponseReturnValue:
    if g.get("leaver") is not None or late.is_applied():
        return _named(make_response({"saved": True}), record_id, status)
    if not wants_record():
        return taken(go(url_for(g.once_shows, id=record_id), notice=notice, about=about or record_id))
    try:
        shown = make_response(current_app.ensure_sync(current_app.view_functions[g.once_shows])(id=record_id))
    except NotFound:
        shown = make_response({"id": str(record_id)})
    return _named(shown, record_id, status)


def taken(answer: Response) -> Response:
    """The answer to a plain form, which tells the next page that this key's write is in the house.

    The phone forgets its draft by it (`static/js/local-draft.js`), and by nothing else.
    """
    if key := sent_key():
        answer.set_cookie("taken", quote(key), max_age=600, samesite="Lax", secure=on_https())
    return answer


def _named(answer: Response, record_id: uuid.UUID, status: int) -> Response:
    """An answer that names its key, so that the outbox may forget what it kept.

    Where the record went to somebody else meanwhile, it shows nothing but that: what was written stays written.
    """
    answer.status_code = status
    answer.headers["Idempotency-Key"] = sent_key() or ""
    answer.headers["Location"] = url_for(g.once_shows, id=record_id)
    return answer


def sent_key() -> str | None:
    """The key as sent, in the header or as a field. Aborts with 422 when it cannot be one."""
    key = request.headers.get("Idempotency-Key", request.form.get("Idempotency-Key") or None)
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        abort(422, _("An Idempotency-Key has 1 to 100 printable ASCII characters."))
    return key


def body_digest() -> bytes:
    """SHA-256 of where it was sent and of the sorted fields, files by their content."""
    digest = hashlib.sha256(request.path.encode())
    for name, values in sorted(request.form.lists()):
        if name != "Idempotency-Key":
            digest.update(repr((name, values)).encode())
    for name, files in sorted(request.files.lists()):
        for file in files:
            file.stream.seek(0)  # the view may have read it already
            digest.update(name.encode() + hashlib.sha256(file.stream.read()).digest())
            file.stream.seek(0)
    return digest.digest()


def minted_id(text: str | None) -> uuid.UUID | None:
    """The UUIDv7 that a client minted for its new record, or None when it minted none.

    Raises UnprocessableEntity for what is no UUIDv7, or one dated more than 90 days ago or a day ahead.
    """
    if not text or not text.strip():
        return None
    try:
        minted = uuid.UUID(text.strip())
    except ValueError:
        raise UnprocessableEntity(_("The id is not a UUIDv7.")) from None
    now = clock.now()
    if minted.version != 7 or not _stamp(now - OLDEST_ID) <= minted.int >> 80 <= _stamp(now + NEWEST_ID):
        raise UnprocessableEntity(_("The id is not a UUIDv7 of the last 90 days."))
    return minted


def _stamp(moment: datetime) -> int:
    """Milliseconds, as the first 48 bits of a UUIDv7 hold them; most of what they can hold is no date of ours."""
    return int(moment.timestamp() * 1000)


def refuse_taken(model: type[Any], record_id: uuid.UUID | None) -> None:
    """409 when the id was used before under another key, whoever may see the record; whose it is stays untold."""
    with system_access("is this id taken"):
        taken = record_id is not None and db.session.get(model, record_id) is not None
    if taken:
        abort(409, _("This id is taken."))
