"""Photos of a visit over the wire: who may send, see and take away; what is refused."""

from __future__ import annotations

import io
import uuid

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from crmweb.accounts.actor import Actor
from crmweb.db import db, new_id
from crmweb.timeline import Event
from crmweb.visits.photos import VisitPhoto
from tests.customers.shops import ENGLISH, House, PhoneOf
from tests.visits import photos
from tests.visits.conftest import CheckIn


@pytest.fixture
def here(check_in: CheckIn, co_ba: uuid.UUID) -> uuid.UUID:
    return check_in(co_ba).visit_id  # type: ignore[attr-defined, no-any-return]


def send(
    phone: FlaskClient, visit_id: uuid.UUID, *pictures: bytes, key: str = "", id: uuid.UUID | None = None
) -> TestResponse:
    data = {
        "id": str(id or new_id()), "photo": [(io.BytesIO(each), f"{n}.jpg") for n, each in enumerate(pictures)],
    }  # fmt: skip
    headers = {**ENGLISH, **({"Idempotency-Key": key} if key else {})}
    return phone.post(f"/visits/{visit_id}/photos", data=data, headers=headers)


def _ids(house: House) -> list[uuid.UUID]:
    with house():
        there = select(VisitPhoto.id).where(VisitPhoto.removed_at.is_(None)).order_by(VisitPhoto.id)
        return list(db.session.scalars(there))


def test_a_photo_is_kept_small_and_shown(here: uuid.UUID, lans_phone: FlaskClient, house: House) -> None:
    minted = new_id()
    answer = send(lans_phone, here, photos.photo(3000, 2000), key="one", id=minted)
    assert answer.status_code == 201
    assert f'src="/photos/{minted}"' in answer.text
    shown = lans_phone.get(f"/photos/{minted}")
    assert shown.mimetype == "image/jpeg"
    assert len(shown.data) <= 150_000
    assert Image.open(io.BytesIO(shown.data)).size == (1600, 1067)
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"] == "private, no-cache"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    again = lans_phone.get(f"/photos/{minted}", headers={"If-None-Match": shown.headers["ETag"]})
    assert again.status_code == 304


def test_several_at_once_from_a_plain_form(here: uuid.UUID, lans_phone: FlaskClient, house: House) -> None:
    answer = send(lans_phone, here, photos.photo(), photos.photo(kind="PNG"), photos.photo(kind="HEIF"))
    assert (answer.status_code, answer.location) == (303, f"/visits/{here}")
    assert len(_ids(house)) == 3
    with house():
        told = db.session.scalars(select(Event.payload).where(Event.id == here)).one()
    assert len(told["photos"]) == 3


def test_the_timeline_shows_them(
    here: uuid.UUID, lans_phone: FlaskClient, house: House, co_ba: uuid.UUID
) -> None:
    send(lans_phone, here, photos.photo())
    assert f'<img src="/photos/{_ids(house)[0]}"' in lans_phone.get(f"/customers/{co_ba}").text


def test_the_same_photo_sent_twice_is_one(here: uuid.UUID, lans_phone: FlaskClient, house: House) -> None:
    minted = new_id()
    for _ in range(2):
        assert send(lans_phone, here, photos.photo(), key="same", id=minted).status_code == 201
    assert _ids(house) == [minted]
    other = send(lans_phone, here, photos.photo(500), key="same", id=minted)
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no photo"),
        (b"<!doctype html><script>alert(1)</script>", "no photo"),
        (photos.bomb(20_000, 10_000), "50 million"),
        (photos.noise(600, 400)[:20_000], "damaged"),
    ],
)
def test_what_is_no_photo_is_refused_in_words(
    here: uuid.UUID, lans_phone: FlaskClient, house: House, data: bytes, word: str
) -> None:
    plain = send(lans_phone, here, photos.photo(), data)
    assert plain.status_code == 422
    assert word in plain.text
    assert 'aria-describedby="photo-error"' in plain.text
    scripted = send(lans_phone, here, data, key="k")
    assert (scripted.status_code, scripted.mimetype) == (422, "application/json")
    assert word in (scripted.json or {})["reason"]
    assert _ids(house) == []


def test_nothing_and_too_many_are_refused(here: uuid.UUID, lans_phone: FlaskClient, house: House) -> None:
    assert send(lans_phone, here).status_code == 422
    assert send(lans_phone, here, *[photos.photo()] * 13).status_code == 422
    assert _ids(house) == []


def _send_bytes(phone: FlaskClient, path: str, size: int) -> int:
    """A form with one file of that many bytes, as it goes over the wire."""
    head = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="x.jpg"\r\n\r\n'
    body = head + bytes(size) + b"\r\n--b--\r\n"
    return phone.post(path, data=body, content_type="multipart/form-data; boundary=b").status_code


def test_more_than_twelve_megabytes_are_too_large(here: uuid.UUID, lans_phone: FlaskClient) -> None:
    assert _send_bytes(lans_phone, f"/visits/{here}/photos", 11_000_000) == 422  # it came in, and is no photo
    assert _send_bytes(lans_phone, f"/visits/{here}/photos", 13_000_000) == 413


def test_elsewhere_two_megabytes_stay_the_limit(here: uuid.UUID, lans_phone: FlaskClient) -> None:
    assert _send_bytes(lans_phone, f"/visits/{here}/why", 3_000_000) == 413


def test_only_who_may_see_the_visit_sees_its_photos(
    here: uuid.UUID, lans_phone: FlaskClient, house: House, phone_of: PhoneOf, people: dict[str, Actor]
) -> None:
    send(lans_phone, here, photos.photo())
    photo = _ids(house)[0]
    seen = {name: phone_of(person).get(f"/photos/{photo}").status_code for name, person in people.items()}
    assert {name for name, status in seen.items() if status == 200} == {"lan", "mai", "tuan"}
    assert set(seen.values()) == {200, 404}


def test_who_took_it_takes_it_away_and_brings_it_back(
    here: uuid.UUID, lans_phone: FlaskClient, house: House, phone_of: PhoneOf, mai: Actor
) -> None:
    send(lans_phone, here, photos.photo())
    photo = _ids(house)[0]
    assert phone_of(mai).post(f"/photos/{photo}/remove").status_code == 403
    answer = lans_phone.post(f"/photos/{photo}/remove")
    assert (answer.status_code, answer.location) == (303, f"/visits/{here}")
    assert f'action="/photos/{photo}/restore"' in lans_phone.get(f"/visits/{here}").text
    assert lans_phone.get(f"/photos/{photo}").status_code == 404
    with house():
        assert "photos" not in db.session.scalars(select(Event.payload).where(Event.id == here)).one()
    lans_phone.post(f"/photos/{photo}/restore")
    assert lans_phone.get(f"/photos/{photo}").status_code == 200


def test_nobody_else_adds_to_lans_visit(
    here: uuid.UUID, phone_of: PhoneOf, mai: Actor, outsider: Actor, house: House
) -> None:
    assert send(phone_of(mai), here, photos.photo()).status_code == 403
    assert send(phone_of(outsider), here, photos.photo()).status_code == 404
    assert _ids(house) == []


def test_a_helper_adds_and_sees_photos_of_a_colleagues_customer(
    check_in: CheckIn, co_ba: uuid.UUID, phone_of: PhoneOf, hung: Actor, house: House, lans_phone: FlaskClient
) -> None:
    phone = phone_of(hung)
    visit_id = check_in(co_ba, phone=phone).visit_id  # type: ignore[attr-defined]
    assert send(phone, visit_id, photos.photo()).status_code == 303
    photo = _ids(house)[0]
    assert f'src="/photos/{photo}"' in phone.get(f"/visits/{visit_id}").text
    assert phone.get(f"/photos/{photo}").status_code == 200
    assert lans_phone.get(f"/photos/{photo}").status_code == 200
