"""A write as it comes, before anything is done with it; and keeping it whole, with its files."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import request
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import Conflict, UnprocessableEntity

from crmweb import clock, files
from crmweb.db import db, writing
from crmweb.idempotency import body_digest, sent_key
from crmweb.languages import gettext as _
from crmweb.late import Act
from crmweb.outbox.models import HELD, Fields, OutboxFile, OutboxWrite

LONGEST_PATH: Final = 2000
CHECK_IN: Final = "check_in"


@dataclass(frozen=True)
class Coming:
    """What this request sent, by whom."""

    person_id: uuid.UUID
    key: str
    digest: bytes
    fields: Fields
    client_at: datetime | None
    app_version: str
    handed: bool = False

    @classmethod
    def read(cls, person_id: uuid.UUID, *, handed: bool = False) -> Coming:
        """Raises UnprocessableEntity for a key that cannot be one."""
        return cls(
            person_id,
            sent_key() or "",
            body_digest(),
            [(name, value) for name, value in request.form.items(multi=True) if name != "Idempotency-Key"],
            moment(request.form.get("client_at")),
            request.headers.get("App-Version", "")[:40],
            handed,
        )

    def before(self) -> OutboxWrite | None:
        """The same as it came before. Raises UnprocessableEntity where it was something else."""
        known = OutboxWrite.known(self.person_id, self.key, handed=self.handed)
        if known is not None and known.digest != self.digest:
            raise UnprocessableEntity(_("This Idempotency-Key was used for something else."))
        return known

    def write(self, path: str) -> OutboxWrite:
        """The row that keeps it, held for now."""
        return OutboxWrite(
            person_id=self.person_id, key=self.key, item_key=self.key, handed=self.handed, state=HELD, path=path,
            digest=self.digest, fields=[list(pair) for pair in self.fields], client_at=self.client_at,
            arrived_at=clock.now(), app_version=self.app_version, act="", method=request.method,
        )  # fmt: skip


def about(write: OutboxWrite, act: Act, arguments: dict[str, Any]) -> OutboxWrite:
    """Say what it was, and about whom, as far as its address and its fields tell. A check-in names its visit itself."""
    write.act, write.visit_id = act.name, act.visit_id(arguments)
    write.customer_id = act.customer_id(arguments, write.field)
    if act.name == CHECK_IN:
        with suppress(ValueError):
            write.visit_id = uuid.UUID(write.field("id"))
    return write


def moment(text: str | None) -> datetime | None:
    """What a phone's clock said; what is no moment is none."""
    try:
        return clock.read_moment(text or "")
    except ValueError:
        return None


def keep_whole(coming: Coming, write: OutboxWrite) -> OutboxWrite:
    """Keep this new row with the files of the request, once a key; returns what is kept under it.

    Raises Conflict where the person's share is used up.
    """
    with _files() as kept:
        write.files = kept
        try:
            with writing():
                if not OutboxWrite.fits(coming.person_id, sum(file.bytes for file in kept)):
                    raise Conflict(_("Too much of yours waits already. Look through the outbox first."))
                db.session.add(write)
                write.join_the_others()
        except IntegrityError:
            known = coming.before()  # two came at once, and the other was first
            if known is None:
                raise
            _let_go(kept)
            return known
    return write


@contextmanager
def _files() -> Iterator[list[OutboxFile]]:
    """What came along, on disk before a row names it, and gone again where none does."""
    kept: list[OutboxFile] = []
    try:
        for field, sent in request.files.items(multi=True):
            if sent.filename:
                sent.stream.seek(0)
                data = sent.stream.read()
                kept.append(
                    OutboxFile(
                        position=len(kept), field=field[:100], filename=sent.filename[:255], bytes=len(data),
                        mimetype=(sent.mimetype or "")[:100], name=files.keep(data, ".bin"),
                    )
                )  # fmt: skip
        yield kept
    except BaseException:
        _let_go(kept)
        raise


def _let_go(kept: list[OutboxFile]) -> None:
    for file in kept:
        files.delete(file.name)
