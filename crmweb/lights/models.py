"""What the last look at each part of the house found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import JSON, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, db
from crmweb.lights.findings import Finding, Mark

LOOKED_EVERY: Final = timedelta(minutes=10)
STALE: Final = 3 * LOOKED_EVERY
"""After so long without a look nobody looks any more, which is a red light of its own."""
SURE_AFTER: Final = 2
"""Looks in a row that must find it red before anybody is called."""
AGAIN_AFTER: Final = timedelta(days=1)
LONGEST: Final = 500


class Light(Model):
    """One part of the house. ``reds`` counts the looks in a row that found it red; ``told`` says whether people know
    that it is, ``told_at`` when they last heard so.
    """

    __tablename__ = "lights"

    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    mark: Mapped[str] = mapped_column(String(4))
    text: Mapped[str] = mapped_column(String(LONGEST))
    todo: Mapped[str] = mapped_column(String(LONGEST))
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    looked_at: Mapped[datetime]
    since: Mapped[datetime]
    reds: Mapped[int]
    told: Mapped[bool]
    told_at: Mapped[datetime | None]

    @classmethod
    def keep(cls, findings: Iterable[Finding], *, at: datetime) -> list[Light]:
        """Write down what a look found; what is not looked at any more goes. Returns all lights."""
        known = {light.what: light for light in db.session.scalars(select(cls))}
        lights = []
        for finding in findings:
            light = known.pop(finding.what, None) or cls._new(finding.what, at)
            light._turn(finding, at)
            lights.append(light)
        for gone in known.values():
            db.session.delete(gone)
        db.session.flush()
        return lights

    @classmethod
    def _new(cls, what: str, at: datetime) -> Light:
        light = cls(what=what, mark="", since=at, reds=0, told=False)
        db.session.add(light)
        return light

    def _turn(self, finding: Finding, at: datetime) -> None:
        said = finding.said
        if self.mark != said.mark:
            self.since = at
        self.mark, self.text, self.todo = said.mark.value, said.text[:LONGEST], said.todo[:LONGEST]
        self.values = {name: _short(value) for name, value in said.values.items()}
        self.looked_at, self.reds = at, self.reds + 1 if self.red else 0

    @property
    def red(self) -> bool:
        return self.mark == Mark.BAD

    def calls(self, *, at: datetime) -> bool:
        """Whether people are to hear now that it is red: it stayed so, and they did not hear it within a day."""
        quiet = self.told_at is not None and at - self.told_at < AGAIN_AFTER
        return self.reds >= SURE_AFTER and not quiet

    @classmethod
    def all(cls) -> list[Light]:
        """Red ones first, then those worth a note, each by when they became so."""
        worst = {Mark.BAD.value: 0, Mark.NOTE.value: 1}
        found = db.session.scalars(select(cls)).all()
        return sorted(found, key=lambda light: (worst.get(light.mark, 2), light.what))

    @classmethod
    def looked(cls) -> datetime | None:
        """When somebody last looked."""
        return db.session.scalar(select(func.max(cls.looked_at)))

    @classmethod
    def count_red(cls, *, at: datetime) -> int:
        """How many are red, and one more where nobody looks."""
        looked = cls.looked()
        blind = looked is None or at - looked > STALE
        red = select(func.count()).select_from(cls).where(cls.mark == Mark.BAD.value)
        return (db.session.scalar(red) or 0) + int(blind)


def _short(value: str | int) -> str | int:
    return value[:LONGEST] if isinstance(value, str) else value
