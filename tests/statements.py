"""What is said to the database, for tests that count it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

OF_THE_CONNECTION = ("PRAGMA", "BEGIN", "ROLLBACK", "COMMIT")
"""What comes and goes with the connection, whatever is asked."""


@contextmanager
def counted() -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent meanwhile, with what fills them."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(OF_THE_CONNECTION):
            sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
