"""What leaves the house: deliveries, and each channel with what it lately could not carry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, func, select

from crmweb.clock import now
from crmweb.config import VAPID_KEY, current_settings
from crmweb.db import db, is_sqlite
from crmweb.lights.findings import Said, _l, bad, note, ok
from crmweb.notifications.models import DEAD, FAILED, SENT, WAITING, Delivery
from crmweb.notifications.notices import TOLD, Notice
from crmweb.scope import system_access

STUCK_AFTER: Final = 3
"""Tries of one message, or messages in a row: by then it is the way that fails, and not one address."""
LOOKED_BACK: Final = 500
"""Sent ones among which the last of a channel is looked for."""


def deliveries() -> Said:
    """What one channel could not carry is no trouble where the next one told its person."""
    lately = Delivery.ended_at > now() - timedelta(days=7)
    told_otherwise = select(Notice.id).where(Notice.id == Delivery.notice_id, Notice.state == TOLD)
    lost = _counted(lately, Delivery.state.in_((FAILED, DEAD)), ~told_otherwise.exists())
    if lost:
        return bad(
            _l("%(lost)s could not be sent in the last 7 days"),
            _l("See the deliveries: /admin/deliveries."),
            lost=lost,
        )
    return ok(_l("None was lost in the last 7 days"))


def _counted(*which: ColumnElement[bool]) -> int:
    with system_access("doctor"):
        return db.session.scalar(select(func.count()).select_from(Delivery).where(*which)) or 0


def mail() -> Said:
    settings = current_settings()
    if not settings.mail_url:
        return note(_l("MAIL_URL is not set: mail is written to files, in production none leaves"))
    return _trouble("email") or ok(_l("Leaves as %(sender)s"), sender=settings.mail_from)


def sms() -> Said:
    settings = current_settings()
    if not settings.sms_url:
        return note(_l("SMS_URL is not set: no SMS leaves"))
    return _trouble("sms") or ok(_l("Leaves by %(host)s"), host=urlsplit(settings.sms_url).hostname or "")


def push() -> Said:
    from crmweb.notifications.vapid import vapid

    settings = current_settings()
    vapid(settings)
    if not settings.https and settings.env == "production":
        return bad(_l("Browsers give no push without https"), _l("Set PUBLIC_URL."))
    if trouble := _trouble("push"):
        return trouble
    if not settings.vapid_private_key and not is_sqlite():
        return note(
            _l("Its key is %(file)s"), _l("With several machines, set VAPID_PRIVATE_KEY."),
            file=str(settings.home / VAPID_KEY),
        )  # fmt: skip
    return ok(_l("Its key is there, push services may write to %(contact)s"), contact=settings.push_contact)


def _trouble(channel: str) -> Said | None:
    """What says that the channel itself fails: several in a row that it did not carry, or one tried again and again."""
    stuck = _counted(Delivery.state == WAITING, Delivery.kind == channel, Delivery.attempts >= STUCK_AFTER)
    if stuck:
        return bad(_l("%(stuck)s wait after %(tries)s tries or more"), _SEE, stuck=stuck, tries=STUCK_AFTER)
    lately = Delivery.ended_at > max(_last_sent(channel), now() - timedelta(days=1))
    failed = _counted(Delivery.state.in_((FAILED, DEAD)), Delivery.kind == channel, lately)
    say: Callable[..., Said] = bad if failed >= STUCK_AFTER else note
    return say(_l("%(failed)s failed since the last that left"), _SEE, failed=failed) if failed else None


_SEE: Final = _l("See why in the deliveries: /admin/deliveries.")


def _last_sent(channel: str) -> datetime:
    """When the last one left; long ago where none of the latest was one of its."""
    latest = select(Delivery.kind, Delivery.ended_at).where(Delivery.state == SENT)
    some = latest.order_by(Delivery.id.desc()).limit(LOOKED_BACK).subquery()
    with system_access("doctor"):
        found: datetime | None = db.session.scalar(
            select(func.max(some.c.ended_at)).where(some.c.kind == channel)
        )
    return found or now() - timedelta(days=365)
