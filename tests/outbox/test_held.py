"""What comes before its visit is held, and done when the visit comes: whatever the order, the end is the same (F15)."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from crmweb import clock, files
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.policy_kinds import POLICIES
from crmweb.accounts.rulings import Ruling
from crmweb.clock import HeldClock
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.late import DOORS
from crmweb.notes.models import Note
from crmweb.outbox import models
from crmweb.outbox.applying import sweep
from crmweb.outbox.models import HELD, QUARANTINED
from crmweb.reminders.models import Reminder
from crmweb.timeline import Event
from crmweb.visits.models import Visit
from crmweb.visits.photos import VisitPhoto
from tests.customers.shops import ENGLISH, House, PhoneOf
from tests.followups.conftest import minted
from tests.outbox.conftest import MORNING, Item, Kept, Phone, Writes
from tests.visits.photos import photo


def _state(house: House, visit_id: uuid.UUID) -> dict[str, Any]:
    """How a visit stands, with all that hangs on it."""
    with house():
        visit = db.session.get_one(Visit, visit_id)
        entry = db.session.scalars(select(Event).where(Event.id == visit_id)).one()
        told = {name: value for name, value in entry.payload.items() if name != "photos"}
        own = {column.name: getattr(visit, column.name) for column in Visit.__table__.columns}
        for name in ("id", "note_id", "recorded_at", "judged_at", "counted", "customer_id", "customer_name"):
            own.pop(name)
        return {
            **own,
            "counted": len(visit.counted),
            "told": (entry.kind, told),
            "photos": len(visit.photos),
            "notes": db.session.scalars(
                select(Note.text).where(Note.customer_id == visit.customer_id).order_by(Note.text)
            ).all(),
            "note": visit.note.text if visit.note else None,
            "promises": db.session.scalars(
                select(Reminder.text).where(Reminder.cause_id == visit_id).order_by(Reminder.text)
            ).all(),
        }


# --- one after the other --------------------------------------------------------------------------------------


def test_a_result_before_its_visit_is_held_and_then_done(
    phone: Phone, kept: Kept, writes: Writes, house: House, co_ba: uuid.UUID
) -> None:
    early = phone.send(kept.finish)
    assert (early.status_code, early.json) == (202, {"held": True})
    (held,) = writes()
    assert (held.state, held.act, held.app_version, held.client_at) == (
        HELD, "finish", "b1", MORNING + timedelta(minutes=20),
    )  # fmt: skip
    assert phone.send(kept.check_in).status_code == 201
    assert writes() == []
    state = _state(house, kept.id)
    assert (state["outcome"], state["ended"], state["note"]) == ("no_order", "finished", "Chưa cần hàng")
    assert state["ended_at"] == MORNING + timedelta(minutes=20)


def test_the_same_key_hears_the_same_and_nothing_doubles(
    phone: Phone, kept: Kept, writes: Writes, house: House
) -> None:
    """F12: held, its answer lost, sent again; then done, its answer lost, sent again."""
    for _ in range(3):
        assert phone.send(kept.photo).json == {"held": True}
    assert len(writes()) == 1
    assert phone.send(kept.check_in).status_code == 201
    for _ in range(3):
        assert phone.send(kept.photo).status_code == 201
        assert phone.send(kept.check_in).status_code == 201
    assert _state(house, kept.id)["photos"] == 1
    assert writes() == []


def test_the_same_key_with_other_words_is_refused_and_changes_nothing(
    phone: Phone, kept: Kept, writes: Writes, house: House
) -> None:
    phone.send(kept.finish)
    other = replace(kept.finish, fields={**kept.finish.fields, "outcome": "order_taken"})
    assert phone.send(other).status_code == 422
    assert phone.send(kept.check_in).status_code == 201
    assert phone.send(other).status_code == 422
    assert _state(house, kept.id)["outcome"] == "no_order"


def test_a_shut_door_that_comes_by_the_central_button_takes_what_waited(
    phone: Phone, kept: Kept, house: House
) -> None:
    phone.send(kept.photo)
    sent = {**kept.check_in.fields, "customer": str(kept.customer), "outcome": "closed"}
    sent.pop("kind")
    assert phone.send(Item("/check-in", sent)).status_code == 201
    assert _state(house, kept.id)["photos"] == 1


def test_photos_as_large_as_a_camera_makes_them_are_held_and_kept(
    phone: Phone, kept: Kept, house: House, writes: Writes
) -> None:
    """More than a plain form may bring: what the view takes is what may be held for it."""
    kept.photo.picture = photo() + bytes(3 * 1024 * 1024)
    assert phone.send(kept.photo).status_code == 202
    assert phone.send(kept.check_in).status_code == 201
    assert writes() == []
    assert _state(house, kept.id)["photos"] == 1


def test_a_photo_is_dated_when_it_was_taken(phone: Phone, kept: Kept, house: House) -> None:
    phone.send(kept.photo)
    phone.send(kept.check_in)
    with house():
        assert db.session.scalars(select(VisitPhoto.taken_at)).one() == MORNING + timedelta(minutes=21)


def test_nobody_is_asked_for_what_the_policy_owes(
    phone: Phone, kept: Kept, house: House, time: HeldClock, tuan: Actor
) -> None:
    """The result was said this very moment, and would be refused if its visit were there."""
    with house(), writing():
        at = MORNING - timedelta(days=9)
        Ruling.set(POLICIES["photo_needed"], "always", head_id=None, by=tuan, at=at)
    now = clock.now().isoformat()
    fresh = replace(kept.finish, fields={**kept.finish.fields, "client_at": now})
    assert phone.send(fresh).status_code == 202
    assert phone.send(kept.check_in).status_code == 201
    assert _state(house, kept.id)["outcome"] == "no_order"
    again = Kept(kept.customer, clock.now())
    assert phone.send(again.check_in).status_code == 201
    asked = replace(again.finish, fields={**again.finish.fields, "client_at": now})
    assert phone.send(asked).status_code == 422


def test_what_was_agreed_for_a_day_that_is_over_by_now_was_agreed(
    phone: Phone, co_ba: uuid.UUID, time: HeldClock, house: House, lan: Actor
) -> None:
    """A week without a signal: the next step, three days after the visit, was in time when it was said.

    The promise keeps its day; the step is made up for today, where somebody sees it.
    """
    day = lan.today(MORNING) + timedelta(days=3)
    promised = {"promise": "Báo giá", "promise_by": "us", "promise_until": day.isoformat()}
    kept = Kept(co_ba, MORNING, more={"next": "other", "next_other": day.isoformat(), **promised})
    time.move(timedelta(days=7))
    assert phone.send(kept.finish).status_code == 202
    assert phone.send(kept.check_in).status_code == 201
    state = _state(house, kept.id)
    assert (state["next_on"], state["promises"]) == (day + timedelta(days=4), ["Báo giá"])
    late = Kept(co_ba, MORNING + timedelta(days=6), more={"next": "other", "next_other": day.isoformat()})
    assert phone.send(late.check_in).status_code == 201
    assert phone.send(late.finish).status_code == 422, "three days before it was said"


# --- in any order ---------------------------------------------------------------------------------------------


MIXES: tuple[dict[str, str], ...] = (
    {},
    {"why": "building"},
    {"promise": "Tea", "promise_by": "them", "promise_until": ""},
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    order=st.permutations(range(4)),
    repeats=st.lists(st.integers(0, 3), max_size=4),
    more=st.sampled_from(MIXES),
    far=st.booleans(),
)
def test_every_order_ends_as_the_right_one(
    phone: Phone, co_ba: uuid.UUID, house: House, writes: Writes, time: HeldClock, lan: Actor,
    order: list[int], repeats: list[int], more: dict[str, str], far: bool,
) -> None:  # fmt: skip
    """F15, with answers that are lost on the way and asked for again."""
    _forget_all(house)
    with clock.frozen(MORNING):
        straight = _state_after(phone, house, co_ba, more, far, (0, 1, 2, 3))
    _forget_all(house)
    with clock.frozen(MORNING):
        mixed = _state_after(phone, house, co_ba, more, far, (*order, *repeats, *order))
    assert mixed == straight
    assert writes() == []


def _state_after(
    phone: Phone, house: House, shop: uuid.UUID, more: dict[str, str], far: bool, order: tuple[int, ...]
) -> dict[str, Any]:
    kept = Kept(shop, MORNING - timedelta(hours=1), more=more)
    if far:
        kept.place.fields["lat"] = "21.0385"
    for place in order:
        assert phone.send(kept.items[place]).status_code in (200, 201, 202)
    return _state(house, kept.id)


def _forget_all(house: House) -> None:
    with house(), writing():
        for model in (Reminder, VisitPhoto, Visit, Note, Event):
            for row in db.session.scalars(select(model)).all():
                db.session.delete(row)


def test_every_order_of_the_four_once(phone: Phone, co_ba: uuid.UUID, house: House, time: HeldClock) -> None:
    """All 24, without the dice."""
    time.move(timedelta(hours=1))
    ends = []
    for order in itertools.permutations(range(4)):
        _forget_all(house)
        ends.append(_state_after(phone, house, co_ba, {"why": "building"}, False, order))
    assert len(ends) == 24
    assert all(end == ends[0] for end in ends)
    assert (ends[0]["verdict"], ends[0]["outcome"], ends[0]["photos"]) == ("on_site", "no_order", 1)


# --- two at once ----------------------------------------------------------------------------------------------


def test_two_phones_bring_the_same_at_once(
    app: Flask, phone_of: PhoneOf, lan: Actor, kept: Kept, house: House, writes: Writes
) -> None:
    """F13: the same items, with the same keys, from two tabs or a phone that was copied to another one."""
    phones = [Phone(phone_of, lan) for _ in range(2)]
    orders = (kept.items, tuple(reversed(kept.items)))
    answers = _at_once([partial(_bring, phone, items) for phone, items in zip(phones, orders, strict=True)])
    assert all(code in (200, 201, 202) for codes in answers for code in codes), answers
    sweep_now(app)
    state = _state(house, kept.id)
    assert (state["photos"], state["notes"], state["outcome"]) == (1, ["Chưa cần hàng"], "no_order")
    assert writes() == []


def test_two_phones_say_the_same_under_keys_of_their_own(
    phone_of: PhoneOf, lan: Actor, kept: Kept, house: House
) -> None:
    """F13: the visit is there once; the second phone hears 409 and tells nothing of it."""
    first, second = (Phone(phone_of, lan) for _ in range(2))
    assert first.send(kept.check_in).status_code == 201
    other = replace(kept.check_in, key=str(new_id()))
    assert second.send(other).status_code == 409
    assert second.send(replace(kept.finish, key=str(new_id()))).status_code == 200
    assert first.send(kept.finish).status_code == 200
    state = _state(house, kept.id)
    assert (state["notes"], state["outcome"]) == (["Chưa cần hàng"], "no_order")
    with house():
        assert db.session.scalar(select(func.count(Visit.id))) == 1


def test_a_session_that_ends_in_between_loses_and_doubles_nothing(
    phone: Phone, kept: Kept, house: House, time: HeldClock, writes: Writes
) -> None:
    """F13: held by one session, refused without one, done by the next."""
    assert phone.send(kept.finish).status_code == 202
    phone.client.post("/session/end")
    for item in kept.items:
        answer = phone.client.post(item.path, data=item.fields, headers={"Idempotency-Key": item.key})
        assert (answer.status_code, answer.json) == (401, {"error": "signed_out"})
    assert len(writes()) == 1
    phone.sign_in()
    assert [phone.send(item).status_code for item in kept.items] == [201, 200, 200, 201]
    state = _state(house, kept.id)
    assert (state["outcome"], state["notes"], state["photos"]) == ("no_order", ["Chưa cần hàng"], 1)


def _bring(phone: Phone, items: tuple[Item, ...]) -> list[int]:
    return [phone.send(item).status_code for item in items]


def _at_once(works: list[Callable[[], list[int]]]) -> list[list[int]]:
    found: list[list[int]] = []
    threads = [threading.Thread(target=lambda work=work: found.append(work())) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == len(works)
    return found


# --- what a crash leaves behind -------------------------------------------------------------------------------


def sweep_now(app: Flask) -> None:
    with app.app_context():
        sweep()


def test_the_clock_does_what_a_crash_left_behind(
    app: Flask, phone: Phone, kept: Kept, house: House, writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.send(kept.finish)
    phone.send(kept.place)
    monkeypatch.setattr("crmweb.late.WAITING", [])
    assert phone.send(kept.check_in).status_code == 201
    assert _state(house, kept.id)["outcome"] is None
    assert len(writes()) == 2
    sweep_now(app)
    state = _state(house, kept.id)
    assert (state["outcome"], state["verdict"]) == ("no_order", "on_site")
    assert writes() == []


def test_a_crash_between_doing_and_forgetting_does_nothing_twice(
    app: Flask, phone: Phone, kept: Kept, house: House, writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.send(kept.photo)
    monkeypatch.setattr("crmweb.outbox.applying.forget", lambda *_ids: None)
    phone.send(kept.check_in)
    assert len(writes()) == 1
    monkeypatch.undo()
    sweep_now(app)
    assert _state(house, kept.id)["photos"] == 1
    assert writes() == []


def test_what_failed_by_a_fault_of_ours_is_tried_again(
    app: Flask, phone: Phone, kept: Kept, house: House, writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.send(kept.finish)

    def fall_over(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("crmweb.visits.routes.end_visit", fall_over)
    assert phone.send(kept.check_in).status_code == 201, "the check-in itself is not to blame"
    assert [write.state for write in writes()] == [HELD]
    monkeypatch.undo()
    sweep_now(app)
    assert _state(house, kept.id)["outcome"] == "no_order"


def test_one_whose_file_the_disk_lost_stands_in_nobodys_way(
    app: Flask, phone: Phone, kept: Kept, house: House, writes: Writes
) -> None:
    for item in (kept.photo, kept.finish, replace(kept.photo, key="again")):
        phone.send(item)
    lost = next(write for write in writes() if write.key == kept.photo.key)
    with app.app_context():
        files.delete(lost.files[0].name)
    assert phone.send(kept.check_in).status_code == 201
    state = _state(house, kept.id)
    assert (state["outcome"], state["photos"]) == ("no_order", 1)
    assert [write.key for write in writes()] == [kept.photo.key]


# --- what never can be done -----------------------------------------------------------------------------------


def test_one_whose_visit_never_comes_lies_in_quarantine_after_thirty_days(
    app: Flask, phone: Phone, kept: Kept, writes: Writes, time: HeldClock
) -> None:
    phone.send(kept.photo)
    time.move(timedelta(days=29))
    sweep_now(app)
    assert [write.state for write in writes()] == [HELD]
    time.move(timedelta(days=2))
    sweep_now(app)
    (write,) = writes()
    assert (write.state, write.reason) == (QUARANTINED, "no_visit")
    with app.app_context(), files.open(write.files[0].name) as kept_file:
        assert kept_file.read() == kept.photo.picture


def test_one_that_the_view_refuses_lies_in_quarantine_and_says_so_when_repeated(
    phone: Phone, kept: Kept, writes: Writes, house: House, co_ba: uuid.UUID
) -> None:
    nonsense = replace(kept.finish, fields={**kept.finish.fields, "outcome": "parrot"})
    assert phone.send(nonsense).status_code == 202
    assert phone.send(kept.check_in).status_code == 201
    (write,) = writes()
    assert (write.state, write.reason, write.status, write.customer_id) == (
        QUARANTINED, "refused", 422, co_ba,
    )  # fmt: skip
    again = phone.send(nonsense, **ENGLISH)
    assert again.status_code == 202
    assert again.json is not None
    assert again.json["quarantined"] is True
    assert again.json["reason"]
    assert _state(house, kept.id)["outcome"] is None


def test_what_somebody_else_held_for_it_is_not_done(
    phone: Phone, phone_of: PhoneOf, hung: Actor, kept: Kept, writes: Writes, house: House
) -> None:
    other = Phone(phone_of, hung)
    assert other.send(replace(kept.finish, key="hung")).status_code == 202
    assert phone.send(kept.check_in).status_code == 201
    (write,) = writes()
    assert (write.person_id, write.state) == (hung.id, QUARANTINED)
    assert _state(house, kept.id)["outcome"] is None


def test_a_visit_that_is_anothers_stays_so(
    phone: Phone, phone_of: PhoneOf, kept: Kept, outsider: Actor, mai: Actor, writes: Writes
) -> None:
    phone.send(kept.check_in)
    assert Phone(phone_of, outsider).send(kept.finish).status_code == 404
    assert Phone(phone_of, mai).send(kept.finish).status_code == 403
    assert writes() == []


def test_a_plain_form_and_an_id_that_no_phone_minted_are_not_found(
    phone: Phone, kept: Kept, writes: Writes, time: HeldClock
) -> None:
    assert phone.client.post(kept.finish.path, data=kept.finish.fields).status_code == 404
    for stranger in (
        uuid.uuid4(),
        uuid.UUID(int=7),
        minted(MORNING - timedelta(days=92)),
        minted(MORNING + timedelta(days=3)),
    ):
        assert phone.send(Item(f"/visits/{stranger}/finish", kept.finish.fields)).status_code == 404
    assert writes() == []


def test_a_visit_that_was_erased_is_not_waited_for(
    phone: Phone, kept: Kept, house: House, writes: Writes, co_ba: uuid.UUID
) -> None:
    phone.send(kept.check_in)
    with house(), writing():
        db.session.delete(db.session.get_one(Visit, kept.id))
    assert phone.send(kept.finish).status_code == 404
    assert writes() == []


def test_nobody_fills_the_disk(
    phone: Phone, kept: Kept, writes: Writes, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    monkeypatch.setattr(models, "MOST", 2)
    assert [phone.send(replace(kept.place, key=str(n))).status_code for n in range(3)] == [202, 202, 409]
    monkeypatch.setattr(models, "MOST", 9)
    monkeypatch.setattr(models, "MOST_BYTES", len(photo()) + 10)
    assert [phone.send(replace(kept.photo, key=f"p{n}")).status_code for n in range(2)] == [202, 409]
    assert len(writes()) == 3
    with app.app_context():
        kept_files = list((app.extensions["settings"].home / "files").glob("*/*.bin"))
    assert len([file for file in kept_files if file.read_bytes() == kept.photo.picture]) >= 1


# --- who and what has changed meanwhile -----------------------------------------------------------------------


def test_the_author_left_meanwhile(
    phone: Phone, kept: Kept, house: House, lan: Actor, time: HeldClock, phone_of: PhoneOf, writes: Writes
) -> None:
    """What was held is done, and what the phone still holds comes by the leaver's way."""
    phone.client.get("/")
    assert phone.send(kept.finish).status_code == 202
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=None, at=clock.now())
    time.move(timedelta(hours=2))
    assert phone.send(kept.check_in).json == {"saved": True}
    state = _state(house, kept.id)
    assert (state["outcome"], state["person_id"]) == ("no_order", lan.id)
    assert writes() == []


def test_the_customer_was_handed_over_meanwhile(
    phone: Phone, kept: Kept, house: House, outsider: Actor, time: HeldClock, lan: Actor
) -> None:
    """The visit was hers when it was made; what hangs on it follows it."""
    _hand_over(house, kept.customer, outsider)
    time.move(timedelta(days=2))
    assert phone.send(kept.finish).status_code == 202
    assert phone.send(kept.photo).status_code == 202
    assert phone.send(kept.check_in).status_code == 201
    assert phone.send(kept.place).status_code == 200
    state = _state(house, kept.id)
    assert (state["person_id"], state["outcome"], state["photos"], state["verdict"]) == (
        lan.id, "no_order", 1, "on_site",
    )  # fmt: skip


def _hand_over(house: House, customer_id: uuid.UUID, to: Actor) -> None:
    with house(), writing():
        customer = db.session.get_one(Customer, customer_id)
        for assignment in list(customer.assignments):
            assignment.end(by=None, at=clock.now())
        customer.assign(db.session.get_one(User, to.id), by=None, at=clock.now())


def test_the_customer_was_archived_meanwhile(phone: Phone, kept: Kept, house: House, time: HeldClock) -> None:
    with house(), writing():
        db.session.get_one(Customer, kept.customer).archive(by=None, at=clock.now())
    time.move(timedelta(days=1))
    assert phone.send(kept.finish).status_code == 202
    assert phone.send(kept.check_in).status_code == 201
    assert _state(house, kept.id)["outcome"] == "no_order"


@pytest.mark.parametrize("skew", [timedelta(hours=23, minutes=50), -timedelta(days=1)])
def test_a_phone_whose_clock_is_a_day_off_gets_its_work_in(
    phone: Phone, co_ba: uuid.UUID, house: House, skew: timedelta, lan: Actor
) -> None:
    tomorrow = (lan.today(clock.now() + skew) + timedelta(days=1)).isoformat()
    kept = Kept(co_ba, clock.now() + skew, more={"next": "other", "next_other": tomorrow})
    for item in (kept.finish, kept.check_in, kept.place, kept.photo):
        answer = phone.send(item)
        assert answer.status_code in (200, 201, 202), answer.text
    state = _state(house, kept.id)
    assert (state["outcome"], state["verdict"], state["photos"]) == ("no_order", "on_site", 1)
    assert state["started_at"] == min(MORNING + skew, MORNING)


def test_an_app_that_is_made_twice_asks_once(app: Flask) -> None:
    assert len(DOORS) == 1
