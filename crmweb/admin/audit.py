"""Who changed what, as an admin reads it: the latest first, narrowed by person, kind, record and day, and exported."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Flask, request
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
from crmweb.customers import asking
from crmweb.customers.asking import Args, BadQuestion
from crmweb.db import db, writing
from crmweb.languages import gettext as _
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
    after: int | None = None

    @classmethod
    def read(cls, args: Args) -> Question:
        """What the address asks. Raises `BadQuestion`: a filter that is left out would export more than was meant."""
        return cls(
            asking.one_of(args, "kind", tuple(KINDS)) or "",
            asking.person(args, "by"),
            asking.person(args, "about"),
            _day(args, "since"),
            _day(args, "until"),
            _number(args, "after"),
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
        return replace(self, after=None) != Question()


def _day(args: Args, name: str) -> date | None:
    if not (text := asking.only(args, name)):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year < 2200:
        raise BadQuestion(_("%(day)s is no day.", day=text[:40]))
    return day


def _number(args: Args, name: str) -> int | None:
    if not (text := asking.only(args, name)):
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise BadQuestion(_("No entry is known by that number."))
    return int(text)


def _begin(day: date) -> datetime:
    """When a day begins where the reader is."""
    return datetime.combine(day, time.min, current_user.tzinfo)


@audit_pages.get(HERE)
@needs("audit:read")
def index() -> ResponseReturnValue:
    try:
        return _shown(Question.read(request.args))
    except BadQuestion as wrong:
        return _shown(Question(), wrong=str(wrong))


def _shown(question: Question, *, wrong: str = "") -> ResponseReturnValue:
    entries = list(db.session.scalars(_latest(question).limit(A_PAGE + 1)))
    shown = entries[:A_PAGE]
    return page(
        "admin/audit.html",
        fragment=None if wrong else "admin/audit/_rows.html",
        status=422 if wrong else 200,
        wrong=wrong,
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
    if question.after is not None:
        latest = latest.where(Entry.seq < question.after)
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
def export() -> ResponseReturnValue:
    """The same entries as a file. A POST, since the export is itself written down."""
    try:
        question, at = Question.read(request.args), clock.now()
    except BadQuestion as wrong:
        return _shown(Question(), wrong=str(wrong))
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
