"""The SQL of search.py: the two places where the databases differ, and what they share.

Aliases: a assignments, c customers, o oversight, f what the index found, r the numbers of its rows.
"""

from __future__ import annotations

from sqlalchemy import String, text

from crmweb.db import Id, UtcDateTime, db
from crmweb.scope import ScopedStatement

_COLUMNS = {
    "id": Id(),
    "sort_name": String(),
    "code": String(),
    "status": String(),
    "archived_at": UtcDateTime(),
}
_SHOWN = "c.id, c.sort_name, c.code, c.status, c.archived_at"
_AT_WORK = "a.started_at IS NOT NULL AND a.ended_at IS NULL"
_LOOKED_AFTER = """EXISTS (SELECT 1 FROM assignments a JOIN oversight o ON o.person_id = a.person_id
    WHERE a.customer_id = c.id AND a.started_at IS NOT NULL AND a.ended_at IS NULL AND o.viewer_id = :viewer)"""
_MATCHES = """((c.folded LIKE :word0 AND c.folded LIKE :word1 AND c.folded LIKE :word2 AND c.folded LIKE :word3
    AND c.folded LIKE :word4 AND c.folded LIKE :word5) OR c.folded LIKE :number)"""


def _spelled(sql: str) -> str:
    """The statement with what several of them share; `{visible}` stays."""
    return sql.replace("{shown}", _SHOWN).replace("{at_work}", _AT_WORK).replace("{matches}", _MATCHES)


THROUGH_NARROW_SCOPE = ScopedStatement(
    _spelled(
        """
    SELECT {shown}
    FROM oversight o CROSS JOIN assignments a CROSS JOIN customers c
    WHERE {visible} AND a.person_id = o.person_id AND {at_work} AND c.id = a.customer_id AND {matches}
        """
    ),
    visible="o.viewer_id = :viewer",
    columns=_COLUMNS,
)
"""All that matches, in no order, a customer of two people twice.

CROSS JOIN holds SQLite to this order: one's own people, what they look after, and only then the customers.
"""

THROUGH_SCOPE = ScopedStatement(
    _spelled(
        """
    SELECT {shown}
    FROM oversight o CROSS JOIN assignments a CROSS JOIN customers c
    WHERE {visible} AND a.person_id = o.person_id AND {at_work} AND c.id = a.customer_id AND {matches}
    GROUP BY c.id ORDER BY (c.sort_name LIKE :start) DESC, c.sort_name, c.id LIMIT :most
        """
    ),
    visible="o.viewer_id = :viewer",
    columns=_COLUMNS,
)
"""The same from a wide scope: of those that match, as many as one takes, in the order of names."""

BY_INDEX_ON_SQLITE = ScopedStatement(
    _spelled(
        """
    SELECT {shown}
    FROM (SELECT rowid AS number FROM customer_search WHERE customer_search MATCH :match LIMIT :most) AS f
    CROSS JOIN customer_search_rows r CROSS JOIN customers c
    WHERE r.number = f.number AND c.id = r.customer_id AND {visible}
        """
    ),
    visible=_LOOKED_AFTER,
    columns=_COLUMNS,
)

BY_INDEX_ON_POSTGRESQL = ScopedStatement(
    _spelled("SELECT {shown} FROM customers c WHERE {matches} AND {visible} LIMIT :most"),
    visible=_LOOKED_AFTER,
    columns=_COLUMNS,
)

BY_BEGINNING = ScopedStatement(
    _spelled(
        """
    SELECT {shown} FROM customers c
    WHERE c.sort_name >= :start AND c.sort_name < :beyond AND {visible}
    ORDER BY c.sort_name, c.id LIMIT :most
        """
    ),
    visible=_LOOKED_AFTER,
    columns=_COLUMNS,
)

BY_CODE = ScopedStatement(
    _spelled("SELECT {shown} FROM customers c WHERE c.code IN (:typed, :capitals) AND {visible}"),
    visible=_LOOKED_AFTER,
    columns=_COLUMNS,
)

_SIZE_OF_SCOPE = ScopedStatement(
    _spelled(
        """
    SELECT count(*) FROM (
        SELECT 1 FROM oversight o CROSS JOIN assignments a
        WHERE {visible} AND a.person_id = o.person_id AND {at_work} LIMIT :most) AS counted
        """
    ),
    visible="o.viewer_id = :viewer",
)

_FREQUENCY = text(
    "SELECT count(*) FROM (SELECT 1 FROM customer_search WHERE customer_search MATCH :match LIMIT :most)"
).execution_options(scoped=True)


def size_of_scope(enough: int) -> int:
    """How many assignments the viewer looks through, counted no further than just past `enough`."""
    return int(_SIZE_OF_SCOPE.execute(most=enough + 1).scalar_one())


def frequency(match: str, most: int) -> int:
    """How many customers of the whole house SQLite's index knows for a match, counted no further than `most`.

    Nobody is shown the number: it decides which way to search.
    """
    return int(db.session.execute(_FREQUENCY, {"match": match, "most": most}).scalar_one())
