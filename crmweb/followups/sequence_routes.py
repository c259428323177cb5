"""The company's sequences, as an admin keeps them and a manager reads them."""

from __future__ import annotations

import uuid

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from crmweb import clock
from crmweb.db import db, new_id, writing
from crmweb.followups.message_templates import MessageTemplate
from crmweb.followups.outcome_names import outcome_choices
from crmweb.followups.sequence_forms import SequenceForm
from crmweb.followups.sequences import Sequence
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page

sequences = Blueprint("sequences", __name__)

HERE = "/admin/sequences"

NOTICES["sequence_saved"] = lambda _about: Notice(_("Saved"))


@sequences.get(HERE)
@needs("templates:read")
def index() -> ResponseReturnValue:
    names = dict(outcome_choices())
    return page("followups/sequences.html", sequences=Sequence.all(), outcome_names=names)


@sequences.get(f"{HERE}/new")
@needs("templates:manage")
def new() -> ResponseReturnValue:
    return _form(_filled(None), None)


@sequences.post(HERE)
@needs("templates:manage")
def create() -> ResponseReturnValue:
    form = _filled(None, sent=True)
    if not form.sound():
        return _form(form, None, status=422)
    with writing():
        form = _filled(None, sent=True)
        sequence = Sequence(id=new_id(), created_at=clock.now(), name="", active=True)
        db.session.add(sequence)
        form.fill(sequence)
    return go(HERE, notice="sequence_saved")


@sequences.get(f"{HERE}/<uuid:id>")
@needs("templates:manage")
def edit(id: uuid.UUID) -> ResponseReturnValue:
    sequence = _found(id)
    return _form(_filled(sequence), sequence)


@sequences.post(f"{HERE}/<uuid:id>")
@needs("templates:manage")
def update(id: uuid.UUID) -> ResponseReturnValue:
    """What it has planned already stays planned."""
    sequence = _found(id)
    form = _filled(sequence, sent=True)
    if not form.sound():
        return _form(form, sequence, status=422)
    with writing():
        sequence = _found(id)
        _filled(sequence, sent=True).fill(sequence)
    return go(HERE, notice="sequence_saved")


def _filled(sequence: Sequence | None, *, sent: bool = False) -> SequenceForm:
    form = request.form if sent else None
    return SequenceForm(form, templates=MessageTemplate.offered(), outcomes=outcome_choices(), of=sequence)


def _form(form: SequenceForm, sequence: Sequence | None, *, status: int = 200) -> ResponseReturnValue:
    return page("followups/sequence.html", status=status, form=form, sequence=sequence)


def _found(id: uuid.UUID) -> Sequence:
    sequence: Sequence = not_found_unless(db.session.scalar(select(Sequence).where(Sequence.id == id)))
    return sequence


def init_app(app: Flask) -> None:
    app.register_blueprint(sequences)
