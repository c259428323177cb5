"""Just before a follow-up is sent all is asked once more; what became of it is written with the ledger's word."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from crmweb import clock
from crmweb.customers.beyond import may_see
from crmweb.customers.contacts.models import CustomerContact
from crmweb.db import db
from crmweb.followups.consents import Consent, Stopped
from crmweb.followups.incoming.closing import refused
from crmweb.followups.models import ABOUT, PLANNED, Followup
from crmweb.followups.unreachable import Unreachable
from crmweb.followups.window import next_opening
from crmweb.notifications.channels import Message, NotWanted, NotYet
from crmweb.notifications.models import CANCELLED, DEAD, FAILED, SENT
from crmweb.notifications.outcomes import Ended, before_send, on_end

_ENDS: Final = {SENT: SENT, FAILED: FAILED, DEAD: FAILED, CANCELLED: CANCELLED}


def check(message: Message) -> None:
    """Raises NotWanted with one of `words.REASONS`, NotYet outside of the hours for customers."""
    followup = db.session.get(Followup, uuid.UUID(message.payload["followup"]))
    if followup is None or followup.state in (CANCELLED, SENT) or followup.bounced_at is not None:
        raise NotWanted("cancelled")
    if reason := unwanted(followup):
        raise NotWanted(reason)
    now = clock.now()
    opens = next_opening(now, person_id=followup.person_id, zone=followup.person.zone)
    if opens > now:
        raise NotYet(opens)


def unwanted(followup: Followup) -> str:
    """Why it should not go any more; nothing where it should. Asks past the scope: needs a session that sees all."""
    customer = followup.customer
    if customer.archived_at is not None:
        return "archived"
    if customer.status == "former":
        return "former"
    if followup.contact_id is not None and not _stands_there(followup):
        return "contact_gone"
    if not followup.person.active:
        return "writer_gone"
    if not may_see(followup.person, followup.customer_id):
        return "handed_over"
    if Stopped.at(followup.channel, followup.address) is not None:
        return "withdrawn"
    if Unreachable.at(followup.channel, followup.address) is not None:
        return "unreachable"
    return "" if _agreed(followup) else "no_consent"


def _stands_there(followup: Followup) -> bool:
    place = db.session.get(CustomerContact, (followup.customer_id, followup.contact_id))
    return place is not None


def _agreed(followup: Followup) -> bool:
    where = (followup.customer_id, followup.contact_id, followup.channel)
    return Consent.stands(*where, followup.address)


def _heard(ends: Sequence[Ended]) -> None:
    """Within the transaction that ends the deliveries: a follow-up never says otherwise than the ledger."""
    ids = {uuid.UUID(end.payload["followup"]): end for end in ends}
    for followup in db.session.scalars(select(Followup).where(Followup.id.in_(ids))).unique():
        end = ids[followup.id]
        if followup.bounced_at is not None:
            continue  # it came back before its sender could write down that it was taken
        if followup.state in (PLANNED, FAILED):  # failed: an admin tried it again
            followup.end(_ENDS[end.state], end.reason, at=end.at)
            if end.state == FAILED:
                refused(followup, at=end.at)


def listen() -> None:
    """Hear of the ends of deliveries that carry follow-ups, and be asked before they set out."""
    before_send(ABOUT, check)
    on_end(ABOUT, _heard)
