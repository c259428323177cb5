"""Who changed what, as an admin reads it: the latest first, narrowed by person, kind, record and day, and exported."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from crmweb import audit, clock, csv_out
from crmweb.accounts.models import User
from crmweb.accounts.proof import freshly_signed_in
from crmweb.admin import audit_words
from crmweb.admin.audit_words import KINDS, managers
from crmweb.admin.places import offer
from crmweb.audit import Entry
from crmweb.audit.seals import Seal
from crmweb.db import db, writing
from crmweb.languages import lazy_gettext
from crmweb.web import needs, page

audit_pages = Blueprint("audit", __name__)

HERE: Final = "/admin/audit"
A_PAGE: Final = 50
MOST_EXPORTED: Final = 50_000
"""Entries in one file; the page says so, and that days narrow it."""

offer(
    HERE, icon="history", needs="audit:read", order=60,
    name=lazy_gettext("Audit"), line=lazy_gettext("Who changed what"),
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """Which entries an admin asks for."""

    kind: str = ""
    by: uuid.UUID | None = None
    about: uuid.UUID | None = None
    since: date | None = None
    until: date | None = None

    @classmethod
    def asked(cls) -> Question:
        """What the address says; what it says wrongly is left out."""
        asked = request.args.get
        kind = asked("kind", "")
        return cls(
            kind if kind in KINDS else "",
            _id(asked("by", "")),
            _id(asked("about", "")),
            _day(asked("since", "")),
            _day(asked("until", "")),
        )

    def address(self, path: str = HERE, **other: object) -> str:
        """The page that asks this, with something asked otherwise."""
        asked = {name: getattr(self, name) for name in ("kind", "by", "about", "since", "until")} | other
        told = urlencode({name: str(value) for name, value in asked.items() if value})
        return f"{path}?{told}" if told else path

    def narrow(self, query: Select[Any]) -> Select[Any]:
        if self.kind:
            query = query.where(Entry.about_kind == self.kind)
        if self.by:
            query = query.where(Entry.by_id == self.by)
        if self.about:
            query = query.where(Entry.about_id == self.about)
        if self.since:
            query = query.where(Entry.at >= _begin(self.since))
        if self.until:
            query = query.where(Entry.at < _begin(self.until + timedelta(days=1)))
        return query

    @property
    def is_narrow(self) -> bool:
        return self != Question()


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def _begin(day: date) -> datetime:
    """When a day begins where the reader is."""
    return datetime.combine(day, time.min, current_user.tzinfo)


@audit_pages.get(HERE)
@needs("audit:read")
def index() -> ResponseReturnValue:
    question = Question.asked()
    entries = list(db.session.scalars(_latest(question).limit(A_PAGE + 1)))
    shown = entries[:A_PAGE]
    return page(
        "admin/audit.html",
        fragment="admin/audit/_rows.html",
        question=question,
        entries=shown,
        names=_names(shown, question),
        more=question.address(after=shown[-1].seq) if len(entries) > A_PAGE else "",
        sealed=Seal.newest(),
        most=MOST_EXPORTED,
        kinds=KINDS,
    )


def _latest(question: Question) -> Select[Any]:
    latest = question.narrow(select(Entry)).options(joinedload(Entry.values, innerjoin=True))
    after = request.args.get("after", "")
    if after.isascii() and after.isdecimal() and len(after) < 19:
        latest = latest.where(Entry.seq < int(after))
    return latest.order_by(Entry.seq.desc())


def _names(entries: list[Entry], question: Question) -> dict[uuid.UUID, str]:
    """The people who did these things or are told of in them, and who or what is asked for."""
    people = {entry.by_id for entry in entries} | {question.by, question.about}
    people |= {each for entry in entries for each in managers(entry)}
    named = select(User.id, User.name).where(User.id.in_(people - {None}))
    return {row.id: row.name for row in db.session.execute(named)}


@audit_pages.post(f"{HERE}/export")
@needs("audit:read")
@freshly_signed_in
def export() -> Response:
    """The same entries as a file. A POST, since the export is itself written down."""
    question, at = Question.asked(), clock.now()
    entries = list(db.session.scalars(_latest(question).limit(MOST_EXPORTED)))
    names = _names(entries, question)
    rows = list(_rows(entries, names))
    with writing():
        told = {"entries": len(rows), "asked": question.address()}
        about = audit.Reference("audit")
        audit.record("audit.exported", by=current_user, at=at, about=about, after=told)
    return csv_out.download(f"audit-{at:%Y-%m-%d}.csv", HEADER, rows)


HEADER: Final = (
    "number",
    "at",
    "by",
    "by_id",
    "why",
    "action",
    "kind",
    "record",
    "record_id",
    "before",
    "after",
)


def _rows(entries: list[Entry], names: dict[uuid.UUID, str]) -> Iterator[tuple[object, ...]]:
    for entry in entries:
        values = entry.values
        yield (
            entry.seq,
            entry.at.isoformat(timespec="seconds"),
            names.get(entry.by_id, "") if entry.by_id else "",
            entry.by_id,
            entry.why,
            entry.action,
            entry.about_kind,
            values.about_name,
            entry.about_id,
            _told(values.before),
            _told(values.after),
        )


def _told(values: dict[str, Any] | None) -> str:
    return json.dumps(values, ensure_ascii=False) if values is not None else ""


def init_app(app: Flask) -> None:
    audit_words.init_app(app)
    app.register_blueprint(audit_pages)
