"""What is held of writes that phones brought and that are not done."""

from __future__ import annotations

import uuid

from sqlalchemy import Select, select

from crmweb.holdings import Part, hold, of
from crmweb.languages import lazy_gettext as _
from crmweb.outbox.models import OutboxFile, OutboxWrite


def init() -> None:
    hold(
        OutboxWrite, _("What their phone brought and was not done"), secret=("digest",),
        person=Part(of(OutboxWrite.person_id)), customer=Part(of(OutboxWrite.customer_id)),
        beside={"settled_by_id": "who decided about it is in the audit"},
    )  # fmt: skip
    hold(
        OutboxFile, _("Photos that their phone brought and were not kept with a visit"), file="name",
        person=Part(lambda who: OutboxFile.write_id.in_(_writes().where(OutboxWrite.person_id == who))),
        customer=Part(lambda who: OutboxFile.write_id.in_(_writes().where(OutboxWrite.customer_id == who))),
    )  # fmt: skip


def _writes() -> Select[uuid.UUID]:
    return select(OutboxWrite.id)
