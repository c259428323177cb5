"""What the people at a customer agreed to, on the customer's page."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import UnprocessableEntity

from crmweb import clock
from crmweb.customers.finding import found_customer
from crmweb.customers.models import Customer
from crmweb.db import writing
from crmweb.followups.addressees import Addressee, addressees
from crmweb.followups.consents import HOWS, TOLD, Consent, NeedsWriting, Stopped, folded
from crmweb.followups.message_templates import CHANNELS
from crmweb.followups.models import cancel_planned
from crmweb.followups.unreachable import Unreachable
from crmweb.followups.unsubscribing import cancel_to
from crmweb.idempotency import keep, once, written
from crmweb.languages import gettext as _
from crmweb.scope import system_access
from crmweb.web import NOTICES, Notice, needs, not_found_unless

consents = Blueprint("consents", __name__)

NOTICES["consent_kept"] = lambda _about: Notice(_("Noted"))


class ConsentRow(NamedTuple):
    """What one person said about one channel; nothing where nobody asked them."""

    whom: Addressee
    channel: str
    latest: Consent | None
    stopped: bool
    unreachable: Unreachable | None

    @property
    def stands(self) -> bool:
        """Whether they may be written to."""
        if self.latest is None or not self.latest.given or self.stopped:
            return False
        address = self.whom.address(self.channel) or ""
        return folded(self.channel, self.latest.address) == folded(self.channel, address)


def consent_rows(customer: Customer) -> list[ConsentRow]:
    """Everybody's word on each channel that reaches them."""
    return [
        ConsentRow(
            whom, channel, Consent.latest(customer.id, whom.contact_id, channel),
            Stopped.at(channel, address) is not None, Unreachable.at(channel, address),
        )
        for whom in addressees(customer)
        for channel in CHANNELS
        if (address := whom.address(channel))
    ]  # fmt: skip


@consents.post("/customers/<uuid:customer_id>/consents")
@needs("followups:write")
@once(shows="customers.show")
def create(customer_id: uuid.UUID) -> ResponseReturnValue:
    """`how` says how they agreed; `withdrawn` that they want no more."""
    customer, how = found_customer(customer_id), request.form.get("how", "")
    if how not in (*HOWS, "withdrawn"):
        raise UnprocessableEntity(_("Choose one of these."))
    whom, channel = _named(customer)
    try:
        with writing():
            customer = found_customer(customer_id)
            if how == "withdrawn":
                _withdraw(customer, whom, channel)
            else:
                Consent.give(customer, whom, channel, how=how, by=current_user, at=clock.now())
            keep(customer_id)
    except NeedsWriting:
        raise UnprocessableEntity(
            _("They wanted no more. It takes their word in writing to write again.")
        ) from None
    if how == "withdrawn":
        _cancel_elsewhere(customer_id, whom, channel)
    return written(customer_id, notice="consent_kept")


def _withdraw(customer: Customer, whom: Addressee, channel: str) -> None:
    at, address = clock.now(), whom.address(channel) or ""
    Consent.withdraw(
        customer, whom.contact_id, channel, address, name=whom.name, how=TOLD, by=current_user, at=at
    )
    cancel_planned(customer.id, "withdrawn", at=at, to=(channel, address))


def _cancel_elsewhere(customer_id: uuid.UUID, whom: Addressee, channel: str) -> None:
    """The same address may stand at customers whom this person does not see."""
    with system_access("an address that wants no more"), writing():
        address = whom.address(channel) or ""
        cancel_to(channel, address, "withdrawn", whom=(customer_id, whom.contact_id))


@consents.post("/customers/<uuid:customer_id>/reachable")
@needs("followups:write")
@once(shows="customers.show")
def reachable(customer_id: uuid.UUID) -> ResponseReturnValue:
    """An address from which messages came back works again: they said so, or their mailbox was full."""
    whom, channel = _named(found_customer(customer_id))
    with writing():
        Unreachable.lift(channel, whom.address(channel) or "")
        keep(customer_id)
    return written(customer_id, notice="consent_kept")


def _named(customer: Customer) -> tuple[Addressee, str]:
    """To whom the form speaks; 404 for a contact of somebody else, or a channel that does not reach them."""
    sent = request.form.get
    found = next((each for each in addressees(customer) if each.key == sent("to")), None)
    whom: Addressee = not_found_unless(found)
    channel = sent("channel", "")
    not_found_unless((channel in CHANNELS and whom.address(channel)) or None)
    return whom, channel


def init_app(app: Flask) -> None:
    app.register_blueprint(consents)
