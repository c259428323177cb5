"""The timeline as it is read: rows, newest first."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, Integer, String

from crmweb.db import Id, UtcDateTime
from crmweb.scope import ScopedStatement

NEWEST = 2**63 - 1
"""Past the number of every entry: from here the timeline begins."""


class Entry(NamedTuple):
    """One thing that happened. `by` is a name, or None for what the house did itself."""

    seq: int
    id: uuid.UUID
    kind: str
    at: datetime
    recorded_at: datetime
    payload: dict[str, Any]
    by: str | None


def entries(
    customer_id: uuid.UUID, *, most: int = 30, before: int | None = None, kind: str | None = None
) -> list[Entry]:
    """The latest of a customer; `before` is the `seq` from which to go on, `kind` leaves only that one."""
    asked = {"customer": customer_id, "before": NEWEST if before is None else before, "most": most}
    rows = _LATEST.execute(**asked) if kind is None else _LATEST_OF_A_KIND.execute(**asked, kind=kind)
    return [Entry._make(row) for row in rows]


def how_many(customer_id: uuid.UUID) -> int:
    """How long a customer's timeline is."""
    return int(_COUNT.execute(customer=customer_id).scalar_one())


_VISIBLE = """EXISTS (
    SELECT 1 FROM assignments a JOIN oversight o ON o.person_id = a.person_id
    WHERE a.customer_id = e.customer_id AND a.started_at IS NOT NULL AND a.ended_at IS NULL
        AND o.viewer_id = :viewer)"""
_COLUMNS = {
    "seq": Integer(), "id": Id(), "kind": String(), "at": UtcDateTime(), "recorded_at": UtcDateTime(),
    "payload": JSON(), "by": String(),
}  # fmt: skip
_ENTRIES = """
    SELECT e.seq, e.id, e.kind, e.at, e.recorded_at, e.payload, u.name AS "by"
    FROM events e LEFT JOIN users u ON u.id = e.by_id
    WHERE e.customer_id = :customer AND e.seq < :before AND {visible}"""
_NEWEST_FIRST = " ORDER BY e.seq DESC LIMIT :most"

_LATEST = ScopedStatement(_ENTRIES + _NEWEST_FIRST, visible=_VISIBLE, columns=_COLUMNS)
_LATEST_OF_A_KIND = ScopedStatement(
    f"{_ENTRIES} AND e.kind = :kind {_NEWEST_FIRST}", visible=_VISIBLE, columns=_COLUMNS
)
_COUNT = ScopedStatement(
    "SELECT count(*) FROM events e WHERE e.customer_id = :customer AND {visible}", visible=_VISIBLE
)
