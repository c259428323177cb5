"""P14: a morning of a whole company in six minutes, against the house as `make run` starts it, by the wall's clock."""

import http.client
import io
import random
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from flask import Flask
from PIL import Image, ImageFilter
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from benchmarks.measure import Result
from crmweb import clock
from crmweb.db import db, new_id
from crmweb.scope import system_access
from crmweb.visits.models import Visit
from crmweb.visits.photos import VisitPhoto
from tests.drills.houses import House
from tests.drills.towns import Rep, Shop, settle
from tests.supervisor.product import until

REPS, VISITS, PHOTOS = 120, 28, 2
LASTS = 360.0
"""Seconds in which an hour is replayed."""
FOUR_PICTURES = 4
PICTURE = 1280, 960
P95_S = 0.5
OUTCOMES = ("order_taken", "no_order", "not_now")


@dataclass
class Morning:
    """What one rep did. `took`: seconds from the tap to the answer, of each check-in."""

    rep: Rep
    visits: list[uuid.UUID] = field(default_factory=list)
    photos: list[uuid.UUID] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    again: int = 0


class Handset:
    """Sends as the outbox does: one thing after the other, again and again under the same key."""

    def __init__(self, port: int, rep: Rep) -> None:
        self._port = port
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {
            "Cookie": f"session={rep.cookie}", "Sec-Fetch-Site": "same-origin", "Person": str(rep.id), "Outbox": "now",
        }  # fmt: skip
        self.again = 0

    def post(self, path: str, **fields: str) -> None:
        self._send(path, urlencode(fields).encode(), "application/x-www-form-urlencoded")

    def post_picture(self, path: str, picture: bytes, **fields: str) -> None:
        photo = FileStorage(io.BytesIO(picture), "photo.jpg", content_type="image/jpeg")
        boundary, body = encode_multipart({**fields, "photo": photo})
        self._send(path, body, f"multipart/form-data; boundary={boundary}")

    def _send(self, path: str, body: bytes, kind: str) -> None:
        headers = {**self._headers, "Content-Type": kind, "Idempotency-Key": str(new_id())}
        while (status := self._status(path, body, headers)) == 0 or status >= 500:
            self.again += 1
            time.sleep(1)
        assert status < 300, f"{path} was refused: {status}"

    def _status(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        try:
            self._line.request("POST", path, body, headers)
            answer = self._line.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            self._line.close()
            return 0


def rush() -> Iterator[Result]:
    """Check-ins with their places, photos and results, spread over the time as chance has it."""
    with TemporaryDirectory() as home:
        house = House(Path(home))
        try:
            app = house.app()
            reps = settle(app, reps=REPS, shops=VISITS, sms_in=timedelta(days=1))
            pictures, begin = [_picture(number) for number in range(FOUR_PICTURES)], time.monotonic() + 2
            with ThreadPoolExecutor(REPS) as pool:
                mornings = list(pool.map(lambda rep: _live(house.product.port, rep, pictures, begin), reps))
            lost, doubled = _compared(app, mornings)
        finally:
            house.end()
    took = [seconds for morning in mornings for seconds in morning.took]
    p95 = quantiles(took, n=20)[-1]
    again = sum(morning.again for morning in mornings)
    beside = f"p50 {median(took):.2f}, longest {max(took):.2f}, {again} sent again"
    told = f"{lost} lost, {doubled} doubled, {p95:.2f} s ({beside})"
    what = f"morning rush, {REPS} reps × {VISITS} visits × {PHOTOS} photos in {LASTS:.0f} s: check-in p95"
    goal = f"0 / 0 / ≤ {P95_S} s"
    yield Result("P14", what, told, goal, lost == doubled == 0 and p95 <= P95_S)


def _picture(number: int) -> bytes:
    """As large as phones of ours make them, and as hard to press as a shelf."""
    grain = Image.effect_noise(PICTURE, 60 + number).filter(ImageFilter.GaussianBlur(1.5)).convert("RGB")
    out = io.BytesIO()
    grain.save(out, "JPEG", quality=70)
    return out.getvalue()


def _live(port: int, rep: Rep, pictures: list[bytes], begin: float) -> Morning:
    chance, morning, phone = random.Random(str(rep.id)), Morning(rep), Handset(port, rep)
    moments = sorted(chance.uniform(0, LASTS) for _ in rep.shops)
    for shop, moment in zip(rep.shops, moments, strict=True):
        time.sleep(max(0.0, begin + moment - time.monotonic()))
        _visit(phone, morning, shop, chance, pictures)
    morning.again = phone.again
    return morning


def _visit(
    phone: Handset, morning: Morning, shop: Shop, chance: random.Random, pictures: list[bytes]
) -> None:
    visit, tapped = new_id(), time.monotonic()
    phone.post(f"/customers/{shop.id}/visits", id=str(visit), client_at=clock.now().isoformat())
    morning.took.append(time.monotonic() - tapped)
    morning.visits.append(visit)
    fixed_at = clock.now().isoformat()
    phone.post(f"/visits/{visit}/place", lat="10.7725", lng="106.698", accuracy_m="12.0", fixed_at=fixed_at)
    for _ in range(PHOTOS):
        photo = new_id()
        phone.post_picture(f"/visits/{visit}/photos", chance.choice(pictures), id=str(photo))
        morning.photos.append(photo)
    phone.post(f"/visits/{visit}/finish", outcome=chance.choice(OUTCOMES), client_at=clock.now().isoformat())


def _compared(app: Flask, mornings: list[Morning]) -> tuple[int, int]:
    """How much of what was acknowledged is not there, and how much is there besides."""
    done = {visit: morning.rep.id for morning in mornings for visit in morning.visits}
    taken = {photo for morning in mornings for photo in morning.photos}
    until(lambda: _count(app, Visit) >= len(done))
    with app.app_context(), system_access("a benchmark"):
        visits = {row.id: row.person_id for row in db.session.execute(select(Visit.id, Visit.person_id))}
        photos = set(db.session.scalars(select(VisitPhoto.id)))
    lost = sum(visits.get(visit) != who for visit, who in done.items()) + len(taken - photos)
    return lost, len(visits.keys() - done.keys()) + len(photos - taken)


def _count(app: Flask, model: type[Visit]) -> int:
    with app.app_context(), system_access("a benchmark"):
        return db.session.scalar(select(func.count()).select_from(model)) or 0
