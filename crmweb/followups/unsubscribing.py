"""The link in every message by which whoever got it says that they want no more; no sign-in stands before it.

A GET shows one button and writes nothing. The POST comes from that button, or from a mail program by itself (RFC 8058).
"""

from __future__ import annotations

import uuid

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from sqlalchemy import and_, func, or_, select

from crmweb import clock
from crmweb.browser import shows_a_secret
from crmweb.db import db, writing
from crmweb.followups.consents import LINK, Consent, Stopped
from crmweb.followups.models import PLANNED, Followup
from crmweb.followups.unsubscribe_tokens import followup_of
from crmweb.scope import system_access
from crmweb.web import from_anywhere, not_found_unless, open_to_all, page

unsubscribing = Blueprint("unsubscribing", __name__)

LONGEST = 60
"""Characters of a token; ours are shorter."""


@unsubscribing.get("/u/<token>")
@open_to_all
def show(token: str) -> ResponseReturnValue:
    with system_access("who wants no more"):
        followup = _found(token)
        if followup is None:
            return _unknown()
        done = Stopped.at(followup.channel, followup.address) is not None
        channel = followup.channel
    return _shown(token, channel, done=done)


@unsubscribing.post("/u/<token>")
@open_to_all
@from_anywhere
def withdraw(token: str) -> ResponseReturnValue:
    """Said twice, the first time counts."""
    with system_access("who wants no more"):
        if _found(token) is None:
            return _unknown()
        with writing():
            followup, at = not_found_unless(_found(token)), clock.now()
            Consent.withdraw(
                followup.customer, followup.contact_id, followup.channel, followup.address,
                name=followup.to_name, how=LINK, by=None, at=at,
            )  # fmt: skip
            cancel_withdrawn(followup)
            channel = followup.channel
    return _shown(token, channel, done=True)


def cancel_withdrawn(followup: Followup) -> None:
    """Whoever got it wants no more. Needs a session that sees all."""
    whom = (followup.customer_id, followup.contact_id)
    cancel_to(followup.channel, followup.address, "withdrawn", whom=whom)


def cancel_to(
    channel: str, address: str, reason: str, *, whom: tuple[uuid.UUID, uuid.UUID | None] | None = None
) -> None:
    """Whatever is planned to an address that wants no more or cannot be reached, wherever it stands; and to the one
    who said so (customer, contact), also at another address of theirs. Needs a session that sees all.
    """
    there = func.lower(Followup.address) == address.lower()
    if whom is not None:
        same = (Followup.customer_id == whom[0], Followup.contact_id.is_not_distinct_from(whom[1]))
        there = or_(there, and_(*same))
    theirs = select(Followup).where(Followup.state == PLANNED, Followup.channel == channel, there)
    for followup in db.session.scalars(theirs).unique().all():
        followup.cancel(reason, at=clock.now())


def _shown(token: str, channel: str, *, done: bool) -> ResponseReturnValue:
    return shows_a_secret(page("followups/unsubscribe.html", token=token, channel=channel, done=done))


def _unknown() -> ResponseReturnValue:
    """For whoever copied half a link: our page of what is missing speaks to people who work here."""
    return page("followups/unsubscribe.html", status=404, token="", channel="", done=False)  # nosec B106


def _found(token: str) -> Followup | None:
    named = followup_of(token) if len(token) <= LONGEST else None
    return db.session.get(Followup, named) if named else None


def init_app(app: Flask) -> None:
    app.register_blueprint(unsubscribing)
