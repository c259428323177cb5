"""Notices: what one person must hear of, whichever of their channels carries it.

A notice is *waiting* until one channel took it (*told*), none could (*unreached*: it stands on top of Today) or
nobody needs to hear of it any more (*dropped*). When it is due it sets out, see ``setting_out``.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    and_,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb.accounts.models import User
from crmweb.db import Model, changed, db, new_id
from crmweb.notifications.models import Delivery
from crmweb.notifications.outcomes import NOTICE
from crmweb.scope import Scoped, works_for_viewer

WAITING, TOLD, UNREACHED, DROPPED = "waiting", "told", "unreached", "dropped"

REMEMBERED: Final = timedelta(days=7)
"""How long Today says that something did not reach its person."""

_UNSEEN: Final = text("state = 'unreached' AND seen_at IS NULL")


@dataclass(frozen=True)
class Action:
    """What can be done about it from the notice itself: ``path`` takes a POST."""

    name: str
    label: str
    path: str


@dataclass(frozen=True)
class Words:
    """A notice as its person reads it; ``path`` is the page that it opens."""

    title: str
    body: str
    path: str
    actions: tuple[Action, ...] = ()


class Notice(Scoped, Model):
    """For one person, about a record (``about_id``) and maybe a customer. Seen by the person and those above them.

    ``kind`` says who knows its words (``notice_kind``), ``payload`` what they need; ``locale`` is the language of
    the person when it was filed. ``channel`` is the one it is tried by, or was told by. Its words stand in it from
    when it sets out.
    """

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_person", "person_id", "due_at"),
        Index("ix_notices_unreached", "person_id", sqlite_where=_UNSEEN, postgresql_where=_UNSEEN),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    dedupe: Mapped[str] = mapped_column(String(250), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    about_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    locale: Mapped[str | None] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    channel: Mapped[str | None] = mapped_column(String(10))
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    title: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[str | None] = mapped_column(String(600))
    path: Mapped[str | None] = mapped_column(String(300))

    person: Mapped[User] = relationship(lazy="joined")

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        return works_for_viewer(cls.__table__.c.person_id)

    @classmethod
    def file(
        cls,
        person_id: uuid.UUID,
        kind: str,
        *,
        dedupe: str,
        payload: Mapping[str, Any],
        at: datetime,
        not_before: datetime | None = None,
        about_id: uuid.UUID | None = None,
        customer_id: uuid.UUID | None = None,
        locale: str | None = None,
    ) -> uuid.UUID | None:
        """Have the person told at ``not_before`` (default ``at``), in the caller's transaction.

        ``locale``: their language, where they have chosen none. Returns its id, or None when one with this
        ``dedupe`` is filed already, which is then left as it is.
        """
        due = max(not_before or at, at)
        notice = cls(
            id=new_id(), dedupe=dedupe, person_id=person_id, kind=kind, customer_id=customer_id,
            about_id=about_id, payload=dict(payload), locale=locale, due_at=due, state=WAITING,
        )  # fmt: skip
        try:
            with db.session.begin_nested():
                db.session.add(notice)
        except IntegrityError:
            return None
        _carry(notice, at=at)
        return notice.id

    @classmethod
    def drop(cls, about_id: uuid.UUID, *, at: datetime) -> None:
        """Nobody needs to hear of this record any more: end what is told of it later, and what reached nobody."""
        known = (cls.about_id == about_id, cls.state.in_((WAITING, UNREACHED)))
        dropped = list(db.session.scalars(select(cls.id).where(*known)))
        if dropped:
            changed(update(cls).where(cls.id.in_(dropped)).values(state=DROPPED, ended_at=at))
            Delivery.cancel([_dedupe(notice) for notice in dropped], at=at)

    @classmethod
    def redirect(
        cls, about_ids: Collection[uuid.UUID], kind: str, *, to: uuid.UUID, locale: str | None
    ) -> None:
        """What is still to be told of these records is told to somebody else, when it was to be."""
        waiting = (cls.about_id.in_(about_ids), cls.kind == kind, cls.state == WAITING)
        changed(update(cls).where(*waiting).values(person_id=to, locale=locale))

    @classmethod
    def drop_all_of(cls, person_id: uuid.UUID, *, at: datetime) -> None:
        """This person hears nothing more. What is on its way is dropped where it sets out."""
        theirs = (cls.person_id == person_id, cls.state.in_((WAITING, UNREACHED)))
        changed(update(cls).where(*theirs).values(state=DROPPED, ended_at=at))

    @classmethod
    def unreached(cls, *, at: datetime) -> ColumnElement[bool]:
        """What could not be delivered lately and its person has not seen."""
        lately = cls.due_at > at - REMEMBERED
        return and_(cls.state == literal_column(f"'{UNREACHED}'"), cls.seen_at.is_(None), lately)

    @classmethod
    def of(cls, person_id: uuid.UUID) -> Select[Any]:
        """What a person was told or should have been, the latest first."""
        theirs = and_(cls.person_id == person_id, cls.title.is_not(None), cls.state != DROPPED)
        return select(cls).where(theirs).order_by(cls.due_at.desc(), cls.id.desc())

    def see(self, *, at: datetime) -> None:
        """Its person has read it; said twice, the first time counts."""
        self.seen_at = self.seen_at or at

    def say(self, words: Words) -> None:
        """It sets out with these words, cut to what has room."""
        self.title, self.body, self.path = words.title[:200], words.body[:600], words.path[:300]

    def end(self, state: str, *, at: datetime) -> None:
        """It was told, or reached nobody, or nobody needs it."""
        self.state, self.ended_at = state, at


def _carry(notice: Notice, *, at: datetime) -> None:
    """The row of the ledger that lets it set out."""
    Delivery.file(
        dedupe=_dedupe(notice.id),
        kind=NOTICE,
        recipient=notice.id.hex,
        payload={},
        at=at,
        not_before=notice.due_at,
    )


def _dedupe(notice: uuid.UUID) -> str:
    return f"notice {notice}"


# --- kinds ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NoticeKind:
    """Who knows whether notices of a kind still hold, and how they are said."""

    wanted: Callable[[Notice], bool]
    words: Callable[[Notice], Words]
    useful_for: timedelta
    load: Callable[[Sequence[Notice]], object]


_KINDS: dict[str, NoticeKind] = {}


def notice_kind(
    name: str,
    *,
    wanted: Callable[[Notice], bool],
    words: Callable[[Notice], Words],
    useful_for: timedelta = timedelta(days=1),
    load: Callable[[Sequence[Notice]], object] = lambda _notices: None,
) -> None:
    """Let a slice say what its notices mean. Both are called just before one sets out by a channel: as the house,
    in its person's language. A phone that is off gets it as long as it is ``useful_for``. ``load`` is told
    of many before, to read at once what both will ask for.
    """
    _KINDS[name] = NoticeKind(wanted, words, useful_for, load)


def load(kind: str, notices: Sequence[Notice]) -> object:
    """Let whoever knows this kind read at once what they will ask for; to be held until they have."""
    known = _KINDS.get(kind)
    return known.load(notices) if known else None


def kind_of(notice: Notice) -> NoticeKind | None:
    """The kind of a notice; None for one that nobody knows any more."""
    return _KINDS.get(notice.kind)
