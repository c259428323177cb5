"""Many new customers at once: the same rows as `Customer.add` makes, without an object for each.

A file of 40,000 shops must be in within a minute; objects cost three times that of rows. A test holds the two ways
against each other, row by row.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from crmweb import geo, timeline
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer, CustomerTag, ExternalId
from crmweb.customers.reaching.emails import ReadEmail
from crmweb.customers.reaching.models import CustomerEmail, CustomerPhone, main_email, main_phone
from crmweb.customers.reaching.phones import ReadPhone
from crmweb.customers.search import search_text
from crmweb.customers.tiers import Tier
from crmweb.db import Model, db, new_id
from crmweb.names import fold
from crmweb.timeline import Event

_ORDER: tuple[type[Model], ...] = (
    Customer,
    CustomerPhone,
    CustomerEmail,
    CustomerTag,
    ExternalId,
    Contact,
    CustomerContact,
    Assignment,
)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """One who is to be added. `facts` are those of `FACTS` that are not blank, in NFC; `name` is among them.

    `pin` is latitude, longitude and flaw: a place with a flaw is kept but not on the map, a flaw alone is remembered.
    """

    facts: Mapping[str, str]
    phones: Sequence[ReadPhone] = ()
    emails: Sequence[ReadEmail] = ()
    tags: Sequence[str] = ()
    pin: tuple[float | None, float | None, str | None] | None = None
    contact: str = ""
    responsible: User | None = None
    source: str = ""
    external_id: str = ""


@dataclass
class Newcomers:
    """Rows in the making. Nothing reaches the database before `write`."""

    by: Actor | None
    at: datetime
    _rows: defaultdict[type[Model], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, newcomer: Newcomer) -> uuid.UUID:
        """Prepare everything that one customer is; returns their id."""
        row = self._customer_row(newcomer)
        customer_id: uuid.UUID = row["id"]
        self._rows[Customer].append(row)
        self._reach(customer_id, newcomer)
        self._tie(customer_id, newcomer)
        self._rows[Event].append({"customer_id": customer_id, "payload": {"source": row["source"]}})
        if newcomer.responsible is not None:
            self._rows[Assignment].append(self._assignment_row(row, newcomer.responsible))
        return customer_id

    def write(self) -> None:
        """Insert what was prepared, and begin anew."""
        for model in _ORDER:
            if rows := self._rows[model]:
                db.session.execute(insert(model), rows, execution_options={"render_nulls": True})
        timeline.record_many("customer.created", self._rows[Event], by=self.by, at=self.at)
        self._rows.clear()

    def _customer_row(self, newcomer: Newcomer) -> dict[str, Any]:
        facts, at = newcomer.facts, self.at
        return {
            "id": new_id(),
            "code": facts.get("code"),
            "kind": facts.get("kind", "shop"),
            "tax_number": facts.get("tax_number"),
            "name": facts["name"],
            "sort_name": fold(facts["name"])[:80],
            "folded": _search_text(newcomer),
            "address": facts.get("address", ""),
            "website": facts.get("website"),
            "tier": facts.get("tier"),
            "status": facts.get("status", "customer"),
            "source": facts.get("source"),
            "preferences": facts.get("preferences", ""),
            "created_at": at,
            "updated_at": at,
            "phone": main_phone(newcomer.phones),
            "email": main_email(newcomer.emails),
            **self._pin(newcomer),
        }

    def _pin(self, newcomer: Newcomer) -> dict[str, Any]:
        lat, lng, flaw = newcomer.pin or (None, None, None)
        placed = lat is not None and lng is not None
        return {
            "lat": lat if placed else None,
            "lng": lng if placed else None,
            "cell": geo.cell(lat, lng) if lat is not None and lng is not None and not flaw else None,
            "pin_source": "import" if placed else None,
            "pin_at": self.at if placed else None,
            "pin_flaw": flaw,
        }

    def _reach(self, customer_id: uuid.UUID, newcomer: Newcomer) -> None:
        for position, phone in enumerate(newcomer.phones):
            self._rows[CustomerPhone].append(
                {
                    "customer_id": customer_id,
                    "position": position,
                    "typed": phone.typed[:120],
                    "e164": phone.e164,
                    "flaw": phone.flaw,
                }
            )
        for position, email in enumerate(newcomer.emails):
            self._rows[CustomerEmail].append(
                {
                    "customer_id": customer_id,
                    "position": position,
                    "typed": email.typed[:254],
                    "address": email.address,
                    "flaw": email.flaw,
                }
            )

    def _tie(self, customer_id: uuid.UUID, newcomer: Newcomer) -> None:
        self._rows[CustomerTag] += [{"customer_id": customer_id, "tag": tag} for tag in newcomer.tags]
        if newcomer.external_id:
            self._rows[ExternalId].append(
                {"customer_id": customer_id, "source": newcomer.source, "external_id": newcomer.external_id}
            )
        if newcomer.contact:
            contact = {"id": new_id(), "name": newcomer.contact, "created_at": self.at}
            self._rows[Contact].append(contact)
            self._rows[CustomerContact].append({"customer_id": customer_id, "contact_id": contact["id"]})

    def _assignment_row(self, customer: Mapping[str, Any], person: User) -> dict[str, Any]:
        today = self.at.astimezone(ZoneInfo(person.zone)).date()
        interval = Tier.intervals().get(customer["tier"] or "")
        visited = customer["status"] == "customer" and interval is not None
        an_interval_later = today + timedelta(days=interval) if visited and interval is not None else None
        return {
            "customer_id": customer["id"],
            "person_id": person.id,
            "since": today,
            "started_at": self.at,
            "created_at": self.at,
            "next_due": an_interval_later,
            "quiet_after": an_interval_later,
            **{name: customer[name] for name in ("cell", "lat", "lng", "tier", "status")},
        }


def _search_text(newcomer: Newcomer) -> str:
    facts = newcomer.facts
    return search_text(
        facts["name"],
        facts.get("code"),
        facts.get("tax_number"),
        facts.get("address"),
        newcomer.contact,
        numbers=[phone.e164 or phone.typed for phone in newcomer.phones],
    )
