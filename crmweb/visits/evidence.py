"""Where a visitor was: what the phone told, how it was judged, and that it stays so."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, String, and_, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import timeline
from crmweb.customers.proposals import PIN, Proposal
from crmweb.db import db
from crmweb.geo import Point, haversine_m
from crmweb.timeline.models import HasId
from crmweb.visits.verdicts import AWAY, NOT_YET, RADIUS_M, UNPROVEN, WITHOUT_DOUBT, Fix, Verdict
from crmweb.visits.verdicts import judge as verdict_on

if TYPE_CHECKING:
    from crmweb.customers.models import Customer

WHYS = ("building", "basement", "moved", "elsewhere", "phone")
"""What a visitor may say of a doubtful place, each with one tap."""

AT_THE_PLACE = ("in_person", "closed")
"""Kinds of visits for which somebody went there; a place is asked for these alone."""


class Evidence:
    """A trait of a visit. `judged_at` says when its place was judged, and nothing moves the verdict afterwards.

    `why` is the visitor's own word for a doubtful place.
    """

    if TYPE_CHECKING:
        id: Mapped[uuid.UUID]
        customer: Mapped[Customer]
        person_id: Mapped[uuid.UUID]
        kind: Mapped[str]
        day: Mapped[date]
        started_at: Mapped[datetime]
        client_at: Mapped[datetime | None]
        recorded_at: Mapped[datetime]

        @property
        def kind_of_entry(self) -> str: ...

        def told(self) -> dict[str, Any]: ...

    verdict: Mapped[str | None] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(20))
    why: Mapped[str | None] = mapped_column(String(200))
    judged_at: Mapped[datetime | None]
    lat: Mapped[float | None] = mapped_column(Double)
    lng: Mapped[float | None] = mapped_column(Double)
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    fixed_at: Mapped[datetime | None]
    distance_m: Mapped[float | None] = mapped_column(Double)
    speed_kmh: Mapped[float | None] = mapped_column(Double)
    radius_m: Mapped[int] = mapped_column(default=RADIUS_M)
    rounded_at: Mapped[datetime | None]

    def place(self, fix: Fix, *, by: HasId, at: datetime) -> None:
        """The phone found its place after the check-in. The first one taken in time freezes the verdict.

        One that does not say when it was taken was taken when it came, by a phone that may run ahead.
        """
        if self.judged_at is None and self.at_the_place:
            ahead = max((self.client_at or self.recorded_at) - self.recorded_at, timedelta(0))
            self.judge(replace(fix, taken_at=fix.taken_at or at + ahead), by=by, at=at)
            timeline.revise(self.id, self.kind_of_entry, payload=self.told())

    def judge(self, fix: Fix | None, *, by: HasId, at: datetime, shared: bool = True) -> None:
        """Weigh what the phone said. A good fix where nobody has set a pin proposes one."""
        if not self.at_the_place:
            return
        self.speed_kmh = self._speed(fix)
        verdict = verdict_on(
            fix, pin=self._pin(), own_pin=self.customer.pin_by_id == self.person_id,
            started_at=self.client_at or self.started_at, radius_m=self.radius_m, speed_kmh=self.speed_kmh,
            shared=shared,
        )  # fmt: skip
        self._write_down(verdict, fix)
        if verdict.reason not in NOT_YET:
            self.judged_at = at
        self.explain(self.why)
        if fix is not None and verdict.reason == "no_pin" and fix.is_close:
            place = (fix.at.lat, fix.at.lng, fix.accuracy_m)
            Proposal.make(self.customer, PIN, by=by, at=at, place=place, cause_id=self.id)

    def explain(self, why: str | None) -> None:
        """The visitor's own word, one of `WHYS`; None takes it back. A verdict that needs none gets none."""
        self.why = why if self.verdict in (AWAY, UNPROVEN) else None

    def _pin(self) -> Point | None:
        customer = self.customer
        if not customer.has_pin or customer.lat is None or customer.lng is None:
            return None
        return Point(customer.lat, customer.lng)

    def _write_down(self, verdict: Verdict, fix: Fix | None) -> None:
        self.verdict, self.reason, self.distance_m = verdict
        if fix is not None:
            self.lat, self.lng = fix.at.lat, fix.at.lng
            self.accuracy_m, self.fixed_at = fix.accuracy_m, fix.taken_at

    def _speed(self, fix: Fix | None) -> float | None:
        """Kilometres an hour since the visitor's last place before this one, as the crow flies."""
        before = db.session.scalar(self._placed_before()) if fix else None
        if fix is None or before is None or before.lat is None or before.lng is None:
            return None
        hours: float = (self.started_at - before.started_at).total_seconds() / 3600
        kilometres = haversine_m(Point(before.lat, before.lng), fix.at) / 1000
        return kilometres / max(hours, 1 / 3600)

    def _placed_before(self) -> Any:
        kind: Any = type(self)
        earlier = and_(
            kind.person_id == self.person_id, kind.started_at < self.started_at, kind.id != self.id
        )
        placed = and_(earlier, kind.day == self.day, kind.judged_at.is_not(None))
        return select(kind).where(placed).order_by(kind.started_at.desc()).limit(1)

    @property
    def at_the_place(self) -> bool:
        return self.kind in AT_THE_PLACE

    @property
    def is_doubtful(self) -> bool:
        """Whether a manager should look: away, or unproven for a reason that is not the pin's."""
        return self.verdict == AWAY or (self.verdict == UNPROVEN and self.reason not in WITHOUT_DOUBT)
