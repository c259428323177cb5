"""Recordings of notes: sent after their words, and heard by those who see the note."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, abort, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from werkzeug.exceptions import Conflict, NotFound, RequestedRangeNotSatisfiable, UnprocessableEntity

from crmweb import clock, files
from crmweb.accounts.handing_in import after_leaving
from crmweb.customers.beyond import narrow, open_way
from crmweb.db import db, writing
from crmweb.idempotency import keep, once, written
from crmweb.languages import gettext as _
from crmweb.late import kept_by_phones
from crmweb.notes.models import Note
from crmweb.notes.recordings import Recording, VoiceNote
from crmweb.notes.sound import NotARecording, Sound, read, seconds
from crmweb.scope import system_access
from crmweb.web import needs, not_found_unless

voice = Blueprint("voice", __name__)


def sent_sound() -> Sound | None:
    """The recording that came with this request, if one did. Raises NotARecording."""
    sent = request.files.get("voice")
    return read(sent.stream.read()) if sent is not None and sent.filename else None


def recorded(sound: Sound) -> Recording:
    """The same among the files, as long as it says itself, else as the phone counted."""
    return Recording.keep(sound, sound.seconds or seconds(request.form.get("seconds")))


@voice.post("/notes/<uuid:note_id>/voice")
@needs("visits:write")
@after_leaving
@kept_by_phones("voice", customer="customer")
@once(shows="customers.show")
def create(note_id: uuid.UUID) -> ResponseReturnValue:
    """What belongs to words that came before it, by their author and by the rights of that moment."""
    at = clock.on_the_phone(request.form.get("client_at"))
    customer_id = _customer_of(note_id, by_id=current_user.id)
    open_way(customer_id, by=current_user, at=at, why="a recording from before a hand-over")
    try:
        sound = sent_sound()
    except NotARecording as wrong:
        raise UnprocessableEntity(str(wrong)) from None
    if sound is None:
        raise UnprocessableEntity(_("Record something first."))
    _refuse_second(note_id)
    said = recorded(sound)
    with writing():
        db.session.get_one(Note, note_id).say(said, at=at)
        keep(customer_id)
    narrow(current_user)
    return written(customer_id, notice="note_written")


def _customer_of(note_id: uuid.UUID, *, by_id: uuid.UUID) -> uuid.UUID:
    """Whom somebody's own note is about, though the customer went to somebody else meanwhile."""
    with system_access("whose note it is"):
        own = select(Note.customer_id).where(Note.id == note_id, Note.by_id == by_id)
        found = db.session.scalar(own)
    if found is None:
        raise NotFound
    return found


def _refuse_second(note_id: uuid.UUID) -> None:
    if db.session.scalar(select(VoiceNote.id).where(VoiceNote.note_id == note_id)) is not None:
        raise Conflict(_("This note has a recording already."))


@voice.get("/notes/<uuid:note_id>/voice")
@needs("customers:read:own")
def show(note_id: uuid.UUID) -> ResponseReturnValue:
    """The sound itself, or the part of it that a player asks for. A browser may keep it, and asks each time."""
    recording: VoiceNote = not_found_unless(
        db.session.scalar(select(VoiceNote).where(VoiceNote.note_id == note_id))
    )
    return _sound(recording)


def _sound(recording: VoiceNote) -> Response:
    try:
        file = files.open(recording.name)
    except FileNotFoundError:
        abort(404)
    answer = send_file(file, mimetype=recording.mime, etag=recording.id.hex, max_age=0)
    try:
        answer.make_conditional(request, accept_ranges=True, complete_length=recording.bytes)
    except RequestedRangeNotSatisfiable:
        answer.close()
        raise
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
