"""What a manager says of a doubtful check-in, and what the visitor answers. The verdict itself stays as it was."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, Text, or_, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight
from crmweb.accounts.turns import wait_for_turn
from crmweb.db import Model, db, new_id
from crmweb.scope import OfCustomer, looked_after, works_for_viewer
from crmweb.visits.models import Visit

UNANSWERED = text("question IS NOT NULL AND answered_at IS NULL")


class Review(OfCustomer, Model):
    """One visit as a manager saw it: accepted, or asked about with a question that the visitor answers.

    `person_id` is the visitor, who sees all of it.
    """

    __tablename__ = "visit_reviews"
    __table_args__ = (
        Index(
            "ix_visit_reviews_unanswered", "person_id", sqlite_where=UNANSWERED, postgresql_where=UNANSWERED
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"), unique=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    question: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]

    visit: Mapped[Visit] = relationship()

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        columns = cls.__table__.c
        return or_(works_for_viewer(columns.person_id), looked_after(columns.customer_id))

    @classmethod
    def of(cls, visit: Visit, *, by: Actor) -> Review:
        """The review of this visit, begun now if nobody has."""
        (found,) = cls.of_all([visit], by=by)
        return found

    @classmethod
    def of_all(cls, visits: Collection[Visit], *, by: Actor) -> list[Review]:
        """The same of several, in a few statements."""
        wait_for_turn(*{visit.person_id for visit in visits})
        said = select(cls).where(cls.visit_id.in_([visit.id for visit in visits]))
        known = {review.visit_id: review for review in db.session.scalars(said)}
        for visit in visits:
            if visit.id not in known:
                known[visit.id] = cls._begin(visit, by=by)
        return [known[visit.id] for visit in visits]

    @classmethod
    def _begin(cls, visit: Visit, *, by: Actor) -> Review:
        begun = cls(
            id=new_id(),
            visit_id=visit.id,
            customer_id=visit.customer_id,
            person_id=visit.person_id,
            by_id=by.id,
        )
        db.session.add(begun)
        return begun

    @classmethod
    def accept_all(cls, visits: Collection[Visit], *, by: Actor, at: datetime) -> None:
        """They are fine as they are, all at the same moment: by it they are found again, to take it back."""
        for review in cls.of_all(visits, by=by):
            review.accept(by=by, at=at)

    @classmethod
    def accepted_together(cls, at: datetime, *, by: Actor) -> list[Review]:
        """What this person accepted at that very moment and nobody took back since; visits come along."""
        theirs = select(cls).where(cls.by_id == by.id, cls.accepted_at == at)
        return list(db.session.scalars(theirs.options(joinedload(cls.visit))))

    def accept(self, *, by: Actor, at: datetime) -> None:
        """It is fine as it is; said twice, the first time counts."""
        if self.accepted_at is None:
            self.by_id, self.accepted_at = by.id, at

    def ask(self, question: str, *, by: Actor, at: datetime) -> None:
        """The visitor should say more; an earlier answer stays readable beside the new question."""
        self.by_id, self.question, self.asked_at = by.id, question, at
        self.answered_at = self.accepted_at = None

    def take_back(self) -> None:
        """It was accepted by a slip."""
        self.accepted_at = None

    def reply(self, answer: str, *, at: datetime) -> None:
        """What the visitor says to it, asked or not."""
        self.answer, self.answered_at = answer, at

    @property
    def is_asked(self) -> bool:
        """Whether the visitor still has something to answer."""
        return self.question is not None and self.answered_at is None and self.accepted_at is None


def review_of(visit: Visit) -> Review | None:
    """What has been said of a visit, if anything."""
    return db.session.scalar(select(Review).where(Review.visit_id == visit.id))


def questions_for(person_id: uuid.UUID) -> list[Review]:
    """What this person has been asked about their visits and has not answered, the oldest first; visits come along."""
    theirs = select(Review).where(Review.person_id == person_id, UNANSWERED, Review.accepted_at.is_(None))
    return list(db.session.scalars(theirs.options(joinedload(Review.visit)).order_by(Review.asked_at)))


def may_review(visits: Collection[Visit], *, by: Actor) -> bool:
    """Whether they are all this person's to review: nobody's own, nor those of people who work elsewhere."""
    people = {visit.person_id for visit in visits}
    if by.id in people or not by.may("visits:review"):
        return False
    below = select(Oversight.person_id).where(Oversight.viewer_id == by.id, Oversight.person_id.in_(people))
    return by.may("customers:read:all") or people <= set(db.session.scalars(below))


def may_object(visit: Visit, review: Review | None, *, by: Actor) -> bool:
    """Whether the visitor has something to say to: a question, or a doubt about where they were."""
    asked = review is not None and review.question is not None
    return visit.person_id == by.id and (asked or visit.is_doubtful)
