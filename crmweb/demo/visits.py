"""The demo company's visits and notes as rows: each entry of the timeline that tells of one has its record."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from math import cos, degrees, pi, radians, sin
from random import Random
from typing import Any

from sqlalchemy import insert

from crmweb.db import db
from crmweb.demo.calendar import local_day
from crmweb.demo.shops import DemoShop
from crmweb.geo import EARTH_RADIUS_M
from crmweb.notes.models import Note
from crmweb.visits.models import FINISHED, Visit
from crmweb.visits.outcomes import SHUT
from crmweb.visits.verdicts import AWAY, ON_SITE, RADIUS_M, UNPROVEN

Event = dict[str, Any]


def keep_records(events: Sequence[Event], shops: dict[uuid.UUID, DemoShop], dice: Random) -> None:
    """Write the visit or the note that each of these entries stands for; the entry takes over what it says."""
    visits = [_visit(event, shops[event["customer_id"]], dice) for event in events if _is_visit(event)]
    notes = [_note(event) for event in events if event["kind"] == "note.written"]
    for model, rows in ((Note, notes), (Visit, visits)):
        if rows:
            db.session.execute(insert(model), rows, execution_options={"render_nulls": True})


def _is_visit(event: Event) -> bool:
    return event["kind"] == "visit.finished" and event["by_id"] is not None


def _note(event: Event) -> dict[str, Any]:
    return {
        "id": event["id"], "customer_id": event["customer_id"], "by_id": event["by_id"],
        "text": event["payload"]["text"], "at": event["at"], "recorded_at": event["at"],
    }  # fmt: skip


def _visit(event: Event, shop: DemoShop, dice: Random) -> dict[str, Any]:
    told = event["payload"]
    kind = told.get("kind") or ("closed" if told["outcome"] in SHUT else "in_person")
    evidence = _evidence(told["verdict"], shop, dice) if kind != "phone" else {}
    told |= {name: round(evidence[name]) for name in ("distance_m", "accuracy_m") if evidence.get(name)}
    told |= {name: value for name, value in (("kind", kind), ("reason", evidence.get("reason"))) if value}
    begun = event["at"] - dt.timedelta(minutes=told.get("minutes") or 0)
    return {
        "id": event["id"], "customer_id": event["customer_id"], "customer_name": shop.name,
        "person_id": event["by_id"], "kind": kind, "helper": False, "day": local_day(begun), "started_at": begun,
        "client_at": begun, "recorded_at": begun, "ended_at": event["at"], "ended": FINISHED,
        "outcome": told["outcome"], "radius_m": RADIUS_M, "counted": {}, "note_id": None, "next_on": None,
        "why": None, "speed_kmh": None, **_NOWHERE, **evidence,
        "judged_at": begun if evidence.get("lat") is not None else None,
        "fixed_at": begun if evidence.get("lat") is not None else None,
    }  # fmt: skip


_NOWHERE = dict.fromkeys(("verdict", "reason", "lat", "lng", "accuracy_m", "distance_m"))


def _evidence(verdict: str, shop: DemoShop, dice: Random) -> dict[str, Any]:
    """A fix that makes this verdict, around the pin."""
    if shop.pin is None:
        return {"verdict": UNPROVEN, "reason": "no_pin"}
    if verdict == UNPROVEN and dice.random() < 0.4:
        return {"verdict": UNPROVEN, "reason": "no_fix"}
    distance, accuracy = {
        ON_SITE: (dice.uniform(2, 70), dice.uniform(6, 45)),
        AWAY: (dice.uniform(260, 900), dice.uniform(8, 60)),
        UNPROVEN: (dice.uniform(40, 240), dice.uniform(220, 600)),
    }[verdict]
    bearing = dice.uniform(0, 2 * pi)
    lat, lng = shop.pin
    return {
        "verdict": verdict, "reason": "imprecise" if verdict == UNPROVEN else None,
        "lat": lat + degrees(distance * cos(bearing) / EARTH_RADIUS_M),
        "lng": lng + degrees(distance * sin(bearing) / EARTH_RADIUS_M / cos(radians(lat))),
        "accuracy_m": accuracy, "distance_m": distance,
    }  # fmt: skip
