"""What push services ask of us: to come again later, or to set something right."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.accounts.roles import roles_with
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.notifications.notices import Notice, Words, notice_kind

REFUSED = "push.refused"


def retry_after(header: str | None, *, at: datetime) -> float | None:
    """Seconds, from a number of them or a date (RFC 9110, 10.2.3); None for what is neither."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - at).total_seconds())


def tell_admins(host: str, status: int) -> None:
    """Once a day and push service: whoever looks after the settings hears that it does not know us."""
    at = clock.now()
    admins = User.role.in_(roles_with("policies:manage"))
    asked = select(User.id).where(admins, User.deactivated_at.is_(None))
    with writing():
        for person_id in db.session.scalars(asked).all():
            Notice.file(
                person_id,
                REFUSED,
                dedupe=f"{REFUSED} {host} {at:%Y-%m-%d} {person_id}",
                payload={"host": host, "status": status},
                at=at,
            )


def _words(notice: Notice) -> Words:
    host, status = notice.payload["host"], notice.payload["status"]
    return Words(
        _("Push does not work: %(host)s refuses us", host=host),
        _(
            "It answered %(status)s. People hear by SMS or email now. Look at VAPID_PRIVATE_KEY and VAPID_SUBJECT.",
            status=status,
        ),
        "/admin/deliveries",
    )


def listen() -> None:
    """Know how such a notice is said."""
    notice_kind(REFUSED, wanted=lambda _notice: True, words=_words)
