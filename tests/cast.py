"""The people of the tests. Every test database starts with them and nothing else.

Mai leads Lan, who visits shops, and Hùng, who looks after signed accounts. Tuấn keeps the system. Bình leads
another team, to which the outsider belongs. All have agreed that their phones' places are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from crmweb.accounts import location
from crmweb.accounts.actor import Actor
from crmweb.accounts.location import LocationAnswer
from crmweb.accounts.models import User
from crmweb.db import db

HIRED = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Part:
    """One person before they are hired."""

    name: str
    email: str
    role: str
    reports_to: str | None = None


PARTS = {
    "tuan": Part("Phạm Anh Tuấn", "tuan@example.com", "admin"),
    "mai": Part("Trần Thị Mai", "mai@example.com", "manager"),
    "lan": Part("Nguyễn Thị Lan", "lan@example.com", "rep", reports_to="mai"),
    "hung": Part("Lê Văn Hùng", "hung@example.com", "account_manager", reports_to="mai"),
    "binh": Part("Đỗ Quốc Bình", "binh@example.com", "manager"),
    "outsider": Part("Vũ Minh Khôi", "khoi@example.com", "rep", reports_to="binh"),
}


def hire_everyone() -> dict[str, Actor]:
    """Add the cast to the database of the session at work; returns each by the name of their fixture."""
    hired: dict[str, User] = {}
    for key, part in PARTS.items():
        manager = hired[part.reports_to] if part.reports_to else None
        hired[key] = User.add(part.name, role=part.role, at=HIRED, email=part.email, manager=manager)
        db.session.add(
            LocationAnswer(person_id=hired[key].id, agreed=True, version=location.VERSION, at=HIRED)
        )
    return {key: Actor.of(user) for key, user in hired.items()}
