"""The database: how it is opened, how a write takes its turn, and the types every table shares."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pysqlite3
import uuid_utils.compat as uuid_utils
from flask import Flask, current_app, g, has_app_context
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    BLOB,
    BigInteger,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    Integer,
    LargeBinary,
    MetaData,
    UpdateBase,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy import Uuid as NativeUuid
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from crmweb.config import PROJECT, Settings
from crmweb.turns import Busy, turn_to_write

LOCK_PATIENCE = 3.0
"""Seconds that a write waits for its turn, so that a stuck writer is a 503 within five."""

MMAP = f"mmap_size={2**31}"
"""Bytes of SQLite's file that are read where the system keeps them, without a copy; an address, not memory of ours. It
maps no more than this (SQLITE_MAX_MMAP_SIZE).
"""

WAL_RESET_BUG = ((3, 7, 0), (3, 51, 2))
"""SQLite versions, first and last, that can lose a commit when the log is reset."""

SerialId = BigInteger().with_variant(Integer(), "sqlite")
"""A running number that the database gives out, in order."""


class Id(TypeDecorator[uuid.UUID]):
    """A UUIDv7: the database's own type on PostgreSQL, 16 bytes on SQLite (text would cost 28% more disk)."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BLOB(16))
        return dialect.type_descriptor(NativeUuid())

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> Any:
        return value.bytes if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> uuid.UUID | None:
        return uuid.UUID(bytes=value) if isinstance(value, bytes) else value


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC. A naive one is refused on the way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> uuid.UUID:
    """A fresh UUIDv7 (RFC 9562), which sorts by the time it was made."""
    return uuid_utils.uuid7()


class Model(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {uuid.UUID: Id(), datetime: UtcDateTime()}


class _Session(FlaskSession):
    """A session that knows from its first moment what was said of it before it was there."""

    def __init__(self, db: SQLAlchemy, **kwargs: Any) -> None:
        super().__init__(db, **kwargs)
        if has_app_context():
            self.info.update(g.pop("session_info", {}))


db = SQLAlchemy(metadata=Model.metadata, session_options={"class_": _Session})
migrate = Migrate()


def session_at_work() -> Session | None:
    """The session at work, if anything has asked for one yet: many requests answer without, and it costs a thirtieth of
    the quickest.
    """
    return db.session() if db.session.registry.has() else None


def session_info() -> dict[Any, Any]:
    """What is said of the session at work, or of the one that is to come."""
    if session := session_at_work():
        return session.info
    told: dict[Any, Any] = g.setdefault("session_info", {})
    return told


def open_database(app: Flask, settings: Settings) -> None:
    """Give the app its engine. Raises RuntimeError where this machine's SQLite can lose commits."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(settings)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(PROJECT / "migrations"), render_as_batch=True)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _listen_to_sqlite(db.engine)
        else:
            event.listen(db.engine, "handle_error", _keep_the_row_back)


def _engine_options(settings: Settings) -> dict[str, Any]:
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite":
        options = f"-c timezone=utc -c lock_timeout={LOCK_PATIENCE * 1000:.0f}"
        reach = {"options": options, "connect_timeout": round(LOCK_PATIENCE)}
        return {"pool_pre_ping": True, "connect_args": reach, "hide_parameters": True}
    _refuse_losing_sqlite()
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    reach = {"timeout": LOCK_PATIENCE}
    return {"module": pysqlite3, "connect_args": reach, "pool_size": 16, "hide_parameters": True}


def _refuse_losing_sqlite() -> None:
    version = pysqlite3.sqlite_version_info
    if WAL_RESET_BUG[0] <= version <= WAL_RESET_BUG[1]:
        raise RuntimeError(
            f"SQLite {pysqlite3.sqlite_version} can lose commits; crmweb needs 3.51.3 or newer: reinstall pysqlite3"
        )


def _keep_the_row_back(context: ExceptionContext) -> None:
    """PostgreSQL repeats the row that it refuses, and with it would stand in the log what people typed."""
    detail = getattr(getattr(context.original_exception, "diag", None), "message_detail", None)
    for told in filter(None, (context.original_exception, context.sqlalchemy_exception) if detail else ()):
        told.args = tuple(str(arg).replace(detail or "", "[kept back]") for arg in told.args)


def _listen_to_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver would begin transactions by itself, and late; `begin` below does it.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", MMAP):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns into a write fails when another wrote meanwhile.
        options = connection.get_execution_options()
        left = options["deadline"] - time.monotonic() if "deadline" in options else LOCK_PATIENCE
        # In tenths of a second: saying another one is a statement of its own.
        patience_ms = math.ceil(max(left, 0) * 10) * 100
        if connection.info.get("patience_ms") != patience_ms:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {patience_ms}")
            connection.info["patience_ms"] = patience_ms
        if options.get("writes"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:  # takes no lock and cannot fail; each request begins so
            connection.connection.driver_connection.execute("BEGIN")  # type: ignore[union-attr]


@contextmanager
def writing(*, patience: float = LOCK_PATIENCE) -> Iterator[None]:
    """The one write transaction of a request or a job: waits for its turn, commits at the end, undoes on an error.

    What was read before is let go, so that it is read again under the lock. `patience` is in seconds, for the turn and
    the lock together. Raises `Busy`.
    """
    session = db.session()
    session.rollback()
    deadline = time.monotonic() + patience
    with turn_to_write(db.engine, deadline):
        _begin_to_write(session, deadline)
        try:
            yield
            session.commit()
        except BaseException:
            session.rollback()
            raise


def _begin_to_write(session: Session, deadline: float) -> None:
    """Somebody may hold SQLite's lock without having waited for a turn: a backup, a shell."""
    try:
        session.connection(execution_options={"writes": True, "deadline": deadline})
    except OperationalError as held:
        session.rollback()
        raise Busy from held


def changed(statement: UpdateBase) -> int:
    """Run an UPDATE or DELETE past the objects at hand; how many rows it met."""
    result: Any = db.session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)


def is_sqlite() -> bool:
    """Whether the app at work stands on SQLite."""
    return db.engine.dialect.name == "sqlite"


def take_turn(number: int) -> None:
    """Until this transaction is over, nobody else has the turn of that number (64 bits, signed). SQLite has one writer
    anyway.
    """
    if not is_sqlite():
        db.session.execute(select(func.pg_advisory_xact_lock(number)))


def application() -> Flask:
    """The application object itself, for threads that need it later."""
    return current_app._get_current_object()  # type: ignore[attr-defined, no-any-return]


__all__ = [
    "Busy",
    "Date",
    "Id",
    "Model",
    "SerialId",
    "UtcDateTime",
    "application",
    "changed",
    "db",
    "is_sqlite",
    "new_id",
    "take_turn",
    "writing",
]
