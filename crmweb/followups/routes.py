"""Writing to a customer, and what became of it."""

from __future__ import annotations

import uuid

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnprocessableEntity

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.customers import showing
from crmweb.customers.beyond import narrow, sees, widen
from crmweb.customers.finding import found_customer
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.followups import consent_routes, news, sending, sequence_routes, template_routes, unsubscribing
from crmweb.followups.consent_routes import consent_rows
from crmweb.followups.forms import FollowupForm
from crmweb.followups.incoming import routes as incoming_routes
from crmweb.followups.incoming.models import Incoming
from crmweb.followups.message_templates import CHANNELS, EMAIL, SMS, MessageTemplate
from crmweb.followups.models import PLANNED, STATES, Followup, cancel_planned, record_answer
from crmweb.followups.sequences import Sequence
from crmweb.idempotency import keep, minted_id, once, refuse_taken, written
from crmweb.languages import gettext as _
from crmweb.languages import ngettext
from crmweb.outbox_answers import wants_record
from crmweb.web import NOTICES, Notice, go, may, needs, not_found_unless, page, undo_at

followups = Blueprint("followups", __name__)

A_PAGE = 50

NOTICES["followup_planned"] = lambda about: Notice(
    _("It will be sent"), undo_at("/followups/{}/cancel", about)
)
NOTICES["followup_cancelled"] = lambda _about: Notice(_("It will not be sent"))
NOTICES["followup_gone"] = lambda _about: Notice(_("It is sent or on its way already"))
NOTICES["followup_answered"] = lambda _about: Notice(_("Noted. Nothing more goes to them by itself."))
NOTICES["sequence_begun"] = lambda about: Notice(_planned(about))
NOTICES["sequence_reaches_nobody"] = lambda _about: Notice(_("Nobody here has an address for it"))


def _planned(about: str) -> str:
    many = int(about) if about.isdecimal() and len(about) < 3 else 1
    return ngettext("%(num)s message planned", "%(num)s messages planned", many)


@followups.get("/followups")
@needs("followups:write")
def index() -> ResponseReturnValue:
    asked = request.args.get("state", PLANNED)
    state = asked if asked in STATES else PLANNED
    team = may("team:read") and request.args.get("whose") == "team"
    rows = db.session.scalars(
        Followup.listed(state, person_id=None if team else current_user.id).limit(A_PAGE)
    ).unique()
    return page("followups/index.html", followups=list(rows), state=state, team=team)


@followups.get("/followups/<uuid:id>")
@needs("followups:write")
def show(id: uuid.UUID) -> ResponseReturnValue:
    followup = _found(id)
    theirs = sees(followup.customer_id, current_user)
    came = list(db.session.scalars(Incoming.to(followup))) if theirs else []
    return page("followups/show.html", followup=followup, theirs=theirs, came=came)


@followups.get("/customers/<uuid:customer_id>/followups/new")
@needs("followups:write")
def new(customer_id: uuid.UUID) -> ResponseReturnValue:
    """`template`, `channel` and `to` choose what the form begins with."""
    customer = found_customer(customer_id)
    form = FollowupForm(None, customer=customer, by=current_user, now=clock.now(), **_begin(customer))
    return _form(customer, form)


def _begin(customer: Customer) -> dict[str, str]:
    """What was asked for, else the first person whom a channel reaches."""
    empty = FollowupForm(None, customer=customer, by=current_user, now=clock.now())
    asked = request.args.get
    template = _template(asked("template"))
    channels = [asked("channel"), SMS, EMAIL]
    known = [
        channel for channel in channels if channel in CHANNELS and (not template or template.wording(channel))
    ]
    pairs = [(channel, each) for channel in known for each in empty.people if each.address(channel)]
    channel, whom = next(
        ((channel, each) for channel, each in pairs if asked("to") in (None, each.key)),
        next(iter(pairs), (next(iter(known), SMS), empty.people[0])),
    )
    wording = template.wording(channel) if template else None
    return {
        "to": whom.key, "channel": channel, "template_id": str(template.id) if template else "",
        "subject": wording.subject if wording else "", "text": wording.text if wording else "",
    }  # fmt: skip


def _template(typed: str | None) -> MessageTemplate | None:
    try:
        return db.session.get(MessageTemplate, uuid.UUID(typed or ""))
    except ValueError:
        return None


@followups.post("/customers/<uuid:customer_id>/followups/preview")
@needs("followups:write")
def preview(customer_id: uuid.UUID) -> ResponseReturnValue:
    """How it would read and when it would go. Writes nothing; it is a POST, since the words are private."""
    customer = found_customer(customer_id)
    return _form(customer, _sent(request.form, customer), fragment="followups/new/_check.html")


@followups.post("/customers/<uuid:customer_id>/followups")
@needs("followups:write")
@once(shows="followups.show")
def create(customer_id: uuid.UUID) -> ResponseReturnValue:
    minted, customer = minted_id(request.form.get("id")), found_customer(customer_id)
    form = _sent(request.form, customer)
    if not form.validate() or _closed(customer):
        return _form(customer, form, status=422)
    refuse_taken(Followup, minted)
    with writing():
        form = _sent(request.form, found_customer(customer_id))
        if sound := form.validate() and not _closed(
            form.customer
        ):  # under the lock: they may just have said no
            followup_id = form.plan(at=clock.now(), id=minted).id
            keep(followup_id)
    if not sound:
        return _form(found_customer(customer_id), form, status=422)
    return written(followup_id, notice="followup_planned")


def _sent(sent: MultiDict[str, str], customer: Customer) -> FollowupForm:
    return FollowupForm(sent, customer=customer, by=current_user, now=clock.now())


def _closed(customer: Customer) -> str:
    """Why nobody writes to this customer, in words; nothing where one may."""
    if customer.archived_at is not None:
        return _("This customer is put away. Bring them back first.")
    if customer.status == "former":
        return _("They are no customer any more, so nothing is sent to them.")
    return ""


def _form(
    customer: Customer, form: FollowupForm, *, fragment: str | None = None, status: int = 200
) -> ResponseReturnValue:
    return page(
        "followups/new.html",
        fragment=fragment,
        status=status,
        customer=customer,
        form=form,
        preview=form.preview(),
        closed=_closed(customer),
        templates=[each for each in MessageTemplate.offered() if any(map(each.wording, CHANNELS))],
    )


@followups.post("/followups/<uuid:id>/cancel")
@needs("followups:write")
@once(shows="followups.show")
def cancel(id: uuid.UUID) -> ResponseReturnValue:
    customer_id = _found(id).customer_id
    if not sees(customer_id, current_user):
        widen(current_user, "one's own message to a customer of somebody else")
    with writing():
        cancelled = _found(id).cancel("by_hand", at=clock.now())
        keep(id, status=200)
    narrow(current_user)
    return written(id, status=200, notice="followup_cancelled" if cancelled else "followup_gone")


@followups.post("/followups/<uuid:id>/answered")
@needs("followups:write")
@once(shows="followups.show")
def answered(id: uuid.UUID) -> ResponseReturnValue:
    """The customer came back to us: nothing more goes to them by itself."""
    found_customer(_found(id).customer_id)
    with writing():
        followup = _found(id)
        if followup.answered_at is None:
            record_answer(followup.customer, followup.to_name, by=current_user, at=clock.now())
        followup.answered(at=clock.now())
        keep(id, status=200)
    return written(id, status=200, notice="followup_answered")


@followups.post("/customers/<uuid:customer_id>/followups/answered")
@needs("followups:write")
@once(shows="customers.show")
def customer_answered(customer_id: uuid.UUID) -> ResponseReturnValue:
    found_customer(customer_id)
    with writing():
        customer = found_customer(customer_id)
        record_answer(customer, customer.name, by=current_user, at=clock.now())
        cancel_planned(customer_id, "answered", at=clock.now())
        keep(customer_id, status=200)
    return written(customer_id, status=200, notice="followup_answered")


@followups.post("/customers/<uuid:customer_id>/followups/sequence")
@needs("followups:write")
@once(shows="customers.show")
def begin(customer_id: uuid.UUID) -> ResponseReturnValue:
    """Begin a sequence by hand; its minted id is what it is planned for, so that a replay doubles nothing."""
    minted, customer = minted_id(request.form.get("id")), found_customer(customer_id)
    chosen = next((each for each in Sequence.offered() if str(each.id) == request.form.get("sequence")), None)
    if (sequence := chosen) is None:
        raise UnprocessableEntity(_("This sequence is not in use any more."))
    if wrong := _closed(customer):
        return showing.show_customer(customer, status=422, refused=wrong)
    with writing():
        at, sequence = clock.now(), db.session.get_one(Sequence, sequence.id)
        writer = db.session.get_one(User, current_user.id)
        cause = minted or uuid.uuid4()
        planned = sequence.begin(found_customer(customer_id), by=writer, at=at, since=at, cause_id=cause)
        keep(customer_id)
    many = len(planned)
    if wants_record():
        return written(customer_id)
    return go(
        f"/customers/{customer_id}",
        notice="sequence_begun" if many else "sequence_reaches_nobody",
        about=many,
    )


def _found(id: uuid.UUID) -> Followup:
    found: Followup = not_found_unless(db.session.scalar(select(Followup).where(Followup.id == id)))
    return found


def init_app(app: Flask) -> None:
    news.listen()
    sending.listen()
    app.register_blueprint(followups)
    for part in (consent_routes, template_routes, sequence_routes, unsubscribing, incoming_routes):
        part.init_app(app)
    showing.BESIDE["followups"] = lambda customer: list(
        db.session.scalars(Followup.planned_at(customer.id)).unique()
    )
    showing.BESIDE["consents"] = consent_rows
    showing.BESIDE["sequences"] = lambda _customer: Sequence.offered() if may("followups:write") else []
