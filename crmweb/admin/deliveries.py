"""The ledger as an admin reads it: what left the house, what did not and why, and a button to try again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select, func, select

from crmweb import audit, clock
from crmweb.admin import delivery_words
from crmweb.admin.places import offer
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.languages import lazy_gettext
from crmweb.notifications.metrics import last_sweep, oldest_due
from crmweb.notifications.models import CANCELLED, DEAD, FAILED, SENT, WAITING, Delivery
from crmweb.notifications.outcomes import NOTICE
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page

deliveries = Blueprint("deliveries", __name__)

HERE: Final = "/admin/deliveries"
A_PAGE: Final = 50
COUNTED_TO: Final = 1000
"""More are said as 1,000+: an admin needs no exact number of what went well."""

TROUBLE: Final = "trouble"
GROUPS: Final = {TROUBLE: (FAILED, DEAD), WAITING: (WAITING,), SENT: (SENT,), CANCELLED: (CANCELLED,)}
CHANNELS: Final = ("push", "sms", "email")

offer(
    HERE, icon="bell", needs="deliveries:manage", order=50,
    name=lazy_gettext("Deliveries"), line=lazy_gettext("What left the house, and what did not arrive"),
)  # fmt: skip

NOTICES["delivery_retried"] = lambda _about: Notice(_("It is on its way again"))
NOTICES["deliveries_retried"] = lambda _about: Notice(_("They are on their way again"))
NOTICES["delivery_cannot"] = lambda _about: Notice(_("It has been sent meanwhile"))


@dataclass(frozen=True)
class Question:
    """Which deliveries an admin asks for."""

    group: str
    channel: str
    to: str

    @classmethod
    def asked(cls) -> Question:
        """What the address says; what it says wrongly is left out."""
        asked = request.values.get
        group, channel = asked("state", TROUBLE), asked("channel", "")
        return cls(
            group if group in GROUPS else TROUBLE,
            channel if channel in CHANNELS else "",
            asked("to", "").strip(),
        )

    def address(self, **other: str) -> str:
        """The page that asks this, with something asked otherwise."""
        asked = {"state": self.group, "channel": self.channel, "to": self.to, **other}
        return f"{HERE}?{urlencode({name: value for name, value in asked.items() if value})}"

    def narrow(self, query: Select[Any], group: str | None = None) -> Select[Any]:
        """Those of the question. Notices that set out are left out: what they filed stands there itself."""
        query = query.where(Delivery.state.in_(GROUPS[group or self.group]), Delivery.kind != NOTICE)
        if self.channel:
            query = query.where(Delivery.kind == self.channel)
        if self.to:
            query = query.where(Delivery.recipient.icontains(self.to, autoescape=True))
        return query

    def count(self, group: str) -> int:
        """How many there are in a group, up to ``COUNTED_TO``."""
        some = self.narrow(select(Delivery.id), group).limit(COUNTED_TO).subquery()
        return db.session.scalar(select(func.count()).select_from(some)) or 0


@deliveries.get(HERE)
@needs("deliveries:manage")
def index() -> ResponseReturnValue:
    question = Question.asked()
    rows = list(db.session.scalars(_latest(question)))
    return page(
        "admin/deliveries.html",
        fragment="admin/deliveries/_rows.html",
        question=question,
        deliveries=rows[:A_PAGE],
        more=question.address(after=str(rows[A_PAGE - 1].id)) if len(rows) > A_PAGE else "",
        counts={group: question.count(group) for group in GROUPS},
        counted_to=COUNTED_TO,
        oldest=oldest_due(),
        swept=last_sweep(),
    )


def _latest(question: Question) -> Select[Any]:
    latest = question.narrow(select(Delivery)).order_by(Delivery.id.desc()).limit(A_PAGE + 1)
    try:
        return latest.where(Delivery.id < uuid.UUID(request.args["after"]))
    except (KeyError, ValueError):
        return latest


@deliveries.post(f"{HERE}/<uuid:id>/retry")
@needs("deliveries:manage")
def retry(id: uuid.UUID) -> ResponseReturnValue:
    """Begin again with one that failed."""
    delivery, at = not_found_unless(db.session.get(Delivery, id)), clock.now()
    about = audit.Reference("delivery", id, delivery.kind)
    with writing():
        again = Delivery.retry(id, at=at)
        if again:
            audit.record("delivery.retried", by=current_user, at=at, about=about)
    return go(Question.asked().address(), notice="delivery_retried" if again else "delivery_cannot")


@deliveries.post(f"{HERE}/retry")
@needs("deliveries:manage")
def retry_all() -> ResponseReturnValue:
    """Begin again with all that failed and are asked for, as when a mail server is mended; so many at once."""
    question, at = Question.asked(), clock.now()
    with writing():
        failed = db.session.scalars(question.narrow(select(Delivery.id), TROUBLE).limit(COUNTED_TO)).all()
        again = sum(Delivery.retry(delivery, at=at, ring=False) for delivery in failed)
        told = {"deliveries": again, "asked": question.address()}
        audit.record(
            "delivery.retried", by=current_user, at=at, about=audit.Reference("delivery"), after=told
        )
    return go(question.address(), notice="deliveries_retried")


def init_app(app: Flask) -> None:
    delivery_words.init_app(app)
    app.register_blueprint(deliveries)
