"""Writing a note."""

from __future__ import annotations

import uuid

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.customers.fields import lines
from crmweb.customers.finding import found_customer
from crmweb.db import writing
from crmweb.idempotency import keep, minted_id, once, refuse_taken, written
from crmweb.languages import gettext as _
from crmweb.notes.models import LONGEST, Note
from crmweb.web import NOTICES, Notice, needs, page

notes = Blueprint("notes", __name__)

NOTICES["note_written"] = lambda _about: Notice(_("Noted"))


@notes.get("/customers/<uuid:customer_id>/notes/new")
@needs("visits:write")
def new(customer_id: uuid.UUID) -> ResponseReturnValue:
    return page("notes/new.html", customer=found_customer(customer_id), text="", wrong="")


@notes.post("/customers/<uuid:customer_id>/notes")
@needs("visits:write")
@once(shows="customers.show")
def create(customer_id: uuid.UUID) -> ResponseReturnValue:
    customer, text = found_customer(customer_id), lines(request.form.get("text"))
    if wrong := _wrong(text):
        return page("notes/new.html", status=422, customer=customer, text=text, wrong=wrong)
    minted = minted_id(request.form.get("id"))
    refuse_taken(Note, minted)
    with writing():
        now = clock.now()
        Note.write(found_customer(customer_id), text, by=current_user, at=now, now=now, id=minted)
        keep(customer_id)
    return written(customer_id, notice="note_written")


def _wrong(text: str) -> str:
    if not text:
        return _("Write something first.")
    if len(text) > LONGEST:
        return _("%(typed)s characters are too many. At most %(most)s fit.", typed=len(text), most=LONGEST)
    return ""


def init_app(app: Flask) -> None:
    app.register_blueprint(notes)
