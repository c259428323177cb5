"""The company's templates, as an admin keeps them and a manager reads them."""

from __future__ import annotations

import uuid

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue

from crmweb import clock
from crmweb.db import db, new_id, writing
from crmweb.followups.letters import unsubscribe_address
from crmweb.followups.message_templates import MessageTemplate
from crmweb.followups.segments import Segments, segments, without_accents
from crmweb.followups.template_forms import TemplateForm, price_words
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page

templates = Blueprint("templates", __name__)

HERE = "/admin/templates"

NOTICES["template_saved"] = lambda _about: Notice(_("Saved"))


@templates.get(HERE)
@needs("templates:read")
def index() -> ResponseReturnValue:
    return page("followups/templates.html", templates=MessageTemplate.all())


@templates.get(f"{HERE}/new")
@needs("templates:manage")
def new() -> ResponseReturnValue:
    return _form(TemplateForm(), None)


@templates.post(HERE)
@needs("templates:manage")
def create() -> ResponseReturnValue:
    form = TemplateForm(request.form)
    if not form.validate():
        return _form(form, None, status=422)
    with writing():
        template = MessageTemplate(id=new_id(), created_at=clock.now(), name="", purpose="")
        db.session.add(template)
        form.fill(template)
    return go(HERE, notice="template_saved")


@templates.get(f"{HERE}/<uuid:id>")
@needs("templates:manage")
def edit(id: uuid.UUID) -> ResponseReturnValue:
    template = _found(id)
    return _form(TemplateForm.of(template), template)


@templates.post(f"{HERE}/<uuid:id>")
@needs("templates:manage")
def update(id: uuid.UUID) -> ResponseReturnValue:
    """What is planned with it already keeps its words."""
    form = TemplateForm(request.form)
    if not form.validate():
        return _form(form, _found(id), status=422)
    with writing():
        form.fill(_found(id))
    return go(HERE, notice="template_saved")


@templates.post(f"{HERE}/<uuid:id>/retire")
@needs("templates:manage")
def retire(id: uuid.UUID) -> ResponseReturnValue:
    _found(id)
    with writing():
        _found(id).retire(at=clock.now())
    return go(HERE, notice="template_saved")


@templates.post(f"{HERE}/<uuid:id>/restore")
@needs("templates:manage")
def restore(id: uuid.UUID) -> ResponseReturnValue:
    _found(id)
    with writing():
        _found(id).restore()
    return go(HERE, notice="template_saved")


def _form(form: TemplateForm, template: MessageTemplate | None, *, status: int = 200) -> ResponseReturnValue:
    return page("followups/template.html", status=status, form=form, known=template)


def _found(id: uuid.UUID) -> MessageTemplate:
    template: MessageTemplate = not_found_unless(db.session.get(MessageTemplate, id))
    return template


def sms_cost(text: str) -> Segments:
    """What an SMS with these words costs, with its way out; tokens count as they stand."""
    address = unsubscribe_address(uuid.UUID(int=0)).partition("://")[2]
    return segments(f"{text}\nTu choi: {address}")


def init_app(app: Flask) -> None:
    app.register_blueprint(templates)
    app.jinja_env.filters.update(sms_cost=sms_cost, without_accents=without_accents, price_words=price_words)
