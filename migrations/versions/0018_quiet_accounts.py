"""When anybody was last in contact with a customer, and from when on silence is too long."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import UtcDateTime

revision = "0018"
down_revision = "0017"

STANDING = sa.text("ended_at IS NULL")
NOBODY_MET = ("closed", "owner_away", "moved", "gone")


def upgrade() -> None:
    op.add_column("assignments", sa.Column("last_touch_at", UtcDateTime(), nullable=True))
    op.add_column("assignments", sa.Column("last_touch", sa.String(10), nullable=True))
    op.add_column("assignments", sa.Column("quiet_after", sa.Date(), nullable=True))
    op.create_index(
        "ix_assignments_quiet",
        "assignments",
        ["person_id", "quiet_after"],
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
    _take_over_the_last()
    # A worker plans anew what was planned by other days than those in force: it works out `quiet_after`, too.
    op.execute("UPDATE tiers SET planned_days = 0 WHERE EXISTS (SELECT 1 FROM assignments)")


def _take_over_the_last() -> None:
    """From the timeline. A message went about when its entry says that it was to go."""
    events = sa.table(
        "events",
        sa.column("customer_id"),
        sa.column("kind", sa.String()),
        sa.column("at", UtcDateTime()),
        sa.column("payload", sa.JSON()),
    )
    assignments = sa.table(
        "assignments",
        sa.column("customer_id"),
        sa.column("ended_at"),
        sa.column("last_touch_at", UtcDateTime()),
        sa.column("last_touch", sa.String()),
    )
    outcome, kind, about, channel = (
        events.c.payload[name].as_string() for name in ("outcome", "kind", "about", "channel")
    )
    met = sa.and_(events.c.kind == "visit.finished", sa.func.coalesce(outcome, "").not_in(NOBODY_MET))
    noted = sa.and_(events.c.kind == "note.written", about.in_(("phone", "zalo")))
    others = events.c.kind.in_(("call.logged", "followup.sent", "followup.answered"))
    how = sa.case(
        (met, sa.case((kind.in_(("phone", "zalo")), kind), else_="visit")),
        (noted, about),
        (events.c.kind == "call.logged", "phone"),
        (events.c.kind == "followup.answered", "answer"),
        else_=channel,
    )
    theirs = events.c.customer_id == assignments.c.customer_id
    touches = sa.and_(theirs, sa.or_(met, noted, others))
    when = sa.select(sa.func.max(events.c.at)).where(touches).scalar_subquery()
    latest = sa.select(how).where(touches).order_by(events.c.at.desc()).limit(1).scalar_subquery()
    op.execute(
        sa.update(assignments)
        .where(assignments.c.ended_at.is_(None))
        .values(last_touch_at=when, last_touch=latest)
    )


def downgrade() -> None:
    op.drop_index("ix_assignments_quiet", "assignments")
    for name in ("quiet_after", "last_touch", "last_touch_at"):
        op.drop_column("assignments", name)
