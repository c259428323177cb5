"""Writing a note."""

from __future__ import annotations

import uuid

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.handing_in import after_leaving
from crmweb.customers.beyond import narrow, open_way, sees
from crmweb.customers.fields import is_blank, lines
from crmweb.customers.finding import found_customer
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.idempotency import keep, minted_id, once, refuse_taken, taken, written
from crmweb.languages import gettext as _
from crmweb.late import kept_by_phones
from crmweb.notes.models import ABOUT, LONGEST, Note
from crmweb.notes.sound import NotARecording, Sound
from crmweb.notes.voice_routes import recorded, sent_sound, voice
from crmweb.outbox_answers import wants_record
from crmweb.web import NOTICES, Notice, go, local_path, needs, page

notes = Blueprint("notes", __name__)

NOTICES["note_written"] = lambda _about: Notice(_("Noted"))


@notes.get("/customers/<uuid:customer_id>/notes/new")
@needs("visits:write")
def new(customer_id: uuid.UUID) -> ResponseReturnValue:
    return _form(found_customer(customer_id), back=request.args.get("back"), about=request.args.get("about"))


@notes.post("/customers/<uuid:customer_id>/notes")
@needs("visits:write")
@after_leaving
@kept_by_phones("note", customer="customer_id")
@once(shows="customers.show")
def create(customer_id: uuid.UUID) -> ResponseReturnValue:
    """Kept with the phone's time, and by the rights of that moment: the customer may be another's by now.

    What was said is enough, without a word typed.
    """
    minted, text = minted_id(request.form.get("id")), lines(request.form.get("text"))
    at = clock.on_the_phone(request.form.get("client_at"))
    open_way(customer_id, by=current_user, at=at, why="a note from before a hand-over")
    try:
        sound = sent_sound()
    except NotARecording as wrong:
        return _refused(customer_id, text, {"voice": str(wrong)})
    if flaw := _wrong(text, sound):
        return _refused(customer_id, text, {"text": flaw})
    refuse_taken(Note, minted)
    said, about = recorded(sound) if sound else None, _about(request.form.get("about"))
    with writing():
        customer = db.session.get_one(Customer, customer_id)
        Note.write(customer, text, by=current_user, at=at, now=clock.now(), id=minted, about=about, said=said)
        keep(customer_id)
    narrow(current_user)
    return _go_on(customer_id)


def _about(kind: str | None) -> str:
    return kind if kind in ABOUT else ""


def _wrong(text: str, sound: Sound | None) -> str:
    if is_blank(text) and sound is None:
        return _("Write or record something first.")
    if len(text) > LONGEST:
        return _("%(typed)s characters are too many. At most %(most)s fit.", typed=len(text), most=LONGEST)
    return ""


def _refused(customer_id: uuid.UUID, text: str, wrong: dict[str, str]) -> ResponseReturnValue:
    """The words come back, with what to do about them."""
    customer, sent = db.session.get_one(Customer, customer_id), request.form.get
    narrow(current_user)
    return _form(customer, back=sent("back"), about=sent("about"), text=text, wrong=wrong, status=422)


def _go_on(customer_id: uuid.UUID) -> ResponseReturnValue:
    """Back to the visit that somebody came from, else to the customer; home, when they are no longer theirs."""
    if wants_record() or (sees(customer_id, current_user) and not request.form.get("back")):
        return written(customer_id, notice="note_written")
    return taken(go(local_path(request.form.get("back")), notice="note_written"))


def _form(
    customer: Customer,
    *,
    back: str | None,
    about: str | None,
    text: str = "",
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    return page(
        "notes/new.html",
        status=status,
        customer=customer,
        back=local_path(back) if back else "",
        about=_about(about),
        text=text,
        wrong=wrong or {},
        most=LONGEST,
    )


def init_app(app: Flask) -> None:
    app.register_blueprint(notes)
    app.register_blueprint(voice)
