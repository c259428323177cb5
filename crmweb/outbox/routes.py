"""What phones brought and is not done: the copies of what we refused, and the list of what waits for a decision."""

from __future__ import annotations

import uuid
from typing import Final

from flask import Blueprint, Flask, abort, make_response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock, late
from crmweb.accounts.outbox_reports import BadReport, Report
from crmweb.accounts.sessions import DeviceSession
from crmweb.customers.beyond import sees
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.errors import sent_by_script
from crmweb.idempotency import acknowledged
from crmweb.languages import gettext as _
from crmweb.notes.models import Note
from crmweb.outbox import words
from crmweb.outbox.applying import apply_waiting
from crmweb.outbox.door import kept_answer, stand_before
from crmweb.outbox.handing import own, take_copy
from crmweb.outbox.models import OutboxWrite
from crmweb.outbox.showing import kept_writes
from crmweb.outbox.words import as_note, heard
from crmweb.visits.photo_routes import LARGEST_PHOTOS
from crmweb.web import (
    NOTICES,
    Notice,
    go,
    local_path,
    needs,
    not_found_unless,
    page,
    say,
    takes,
    undo_at,
    wants_fragment,
)

outbox = Blueprint("outbox", __name__)

HERE: Final = "/outbox/kept"
A_PAGE: Final = 30

NOTICES["kept_set_aside"] = lambda about: Notice(_("Set aside"), undo_at("/outbox/kept/{}/restore", about))
NOTICES["kept_as_note"] = lambda _about: Notice(_("Noted"))
NOTICES["kept_again"] = lambda _about: Notice(_("Brought back"))


@outbox.post("/outbox/quarantine")
@needs("own:settings")
@takes(LARGEST_PHOTOS)
def quarantine() -> ResponseReturnValue:
    """A phone hands over a copy of what we refused: 201, and 200 when it comes once more."""
    if not sent_by_script():
        abort(422, "A phone names its write by an Idempotency-Key.")
    write, new = take_copy()
    return kept_answer(write.id, write.key, status=201 if new else 200)


@outbox.post("/outbox/state")
@needs("own:settings")
def state() -> ResponseReturnValue:
    """A device says how its outbox stands; what it does not say is not told."""
    try:
        report = Report.read(request.form)
    except BadReport as wrong:
        abort(422, _("%(name)s cannot be that.", name=wrong.field))
    with writing():
        device = db.session.get(DeviceSession, current_user.session_id)
        not_found_unless(device).tell(report, at=clock.now())
    return acknowledged("/settings/devices")


@outbox.get(HERE)
@needs("own:settings")
def kept() -> ResponseReturnValue:
    """What of one's own waits for a decision; as a fragment it stands on the page of the outbox."""
    mine = OutboxWrite.in_quarantine().where(OutboxWrite.person_id == current_user.id)
    rows, more = kept_writes(mine, A_PAGE, after=(after := _after()))
    fragment = "pwa/_quarantined_rows.html" if after else "pwa/_quarantined.html"
    template = fragment if wants_fragment() else "pwa/kept.html"
    return page(template, rows=rows, more=f"{HERE}?after={rows[-1].write.id}" if more else "")


def _after() -> uuid.UUID | None:
    try:
        return uuid.UUID(request.args.get("after", ""))
    except ValueError:
        return None


@outbox.post(f"{HERE}/<uuid:id>/set-aside")
@needs("own:settings")
def set_aside(id: uuid.UUID) -> ResponseReturnValue:
    with writing():
        not_found_unless(own(id)).settle(by=current_user, at=clock.now())
    return _gone(id, "kept_set_aside")


@outbox.post(f"{HERE}/<uuid:id>/restore")
@needs("own:settings")
def restore(id: uuid.UUID) -> ResponseReturnValue:
    with writing():
        not_found_unless(own(id)).unsettle()
    return go(HERE, notice="kept_again")


@outbox.post(f"{HERE}/<uuid:id>/note")
@needs("visits:write")
def write_note(id: uuid.UUID) -> ResponseReturnValue:
    """What could not be done is written down at its customer, in the words that were typed; once."""
    customer_id = not_found_unless(own(id)).customer_id
    not_found_unless((customer_id and sees(customer_id, current_user)) or None)
    with writing():
        write = not_found_unless(own(id))
        if write.settle(by=current_user, at=clock.now()):
            customer, now = db.session.get_one(Customer, customer_id), clock.now()
            Note.write(customer, as_note(write), by=current_user, at=now, now=now, said=heard(write))
    return _gone(id, "kept_as_note")


def _gone(id: uuid.UUID, notice: str) -> ResponseReturnValue:
    """Its row goes from the page; a plain form leads back to where it stood."""
    if wants_fragment():
        return say(make_response(""), notice, id)
    return go(local_path(request.form.get("back") or HERE), notice=notice, about=id)


def init_app(app: Flask) -> None:
    words.init_app(app)
    if not late.DOORS:
        late.DOORS.append(stand_before)
        late.WAITING.append(apply_waiting)
    app.register_blueprint(outbox)
