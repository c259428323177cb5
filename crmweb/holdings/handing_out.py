"""Handing the archive to whoever may have it: counted, written down, sent while it is made."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from flask import Response, render_template, stream_with_context
from sqlalchemy import func, select

from crmweb import audit
from crmweb.audit import Entry
from crmweb.db import db, writing
from crmweb.holdings.erasing import ABOUT
from crmweb.holdings.registry import Subject
from crmweb.holdings.telling import Told, archive

A_DAY: Final = timedelta(days=1)
MOST_A_DAY: Final = 10
"""Archives that one person may make within a day: each reads all that there is about somebody."""


class TooManyArchives(Exception):
    """This person has made as many as one may within a day."""


def hand_out(subject: Subject, name: str, *, by: audit.models.Doer, at: datetime) -> Response:
    """Everything about the subject, who is called `name`, as a file. Raises `TooManyArchives`."""
    about = ABOUT.get(subject.kind, subject.kind)
    with writing():
        if _made_lately(by.id, at=at) >= MOST_A_DAY:
            raise TooManyArchives
        audit.record(f"{about}.exported", by=by, at=at, about=audit.Reference(about, subject.id, name))

    def index(told: list[Told]) -> str:
        return render_template("holdings/index.html", told=told, name=name, at=at, kind=subject.kind)

    answer = Response(stream_with_context(archive(subject, index=index)), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{subject.kind}-{at:%Y-%m-%d}.zip"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _made_lately(by_id: uuid.UUID, *, at: datetime) -> int:
    actions = [f"{kind}.exported" for kind in ("user", "customer", "contact")]
    made = select(func.count(Entry.seq)).where(
        Entry.by_id == by_id, Entry.action.in_(actions), Entry.at > at - A_DAY
    )
    return db.session.scalar(made) or 0
