"""What came in is laid to the message that it is about, once; what is about none of ours is let go without a word.

Whoever hands it in learns nothing from us: neither whether somebody is a customer, nor what came of it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Final

import structlog
from sqlalchemy import func, select

from crmweb import clock, timeline
from crmweb.accounts.models import User
from crmweb.config import current_settings
from crmweb.customers.reaching.phones import read_phone
from crmweb.db import db, writing
from crmweb.followups.consents import ANSWERED, Consent, folded
from crmweb.followups.incoming.closing import close
from crmweb.followups.incoming.marks import marked
from crmweb.followups.incoming.models import ANSWER, ARRIVED, BOUNCE, STOP, Incoming
from crmweb.followups.incoming.reading import Mail, Unreadable, read_mail
from crmweb.followups.incoming.statuses import Bounce
from crmweb.followups.incoming.stop_words import wants_no_more
from crmweb.followups.incoming.telling import tell
from crmweb.followups.incoming.words import own_words
from crmweb.followups.message_templates import EMAIL, SMS
from crmweb.followups.models import Followup
from crmweb.followups.unreachable import Unreachable
from crmweb.followups.unsubscribing import cancel_withdrawn
from crmweb.scope import system_access

LATELY: Final = timedelta(days=30)
"""An SMS names nothing that it answers: it answers what was sent to its number within so long."""
MOST: Final = 20
"""What is kept of answers to one message; two machines that answer each other would fill the timeline."""
FIRST_LINES: Final = 500
"""Characters of an answer that the timeline shows; all of it stands with the message."""

log = structlog.get_logger(__name__)


def take_mail(raw: bytes) -> None:
    """A raw mail (RFC 5322), as a mail server or a provider hands it in."""
    try:
        mail = read_mail(raw)
    except Unreadable as flaw:
        log.warning("mail in", kept="unreadable", flaw=str(flaw))
        return
    with system_access("mail that came in"):
        kept = _mail(mail)
    log.info("mail in", kept=kept)


def _mail(mail: Mail) -> str:
    followup = _meant(mail)
    if followup is None:
        return "unknown"
    if mail.bounces:
        bounce = _of(followup, mail.bounces)
        return _bounced(followup, bounce, key=mail.key, whole=_names(bounce, followup))
    if mail.by_itself or _from_us(mail.sender):
        return "no answer"
    return _answered(followup, mail.text, key=mail.key, sender=mail.sender, files=mail.files)


def _meant(mail: Mail) -> Followup | None:
    """The message that a mail is about: the address that it came to tells, or a Message-ID of ours within."""
    ids = (named for address in mail.to if (named := marked(address)) is not None)
    if (first := next(ids, None)) is not None:
        return db.session.get(Followup, first)
    for name in mail.names[:MOST]:
        ours = select(Followup).where(Followup.wire_id == name, Followup.channel == EMAIL)
        if found := db.session.scalar(ours):
            return found
    return None


def _of(followup: Followup, bounces: tuple[Bounce, ...]) -> Bounce:
    return next((bounce for bounce in bounces if _names(bounce, followup)), bounces[0])


def _names(bounce: Bounce, followup: Followup) -> bool:
    """Whether it speaks of the address that we wrote to, and not of one to which that forwards."""
    ours = folded(EMAIL, followup.address)
    return any(folded(EMAIL, address) == ours for address in bounce.addresses)


def _from_us(sender: str) -> bool:
    """A colleague who writes into the same thread, or a mail of ours that went in circles."""
    own = parseaddr(current_settings().mail_from)[1]
    return folded(EMAIL, sender) == folded(EMAIL, own) or User.with_email(sender) is not None


# SMS ------------------------------------------------------------------------------------------------------


def take_sms(sender: str, text: str, *, id: str) -> None:
    """An SMS from a number; `id` is the gateway's own."""
    number, at = read_phone(sender).e164, clock.now()
    told = id or f"{number} {at.date()} {text}"  # the same words twice a day are one answer
    key = hashlib.sha256(f"sms {told}".encode()).hexdigest()
    with system_access("an SMS that came in"):
        words = own_words(text)
        followup = _sent_to(number, since=None if wants_no_more(words) else at - LATELY) if number else None
        kept = _answered(followup, words, key=key, sender=number or "") if followup else "unknown"
    log.info("sms in", kept=kept)


def _sent_to(number: str, *, since: datetime | None) -> Followup | None:
    """The latest that went there; a word that ends it all counts however late it comes."""
    theirs = select(Followup).where(
        Followup.channel == SMS, Followup.address == number, Followup.ended_at.is_not(None)
    )
    if since is not None:
        theirs = theirs.where(Followup.ended_at >= since)
    return db.session.scalar(
        theirs.where(Followup.state != "cancelled").order_by(Followup.ended_at.desc()).limit(1)
    )


def take_report(id: str, bounce: Bounce | None) -> None:
    """What became of an SMS, by the name that we gave it; `bounce` where it did not arrive."""
    with system_access("a report of an SMS"):
        followup = db.session.scalar(select(Followup).where(Followup.wire_id == id, Followup.channel == SMS))
        key = hashlib.sha256(f"report {id} {bounce is None}".encode()).hexdigest()
        if followup is None:
            kept = "unknown"
        elif bounce is None:
            kept = _arrived(followup, key=key)
        else:
            kept = _bounced(followup, bounce, key=key, whole=True)
    log.info("sms in", kept=kept)


# What it means --------------------------------------------------------------------------------------------


def _answered(followup: Followup, text: str, *, key: str, sender: str, files: bool = False) -> str:
    with writing():
        followup, at = db.session.get_one(Followup, followup.id), clock.now()
        stop = wants_no_more(text)
        if not stop and _how_many(followup) >= MOST:
            return "enough"
        came = Incoming.keep(followup, STOP if stop else ANSWER, key=key, at=at, sender=sender, text=text)
        if came is None:
            return "known"
        if stop:
            _withdraw(followup, at=at)
        else:
            _tell_the_timeline(came, followup, files=files)
        if folded(followup.channel, sender) == folded(followup.channel, followup.address):
            Unreachable.lift(followup.channel, followup.address)
        followup.answered(at=at)
        tell(followup, came.kind, about=came.id, text=came.text, at=at)
    return came.kind


def _how_many(followup: Followup) -> int:
    return db.session.scalar(select(func.count(Incoming.id)).where(Incoming.followup_id == followup.id)) or 0


def _withdraw(followup: Followup, *, at: datetime) -> None:
    Consent.withdraw(
        followup.customer, followup.contact_id, followup.channel, followup.address,
        name=followup.to_name, how=ANSWERED, by=None, at=at,
    )  # fmt: skip
    cancel_withdrawn(followup)


def _tell_the_timeline(came: Incoming, followup: Followup, *, files: bool) -> None:
    elsewhere = folded(followup.channel, came.sender) != folded(followup.channel, followup.address)
    told = {
        "channel": followup.channel, "name": followup.to_name, "followup": str(followup.id),
        "text": came.text if len(came.text) <= FIRST_LINES else f"{came.text[:FIRST_LINES].rstrip()}…",
        "sender": came.sender if elsewhere else "", "files": files,
    }  # fmt: skip
    payload = {name: value for name, value in told.items() if value}
    timeline.record(followup.customer, "followup.answered", by=None, at=came.at, payload=payload, id=came.id)


def _bounced(followup: Followup, bounce: Bounce, *, key: str, whole: bool) -> str:
    """`whole`: it speaks of the very address that we wrote to."""
    with writing():
        followup, at = db.session.get_one(Followup, followup.id), clock.now()
        came = Incoming.keep(followup, BOUNCE, key=key, at=at, text=bounce.words)
        if came is None or not followup.came_back(bounce.reason, at=at):
            return "known"
        told = {"channel": followup.channel, "name": followup.to_name, "reason": followup.reason}
        payload = {**told, "followup": str(followup.id)}
        timeline.record(followup.customer, "followup.bounced", by=None, at=at, payload=payload, id=came.id)
        if whole and bounce.of_the_address:
            close(followup, bounce.reason, at=at)
        tell(followup, came.kind, about=came.id, text=came.text, at=at)
    return came.kind


def _arrived(followup: Followup, *, key: str) -> str:
    with writing():
        followup, at = db.session.get_one(Followup, followup.id), clock.now()
        if Incoming.keep(followup, ARRIVED, key=key, at=at) is None:
            return "known"
        Unreachable.lift(followup.channel, followup.address)
    return ARRIVED
