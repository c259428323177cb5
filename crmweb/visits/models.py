"""A visit: somebody was with a customer, or on the phone with them."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, ColumnElement, Date, ForeignKey, Index, String, and_, false, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb import timeline
from crmweb.accounts.actor import Actor
from crmweb.accounts.turns import wait_for_turn
from crmweb.customers.models import Customer
from crmweb.db import Model, db, new_id
from crmweb.notes.models import Note
from crmweb.scope import OfCustomer, looked_after, works_for_viewer
from crmweb.visits.asked import Asked
from crmweb.visits.attendance import Attendee
from crmweb.visits.evidence import AT_THE_PLACE, Evidence
from crmweb.visits.outcomes import SHUT, Outcome
from crmweb.visits.photos import VisitPhoto
from crmweb.visits.verdicts import Fix

KINDS = (*AT_THE_PLACE, "phone", "zalo")

FINISHED, ESTIMATED = "finished", "estimated"
"""How a visit ended: its visitor said so, or the next check-in did and its end is a guess."""

LATEST = 50
"""So many of a customer's visits are looked at for the one that counts as the last."""
LONGEST = timedelta(hours=12)
"""Who finishes a visit later than that has forgotten it, and nobody knows how long it took."""
SETTLES_AFTER = timedelta(hours=24)
"""A slip is seen by the next day; a result that others have planned with stays."""

OPEN = text("ended_at IS NULL")
RESULTLESS = text("ended = 'estimated' AND outcome IS NULL")
EXACT = text("lat IS NOT NULL AND rounded_at IS NULL")
DOUBTFUL = text(
    "(verdict = 'away' OR verdict = 'unproven' AND (reason IS NULL OR reason NOT IN ('no_pin', 'own_pin')))"
)
"""What `Visit.is_doubtful` says, word for word the same in the index and in the question that it serves."""


class Visit(Evidence, Asked, OfCustomer, Model):
    """Seen by those who see the customer, and by those who see the visitor's work.

    `started_at` is the phone's time, never later than ours; `client_at` is what the phone said; `day` is the date where
    the visitor is.
    `no_next`: the visitor said that there is no next step, which is not the same as none that differs from the route's.
    `counted` holds, by assignment, the visit before this one, so that an undo can bring it back.
    """

    __tablename__ = "visits"
    __table_args__ = (
        Index("ix_visits_person_day", "person_id", "day", "started_at"),
        Index("ix_visits_customer", "customer_id", "started_at"),
        Index("ix_visits_open", "person_id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_visits_doubtful", "person_id", "day", sqlite_where=DOUBTFUL, postgresql_where=DOUBTFUL),
        Index("ix_visits_exact", "started_at", sqlite_where=EXACT, postgresql_where=EXACT),
        Index("ix_visits_resultless", "person_id", sqlite_where=RESULTLESS, postgresql_where=RESULTLESS),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    customer_name: Mapped[str] = mapped_column(String(300))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(12))
    helper: Mapped[bool] = mapped_column(default=False)
    day: Mapped[date] = mapped_column(Date)
    started_at: Mapped[datetime]
    client_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended: Mapped[str | None] = mapped_column(String(12))
    outcome: Mapped[str | None] = mapped_column(String(40))
    note_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("notes.id", ondelete="SET NULL"), index=True)
    next_on: Mapped[date | None] = mapped_column(Date)
    no_next: Mapped[bool] = mapped_column(default=False, server_default=false())
    counted: Mapped[dict[str, str | None]] = mapped_column(JSON, default=dict)

    customer: Mapped[Customer] = relationship()
    note: Mapped[Note | None] = relationship()
    attendees: Mapped[list[Attendee]] = relationship(
        order_by=Attendee.name, cascade="all, delete-orphan", passive_deletes=True
    )
    all_photos: Mapped[list[VisitPhoto]] = relationship(
        order_by=(VisitPhoto.taken_at, VisitPhoto.id), passive_deletes=True
    )

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        columns = cls.__table__.c
        return or_(works_for_viewer(columns.person_id), looked_after(columns.customer_id))

    @classmethod
    def check_in(
        cls,
        customer: Customer,
        *,
        by: Actor,
        at: datetime,
        kind: str = "in_person",
        id: uuid.UUID | None = None,
        client_at: datetime | None = None,
        fix: Fix | None = None,
        outcome: str | None = None,
        helper: bool = False,
        shared: bool = True,
    ) -> Visit:
        """Somebody is there, or calls. Saved whatever else is open; `closed` is finished at once with its outcome.

        `shared`: whether the visitor lets their phone tell where it is.
        """
        started_at = min(client_at or at, at)
        visit = cls(
            id=id or new_id(), customer_id=customer.id, customer_name=customer.name, person_id=by.id, kind=kind,
            helper=helper, day=started_at.astimezone(ZoneInfo(by.zone)).date(), started_at=started_at,
            client_at=client_at, recorded_at=at, counted={}, attendees=[], all_photos=[],
        )  # fmt: skip
        visit.follow_policies(by.id, at=started_at)
        db.session.add(visit)
        visit.customer = customer
        visit.judge(fix if shared else None, by=by, at=at, shared=shared)
        timeline.record(customer, "visit.started", by=by, at=started_at, payload=visit.told(), id=visit.id)
        if kind == "closed":
            visit.finish(outcome or SHUT[0], by=by, at=started_at)
        visit._make_room()
        return visit

    def _make_room(self) -> None:
        """One is open at a time, the latest: a check-in ends those before it, on whatever phone they were begun."""
        if not self.at_the_place:
            return
        wait_for_turn(self.person_id)
        others = select(Visit).where(
            Visit.person_id == self.person_id, Visit.id != self.id, Visit.kind.in_(AT_THE_PLACE)
        )
        before = others.where(Visit.ended_at.is_(None), Visit.started_at <= self.started_at)
        for left in db.session.scalars(before).all():
            left._estimate_end(self.started_at)
        after = others.where(Visit.started_at > self.started_at).order_by(Visit.started_at).limit(1)
        if self.ended_at is None and (went_on := db.session.scalar(after)):
            self._estimate_end(went_on.started_at)

    @classmethod
    def leave_all(cls, person_id: uuid.UUID, *, at: datetime) -> int:
        """Whoever was there is gone for good: what they left open ended some time. Returns how many."""
        open_ones = select(cls).where(cls.person_id == person_id, cls.ended_at.is_(None))
        left = db.session.scalars(open_ones).all()
        for visit in left:
            visit._estimate_end(max(at, visit.started_at))
        return len(left)

    def _estimate_end(self, at: datetime) -> None:
        self.ended_at, self.ended = at, ESTIMATED
        timeline.revise(self.id, "visit.left", payload=self.told())

    def finish(
        self,
        outcome: str,
        *,
        by: Actor,
        at: datetime,
        next_on: date | None = None,
        no_next: bool = False,
        note: Note | None = None,
    ) -> None:
        """Its result is known. An end that was estimated stays so; what is finished already takes the new result."""
        if self.ended_at is None:
            self.ended_at, self.ended = max(at, self.started_at), FINISHED
        self.outcome, self.next_on, self.no_next = outcome, next_on, no_next
        if note is not None:
            self.note_id = note.id
        self._count()
        timeline.revise(self.id, "visit.finished", payload=self.told())

    def _count(self) -> None:
        """The visitor's own work there starts anew, and that of whom they stand in for."""
        if not self.at_the_place or self.helper or self.counted:
            return
        for assignment in self._assignments():
            before = assignment.last_visit_at
            self.counted = {**self.counted, str(assignment.id): before.isoformat() if before else None}
            assignment.visited(at=self.started_at)

    def _assignments(self) -> list[Any]:
        standing = [each for each in self.customer.assignments if each.active]
        covered = {each.stands_in_for_id for each in standing if each.person_id == self.person_id}
        return [each for each in standing if each.person_id in {self.person_id, *covered}]

    def reopen(self, *, by: Actor, at: datetime) -> None:
        """The result was a slip: as if it had not been finished. Who went on meanwhile has left there."""
        self._uncount()
        if self.ended == FINISHED:
            self.ended_at = self.ended = None
        if self.kind == "closed":
            self.kind = "in_person"
        self.outcome, self.next_on, self.no_next, self.counted, self.attendees = None, None, False, {}, []
        if self.ended_at is None:
            self._make_room()
        self.tell()

    def _uncount(self) -> None:
        """The last visit is the latest of the others that count, else the one before; later ones hear of it."""
        others = db.session.scalars(self._others_with_a_result()).all()
        for assignment in self.customer.assignments:
            name = str(assignment.id)
            if name not in self.counted:
                continue
            before = self.counted[name]
            counting = [visit for visit in others if name in visit.counted]
            for visit in counting:
                if visit.counted[name] == self.started_at.isoformat():
                    visit.counted = {**visit.counted, name: before}
            last = [visit.started_at for visit in counting]
            last += [datetime.fromisoformat(before)] if before else []
            assignment.unvisited(self.started_at, before=max(last, default=None))

    def _others_with_a_result(self) -> Any:
        others = and_(Visit.customer_id == self.customer_id, Visit.id != self.id, Visit.outcome.is_not(None))
        return select(Visit).where(others).order_by(Visit.started_at.desc()).limit(LATEST)

    def is_settled(self, at: datetime) -> bool:
        """Whether its result stands for good: we heard it a day ago. When one came that was missing, nobody knows."""
        if self.outcome is None or self.ended_at is None or self.ended != FINISHED:
            return False
        return at - max(self.ended_at, self.recorded_at) > SETTLES_AFTER

    def tell(self) -> None:
        """Its one entry on the timeline says how it stands now."""
        timeline.revise(self.id, self.kind_of_entry, payload=self.told())

    @property
    def photos(self) -> list[VisitPhoto]:
        """Those that nobody took away."""
        return [photo for photo in self.all_photos if photo.removed_at is None]

    @property
    def minutes(self) -> int | None:
        """How long it took; nobody knows where the end is an estimate or was forgotten, or where it came at once."""
        if self.ended_at is None or self.ended != FINISHED or self.kind == "closed":
            return None
        took = self.ended_at - self.started_at
        return round(took.total_seconds() / 60) if took <= LONGEST else None

    @property
    def skew_s(self) -> float | None:
        """Seconds by which the phone's time lay behind ours when it arrived; negative where it was ahead."""
        return (self.recorded_at - self.client_at).total_seconds() if self.client_at else None

    @property
    def kind_of_entry(self) -> str:
        if self.outcome is not None:
            return "visit.finished"
        return "visit.started" if self.ended_at is None else "visit.left"

    def told(self) -> dict[str, Any]:
        """What the timeline shows of it."""
        own = db.session.get(Outcome, self.outcome) if self.outcome else None
        told: dict[str, Any] = {
            "kind": self.kind, "outcome": self.outcome, "minutes": self.minutes, "verdict": self.verdict,
            "reason": self.reason, "distance_m": self.distance_m and round(self.distance_m),
            "accuracy_m": self.accuracy_m and round(self.accuracy_m), "estimated": self.ended == ESTIMATED,
            "next_on": self.next_on.isoformat() if self.next_on else None, "no_next": self.no_next,
            "helper": self.helper, "outcome_label": own.label if own else None,
            "attendees": [attendee.name for attendee in self.attendees],
            "photos": [str(photo.id) for photo in self.photos],
        }  # fmt: skip
        return {name: value for name, value in told.items() if value not in (None, False, [])}
