"""What is held of what people are told: notices, their deliveries, how they want to be reached."""

from __future__ import annotations

import json
import uuid
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, or_, select

from crmweb.accounts.models import User
from crmweb.db import db
from crmweb.holdings import Part, Subject, hold, of
from crmweb.languages import lazy_gettext as _
from crmweb.notifications.choices import NotificationChoices
from crmweb.notifications.models import Delivery
from crmweb.notifications.notices import Notice
from crmweb.notifications.subscriptions import PushSubscription


def init() -> None:
    hold(
        Delivery, _("Messages to their devices and addresses"), person=Part(_to), customer=Part(_about_customer),
    )  # fmt: skip
    hold(
        Notice,
        _("Notices"),
        person=Part(of(Notice.person_id), None, _unname),
        customer=Part(of(Notice.customer_id)),
    )
    hold(NotificationChoices, _("How they want to be told"), person=Part(of(NotificationChoices.person_id)))
    hold(
        PushSubscription, _("Devices that are told"), person=Part(of(PushSubscription.person_id)),
        secret=("endpoint", "p256dh", "auth", "key"),
    )  # fmt: skip


def _to(id: uuid.UUID) -> ColumnElement[bool]:
    addresses = select(User.email).where(User.id == id).union(select(User.phone).where(User.id == id))
    return or_(
        Delivery.notice_id.in_(select(Notice.id).where(Notice.person_id == id)),
        Delivery.recipient.in_(addresses),
    )


def _about_customer(id: uuid.UUID) -> ColumnElement[bool]:
    """What told one of us of this customer; messages to the customer are found by who sends them."""
    return Delivery.notice_id.in_(select(Notice.id).where(Notice.customer_id == id))


def _unname(subject: Subject) -> None:
    """Others were told of them by name."""
    user = db.session.get(User, subject.id)
    if user is None:
        return
    for notice in db.session.scalars(select(Notice).where(names(Notice.payload, user.name))).unique():
        notice.payload = renamed(notice.payload, user.name, subject.called)
        notice.title, notice.body = (
            text and text.replace(user.name, subject.called) for text in (notice.title, notice.body)
        )


def names(payload: Any, name: str) -> ColumnElement[bool]:
    """Whether what was kept as JSON names somebody."""
    return cast(payload, Text).contains(json.dumps(name), autoescape=True)


def renamed(payload: dict[str, Any], name: str, called: str) -> dict[str, Any]:
    """The same with another name where somebody's stood."""
    return {key: called if value == name else value for key, value in payload.items()}
