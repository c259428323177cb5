"""Erased by the registry that the export reads: what goes, what stays, and that no backup brings it back."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Text, cast, func, select
from sqlalchemy import text as sql

from crmweb import clock, files
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.audit import Entry
from crmweb.audit.seals import SETTLED, Seal, broken
from crmweb.config import Settings
from crmweb.customers.contacts.models import Contact
from crmweb.customers.models import Customer
from crmweb.db import Model, db, is_sqlite, writing
from crmweb.followups.consents import Consent, Stopped
from crmweb.followups.message_templates import EMAIL
from crmweb.followups.models import Followup
from crmweb.holdings import CONTACT, CUSTOMER, HOLDINGS, PERSON, Subject
from crmweb.holdings.erasing import Erasure, erase, erase_again, finish
from crmweb.holdings.register import REGISTER, Line, add, read
from crmweb.holdings.telling import count_of
from crmweb.notes.models import Note
from crmweb.notifications import Delivery
from crmweb.visits.models import Visit
from crmweb.visits.photos import VisitPhoto
from tests.customers.shops import ENGLISH, House, PhoneOf
from tests.holdings.conftest import KEEPER, SECRET_WORD, Life
from tests.notes.sounds import WEBM_OPUS

MAI = "mai@example.com"


@pytest.fixture
def tuans(phone_of: PhoneOf, tuan: Actor) -> FlaskClient:
    return phone_of(tuan)


@pytest.fixture(autouse=True)
def register(settings: Settings) -> Path:
    """Each test has a register of its own."""
    file = settings.home / REGISTER
    file.unlink(missing_ok=True)
    return file


def _erase(phone: FlaskClient, kind: str, id: uuid.UUID, name: str) -> int:
    return phone.post(f"/admin/data/{kind}/{id}/erasure", data={"name": name}, headers=ENGLISH).status_code


def _left(kind: str, id: uuid.UUID) -> dict[str, int]:
    """What there still is of what should have gone."""
    parts = {name: holding for name, holding in HOLDINGS.items() if kind in holding.parts}
    counts = {
        name: count_of(holding, Subject(kind, id))
        for name, holding in parts.items()
        if holding.parts[kind].goes
    }
    assert len(counts) > 5
    return {name: count for name, count in counts.items() if count}


def _places_that_name(word: str) -> list[str]:
    """Every column of every table that still holds a word, as text or inside JSON."""
    found = []
    escaped = json.dumps(word).strip('"')
    for table in Model.metadata.sorted_tables:
        for column in table.columns:
            if str(column.type).split("(")[0] not in ("VARCHAR", "TEXT", "JSON"):
                continue
            told = cast(column, Text)
            held = func.count().filter(
                told.contains(word, autoescape=True) | told.contains(escaped, autoescape=True)
            )
            if db.session.execute(select(held).select_from(table).execution_options(scoped=True)).scalar():
                found.append(f"{table.name}.{column.name}")
    return found


# --- a customer ---------------------------------------------------------------------------------------


def test_nothing_of_an_erased_customer_is_left_anywhere(tuans: FlaskClient, life: Life, house: House) -> None:
    with house():
        assert "notes.text" in _places_that_name(SECRET_WORD)
        assert len(_places_that_name("Shop of lan")) >= 3
    assert _erase(tuans, CUSTOMER, life.shop, "shop of LAN") == 303
    with house():
        assert db.session.get(Customer, life.shop) is None
        assert _left(CUSTOMER, life.shop) == {}
        for word in (SECRET_WORD, "Shop of lan", KEEPER, "keeper@shops.example.com", "0901 234 567 lan"):
            assert _places_that_name(word) == [], word
        for name in (life.photo_name, life.voice_name, life.late_name):
            with pytest.raises(FileNotFoundError):
                files.open(name)
        assert db.session.get(Customer, life.shops.hung) is not None
        if is_sqlite():
            found = db.session.scalar(
                sql("SELECT count(*) FROM customer_search WHERE customer_search MATCH 'shop'")
            )
            assert found == 5


def test_an_address_that_wants_no_more_stays_so(
    tuans: FlaskClient, life: Life, house: House, lan: Actor
) -> None:
    with house(), writing():
        Consent.withdraw(
            db.session.get_one(Customer, life.shop), life.keeper, EMAIL, "keeper@shops.example.com",
            name=KEEPER, how="told", by=lan, at=clock.now(),
        )  # fmt: skip
    page = tuans.get(f"/admin/data/customer/{life.shop}", headers=ENGLISH).text
    assert "So that nobody writes to this address again" not in page, "the contact's, not the shop's"
    page = tuans.get(f"/admin/data/contact/{life.keeper}", headers=ENGLISH).text
    assert "So that nobody writes to this address again" in page
    assert _erase(tuans, CONTACT, life.keeper, KEEPER) == 303
    with house():
        assert [row.address for row in db.session.scalars(select(Stopped))] == ["keeper@shops.example.com"]


def test_rows_that_an_import_refused_forget_them_too(
    tuans: FlaskClient, life: Life, settings: Settings
) -> None:
    """They lie in files, in whatever spelling the file had."""
    file = settings.home / "imports" / "shops-rejected-1.csv"
    file.parent.mkdir(exist_ok=True)
    kept = "3,no_name,,0908 111 222\r\n"
    told = f"1,bad,,'+84 901 234 567\r\n2,bad,shop of LAN,\r\n{kept}4,bad,,KEEPER@shops.example.com\r\n"
    file.write_text("line,reason,name,contact\r\n" + told, encoding="utf-8-sig", newline="")
    assert _erase(tuans, CUSTOMER, life.shop, "Shop of lan") == 303
    assert file.read_bytes().decode("utf-8-sig") == "line,reason,name,contact\r\n" + kept
    assert file.stat().st_mode & 0o077 == 0


def test_branches_of_an_erased_head_office_stand_alone(tuans: FlaskClient, life: Life, house: House) -> None:
    with house(), writing():
        db.session.get_one(Customer, life.shops.hung).parent_id = life.shop
    assert _erase(tuans, CUSTOMER, life.shop, "Shop of lan") == 303
    with house():
        assert db.session.get_one(Customer, life.shops.hung).parent_id is None


def test_who_stands_elsewhere_too_is_not_erased_with_a_customer(
    tuans: FlaskClient, life: Life, house: House, lan: Actor
) -> None:
    with house(), writing():
        keeper = db.session.get_one(Contact, life.keeper)
        db.session.get_one(Customer, life.shops.hung).name_contact(keeper, "owner", by=lan, at=clock.now())
    assert _erase(tuans, CUSTOMER, life.shop, "Shop of lan") == 303
    with house():
        assert db.session.get_one(Contact, life.keeper).name == KEEPER


def test_a_phone_that_still_writes_about_them_hears_that_they_are_not_there(
    tuans: FlaskClient, life: Life, phone_of: PhoneOf, lan: Actor
) -> None:
    assert _erase(tuans, CUSTOMER, life.shop, "Shop of lan") == 303
    late = phone_of(lan).post(
        f"/customers/{life.shop}/notes", data={"text": "x"}, headers={"Idempotency-Key": "k"}
    )
    assert late.status_code == 404


# --- somebody at a customer -----------------------------------------------------------------------------


def test_nothing_of_an_erased_contact_is_left_anywhere(tuans: FlaskClient, life: Life, house: House) -> None:
    assert _erase(tuans, CONTACT, life.keeper, KEEPER) == 303
    with house():
        assert _left(CONTACT, life.keeper) == {}
        for word in (KEEPER, "keeper@shops.example.com", "keeper of lan"):
            assert _places_that_name(word) == [], word
        assert db.session.get(Visit, life.visit) is not None
        assert db.session.scalar(select(func.count(Followup.id))) == 0
        assert db.session.scalar(select(func.count(Delivery.id)).where(Delivery.kind == EMAIL)) == 0
        assert [note.text for note in db.session.scalars(select(Note))] == [SECRET_WORD]


# --- somebody who left ------------------------------------------------------------------------------------


def test_who_still_works_here_has_to_leave_first(
    tuans: FlaskClient, life: Life, lan: Actor, house: House
) -> None:
    page = tuans.get(f"/admin/data/person/{lan.id}", headers=ENGLISH).text
    assert "Deactivate them first" in page
    assert "Erase for good" not in page
    address = f"/admin/data/person/{lan.id}/erasure"
    answer = tuans.post(address, data={"name": lan.name}, headers=ENGLISH)
    assert answer.status_code == 409
    assert "They still work here." in answer.text
    with house():
        assert db.session.get_one(User, lan.id).name == lan.name


@pytest.fixture
def gone(tuans: FlaskClient, life: Life, lan: Actor) -> Life:
    """Lan has left; Mai looks after what was hers."""
    answer = tuans.post(f"/admin/users/{lan.id}/leaving", data={"taker": MAI}, headers=ENGLISH)
    assert answer.status_code == 303
    return life


def test_of_who_left_the_work_stays_and_nothing_that_names_them(
    tuans: FlaskClient, gone: Life, lan: Actor, house: House
) -> None:
    assert _erase(tuans, PERSON, lan.id, lan.name) == 303
    with house():
        assert _left(PERSON, lan.id) == {}
        user = db.session.get_one(User, lan.id)
        assert (user.email, user.phone, user.password_hash) == (None, None, None)
        assert user.name.startswith("Former colleague ")
        for word in (lan.name, lan.email or "", "nguyen thi lan"):
            assert _places_that_name(word) == [], word
        visit = db.session.get_one(Visit, gone.visit)
        assert (visit.person_id, visit.lat, visit.lng, visit.fixed_at) == (lan.id, None, None, None)
        assert visit.verdict
        assert visit.distance_m is not None
        assert db.session.scalars(select(Note)).one().text == SECRET_WORD
        assert (
            db.session.scalar(select(func.count(DeviceSession.id)).where(DeviceSession.user_id == lan.id))
            == 0
        )
        assert db.session.scalar(select(func.count(VisitPhoto.id))) == 1
        assert files.open(gone.photo_name).read(2) == b"\xff\xd8"
        assert files.open(gone.voice_name).read() == WEBM_OPUS


def test_nobody_comes_back_as_who_was_erased(tuans: FlaskClient, gone: Life, lan: Actor) -> None:
    assert _erase(tuans, PERSON, lan.id, lan.name) == 303
    back = tuans.post(f"/admin/users/{lan.id}/return", headers=ENGLISH)
    assert back.status_code == 409
    assert "Who they were was erased. Invite them anew." in back.text
    page = tuans.get(f"/admin/users/{lan.id}", headers=ENGLISH).text
    assert "Let them come back" not in page
    assert "Nobody comes back as them" in page
    again = tuans.get(f"/admin/data/person/{lan.id}", headers=ENGLISH).text
    assert "Erased already" in again


def test_the_page_says_what_goes_and_what_stays_and_why(tuans: FlaskClient, gone: Life, lan: Actor) -> None:
    page = tuans.get(f"/admin/data/person/{lan.id}", headers=ENGLISH).text
    goes, stays = page.split('id="goes"')[1].split('id="stays"')
    assert "Notices" in goes
    assert "Answers to the notice about the place" in goes
    assert "Visits, with every point" in stays
    assert "every point goes" in stays
    assert "Notes" in stays


# --- how ------------------------------------------------------------------------------------------------


def test_a_name_of_signs_alone_is_typed_as_it_stands(tuans: FlaskClient, life: Life, house: House) -> None:
    with house(), writing():
        db.session.get_one(Customer, life.shop).name = "★★★"
    address = f"/admin/data/customer/{life.shop}/erasure"
    assert [tuans.post(address, data={"name": typed}).status_code for typed in ("", "—", "★★★")] == [
        422,
        422,
        303,
    ]


def test_the_name_is_typed_first(tuans: FlaskClient, life: Life, house: House) -> None:
    for typed in ("", "Shop of hung", "x" * 300, "x" * 400):
        answer = tuans.post(
            f"/admin/data/customer/{life.shop}/erasure", data={"name": typed}, headers=ENGLISH
        )
        assert answer.status_code == 422
        assert "That is not the name. Type: Shop of lan" in answer.text
    with house():
        assert db.session.get(Customer, life.shop) is not None


def test_only_who_may(phone_of: PhoneOf, people: dict[str, Actor], life: Life) -> None:
    for who in ("lan", "hung", "mai", "outsider"):
        assert _erase(phone_of(people[who]), CUSTOMER, life.shop, "Shop of lan") == 403


def test_it_is_written_down_without_the_name_and_the_chain_holds(
    tuans: FlaskClient, life: Life, house: House, tuan: Actor
) -> None:
    assert tuans.post(f"/admin/data/customer/{life.shop}").status_code == 200
    with house(), writing():
        Seal.close(at=clock.now() + 2 * SETTLED)
    assert _erase(tuans, CUSTOMER, life.shop, "Shop of lan") == 303
    with house():
        entries = db.session.scalars(
            select(Entry).where(Entry.about_id == life.shop).order_by(Entry.seq)
        ).all()
        assert [(each.action, each.by_id) for each in entries] == [
            ("customer.exported", tuan.id), ("customer.erased", tuan.id),
        ]  # fmt: skip
        assert entries[0].values.emptied
        assert entries[1].values.about_name == ""
    with house(), writing():
        Seal.close(at=clock.now() + 3 * SETTLED)
    with house():
        assert list(broken()) == []


def test_asked_twice_it_is_done_once(tuans: FlaskClient, gone: Life, lan: Actor, house: House) -> None:
    assert _erase(tuans, PERSON, lan.id, lan.name) == 303
    assert _erase(tuans, PERSON, lan.id, lan.name) == 409
    with house():
        assert len(db.session.scalars(select(Erasure)).all()) == 1


# --- after a restore ----------------------------------------------------------------------------------------


def test_a_database_from_before_is_erased_again(
    app: Flask, tuans: FlaskClient, life: Life, house: House, register: Path
) -> None:
    """As after `pg_restore`: what the register knows and the database does not is erased at the next start."""
    with house():
        shop = db.session.get_one(Customer, life.shop).name
    assert _erase(tuans, CUSTOMER, life.shop, shop) == 303
    line = next(read(register))
    assert (line.kind, line.subject_id) == (CUSTOMER, life.shop)
    assert shop not in register.read_text()
    with house(), writing():
        db.session.delete(db.session.get_one(Erasure, line.id))
        again = Customer.add(by=None, at=clock.now(), name=shop, id=life.shop)
        Note.write(again, SECRET_WORD, by=User.with_email(MAI), at=clock.now(), now=clock.now())  # type: ignore[arg-type]
    with app.app_context():
        assert erase_again() == 1
        assert erase_again() == 0
    with house():
        assert db.session.get(Customer, life.shop) is None
        assert _places_that_name(SECRET_WORD) == []
        entry = db.session.scalars(
            select(Entry).where(Entry.action == "customer.erased").order_by(Entry.seq.desc())
        ).first()
        assert entry is not None
        assert entry.by_id is None
        assert db.session.get_one(Erasure, line.id).at == line.at


def test_a_register_that_was_lost_is_written_again(
    app: Flask, tuans: FlaskClient, life: Life, house: House, register: Path
) -> None:
    assert _erase(tuans, CUSTOMER, life.shop, "Shop of lan") == 303
    kept = list(read(register))
    register.write_text('{"id": "cut in ha')
    with app.app_context():
        finish()
    assert list(read(register)) == kept


def test_photos_that_a_crash_left_behind_go_later(
    app: Flask, life: Life, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house(), writing():
        erase(Subject(CUSTOMER, life.shop), by=None, at=clock.now())
    with house():
        assert files.open(life.photo_name).read(1)
        assert set(db.session.scalars(select(Erasure)).one().files) == {
            life.photo_name,
            life.voice_name,
            life.late_name,
        }
    with app.app_context():
        finish()
    with house(), pytest.raises(FileNotFoundError):
        files.open(life.photo_name)
    with house():
        assert db.session.scalars(select(Erasure)).one().files == []


def test_the_register_takes_each_once(tmp_path: Path) -> None:
    file = tmp_path / REGISTER
    line = Line(uuid.uuid4(), CUSTOMER, uuid.uuid4(), clock.now(), "")
    add(file, [line])
    add(file, [line, Line(uuid.uuid4(), PERSON, uuid.uuid4(), clock.now(), "Former colleague 3F2A")])
    assert len(list(read(file))) == 2
    assert file.stat().st_mode & 0o077 == 0
