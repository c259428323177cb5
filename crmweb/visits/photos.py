"""Photos of a visit: taken in the page, made small, without anything the camera wrote into them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, String, or_
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, new_id
from crmweb.scope import OfCustomer, looked_after, works_for_viewer


class VisitPhoto(OfCustomer, Model):
    """One picture; the file lies under its `name` in the data folder. Seen by those who see the visit."""

    __tablename__ = "visit_photos"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"), index=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]
    taken_at: Mapped[datetime] = mapped_column(index=True)
    removed_at: Mapped[datetime | None]

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        columns = cls.__table__.c
        return or_(works_for_viewer(columns.by_id), looked_after(columns.customer_id))
