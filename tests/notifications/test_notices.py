"""Notices: each person hears by the first of their channels that works, once, and what none could take is seen."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.notifications import jobs, notices
from crmweb.notifications.channels import Channels, Message, NotYet, PermanentFailure, TransientFailure
from crmweb.notifications.choices import Choices, NotificationChoices
from crmweb.notifications.claims import Claim
from crmweb.notifications.models import Delivery
from crmweb.notifications.notices import Notice, Words, notice_kind
from crmweb.notifications.outcomes import Outcome, write_down
from tests.conftest import system_access_to

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
MORNING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""Nine o'clock in Hà Nội."""
ENGLISH = {"Accept-Language": "en"}


class Far:
    """The far end of a channel, as a test wants it."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.says: Exception | None = None

    def send(self, message: Message) -> None:
        if self.says:
            raise self.says
        self.got.append(message)


class World:
    """Everything outside the house, and a kind of notice that a test may call off."""

    def __init__(self) -> None:
        self.sms, self.email = Far(), Far()
        self.wanted = True


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world, before = World(), app.extensions["channels"]
    app.extensions["channels"] = Channels({"sms": world.sms, "email": world.email})
    monkeypatch.setattr(notices, "_KINDS", dict(notices._KINDS))
    notice_kind(
        "test.due",
        wanted=lambda _notice: world.wanted,
        words=lambda notice: Words(_("Done"), notice.payload["text"], "/customers"),
    )
    yield world
    app.extensions["channels"] = before


@pytest.fixture
def held() -> Iterator[clock.HeldClock]:
    with clock.frozen(MORNING) as held:
        yield held


@pytest.fixture(autouse=True)
def lan_has_a_number(house: House, lan: Actor) -> None:
    _choose(house, lan, "sms", "email")


def _choose(
    house: House, person: Actor, *channels: str, quiet: tuple[time | None, time | None] = (None, None)
) -> None:
    with house(), writing():
        user = db.session.get_one(User, person.id)
        user.phone, user.locale = "+84912345678", "vi"
        db.session.merge(
            NotificationChoices(
                person_id=person.id, channels=list(channels), quiet_from=quiet[0], quiet_until=quiet[1]
            )
        )


def _tell(
    house: House, person: Actor, dedupe: str = "send the quote", not_before: datetime | None = None
) -> uuid.UUID:
    with house(), writing():
        filed = Notice.file(
            person.id,
            "test.due",
            dedupe=dedupe,
            payload={"text": "Gửi báo giá"},
            at=clock.now(),
            about_id=person.id,
            not_before=not_before,
        )
    assert filed is not None
    return filed


def _sweep(house: House) -> None:
    """What a worker would do now."""
    with house():
        due = db.session.scalars(select(Delivery.id).where(Delivery.due(at=clock.now()))).all()
    with house():
        jobs.deliver(*(delivery.hex for delivery in due))


def _state(house: House, notice: uuid.UUID) -> tuple[str, str | None]:
    with house():
        found = db.session.get_one(Notice, notice)
        return found.state, found.channel


def test_lan_is_told_once_by_her_first_channel_in_her_language(
    house: House, lan: Actor, world: World, held: clock.HeldClock
) -> None:
    notice = _tell(house, lan)
    with house(), writing():
        assert Notice.file(lan.id, "test.due", dedupe="send the quote", payload={}, at=clock.now()) is None
    _sweep(house)
    held.move(timedelta(hours=1))
    _sweep(house)
    (sms,) = world.sms.got
    assert sms.recipient == "+84912345678"
    assert sms.payload["text"].startswith("Xong\nGửi báo giá\nhttp")
    assert world.email.got == []
    assert _state(house, notice) == ("told", "sms")


def test_what_one_channel_refuses_goes_by_the_next_at_once(
    house: House, lan: Actor, world: World, held: clock.HeldClock
) -> None:
    notice = _tell(house, lan)
    world.sms.says = PermanentFailure("no such number")
    _sweep(house)
    _sweep(house)
    assert [mail.recipient for mail in world.email.got] == ["lan@example.com"]
    assert _state(house, notice) == ("told", "email")


def test_a_channel_in_trouble_has_four_minutes_and_then_the_next_one_tells_it_within_a_quarter_of_an_hour(
    house: House, lan: Actor, world: World, held: clock.HeldClock
) -> None:
    notice = _tell(house, lan)
    world.sms.says = TransientFailure("503")
    for _half_minute in range(28):
        _sweep(house)
        held.move(timedelta(seconds=30))
    assert len(world.email.got) == 1
    assert _state(house, notice) == ("told", "email")


def test_what_a_channel_puts_off_for_an_hour_does_not_wait_so_long(
    house: House, lan: Actor, world: World, held: clock.HeldClock
) -> None:
    _tell(house, lan)
    world.sms.says = TransientFailure("429", retry_after=3600)
    _sweep(house)
    _sweep(house)
    assert len(world.email.got) == 1


def test_what_no_channel_takes_tops_today_within_a_quarter_of_an_hour_until_it_is_seen(
    house: House, lan: Actor, mai: Actor, world: World, phone_of: PhoneOf
) -> None:
    world.sms.says = world.email.says = TransientFailure("the whole net is down")
    begun = clock.now()
    with clock.frozen(begun) as held:
        notice = _tell(house, lan)
        for _half_minute in range(30):
            _sweep(house)
            held.move(timedelta(seconds=30))
        assert clock.now() - begun <= timedelta(minutes=15)
        assert _state(house, notice)[0] == "unreached"
        today = phone_of(lan).get("/", headers=ENGLISH)
        assert f'id="notice-{notice}"' in today.text
        assert "Gửi báo giá" in today.text
        team = phone_of(mai).get("/team", headers=ENGLISH)
        assert "Lan could not be reached" in team.text
        assert phone_of(lan).post(f"/notifications/{notice}/seen").status_code == 303
        assert f'id="notice-{notice}"' not in phone_of(lan).get("/").text


def test_an_admin_may_retry_and_who_is_told_then_is_not_unreached(
    house: House, lan: Actor, world: World, held: clock.HeldClock
) -> None:
    _choose(house, lan, "sms")
    world.sms.says = PermanentFailure("no credit")
    notice = _tell(house, lan)
    _sweep(house)
    _sweep(house)
    assert _state(house, notice)[0] == "unreached"
    world.sms.says = None
    with house(), writing():
        failed = db.session.scalars(select(Delivery.id).where(Delivery.state == "failed")).one()
        assert Delivery.retry(failed, at=clock.now())
    _sweep(house)
    assert _state(house, notice) == ("told", "sms")


def test_a_retry_tells_nobody_a_second_time(
    house: House, lan: Actor, world: World, held: clock.HeldClock
) -> None:
    notice = _tell(house, lan)
    world.sms.says = PermanentFailure("no credit")
    _sweep(house)
    _sweep(house)
    world.sms.says = None
    with house(), writing():
        failed = db.session.scalars(select(Delivery.id).where(Delivery.state == "failed")).one()
        Delivery.retry(failed, at=clock.now())
    _sweep(house)
    assert world.sms.got == []
    assert _state(house, notice) == ("told", "email")


def test_who_has_no_channel_is_unreached_at_once(house: House, lan: Actor, world: World) -> None:
    _choose(house, lan)
    notice = _tell(house, lan)
    _sweep(house)
    assert _state(house, notice)[0] == "unreached"


def test_quiet_hours_keep_it_until_they_end(
    house: House, lan: Actor, world: World, held: clock.HeldClock
) -> None:
    _choose(house, lan, "sms", quiet=(time(8), time(10)))
    notice = _tell(house, lan)
    _sweep(house)
    assert _state(house, notice) == ("waiting", None)
    held.move(timedelta(minutes=59))
    _sweep(house)
    assert world.sms.got == []
    held.move(timedelta(minutes=1))
    _sweep(house)
    assert _state(house, notice) == ("told", "sms")


def test_what_is_done_before_it_is_due_tells_nobody(
    house: House, lan: Actor, world: World, held: clock.HeldClock
) -> None:
    notice = _tell(house, lan, not_before=MORNING + timedelta(hours=1))
    with house(), writing():
        Notice.drop(lan.id, at=clock.now())
    held.move(timedelta(hours=2))
    _sweep(house)
    assert (world.sms.got, world.email.got) == ([], [])
    assert _state(house, notice)[0] == "dropped"
    with house():
        assert db.session.scalars(select(Delivery.state)).all() == ["cancelled"]


def test_what_is_done_while_it_is_on_its_way_stops(
    house: House, lan: Actor, world: World, held: clock.HeldClock
) -> None:
    world.sms.says = TransientFailure("503")
    notice = _tell(house, lan)
    _sweep(house)
    world.sms.says = None
    with house(), writing():
        Notice.drop(lan.id, at=clock.now())
    held.move(timedelta(seconds=20))
    _sweep(house)
    assert (world.sms.got, world.email.got) == ([], [])
    assert _state(house, notice)[0] == "dropped"


def test_what_no_longer_holds_is_not_told_not_even_by_the_next_channel(
    house: House, lan: Actor, world: World, held: clock.HeldClock
) -> None:
    world.wanted = False
    assert _state(house, _tell(house, lan))[0] == "waiting"
    _sweep(house)
    world.wanted = True
    other = _tell(house, lan, "another")
    world.sms.says = TransientFailure("503")
    _sweep(house)
    world.wanted = False
    held.move(timedelta(minutes=4))
    _sweep(house)
    _sweep(house)
    assert (world.sms.got, world.email.got) == ([], [])
    assert _state(house, other)[0] == "dropped"


def test_who_was_deactivated_meanwhile_hears_nothing(house: House, lan: Actor, world: World) -> None:
    notice = _tell(house, lan)
    with house(), writing():
        db.session.get_one(User, lan.id).deactivated_at = clock.now()
    _sweep(house)
    assert (world.sms.got, _state(house, notice)[0]) == ([], "dropped")


def test_a_kind_that_nobody_knows_any_more_is_dropped(house: House, lan: Actor, world: World) -> None:
    with house(), writing():
        notice = Notice.file(lan.id, "old.kind", dedupe="old", payload={}, at=clock.now())
    _sweep(house)
    assert notice is not None
    assert _state(house, notice)[0] == "dropped"


def test_a_crash_while_it_sets_out_leaves_it_to_the_next_worker(
    house: House, lan: Actor, world: World, held: clock.HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = _tell(house, lan)
    with monkeypatch.context() as broken:
        broken.setattr("crmweb.notifications.setting_out.write_down", _crash)
        with pytest.raises(SystemError):
            _sweep(house)
    with house():
        assert db.session.scalars(select(Delivery.kind)).all() == ["notice"]
    held.move(timedelta(seconds=60))
    _sweep(house)
    assert len(world.sms.got) == 1
    assert _state(house, notice) == ("told", "sms")


def test_when_the_house_stood_still_for_an_hour_the_first_channel_is_tried_all_the_same(
    house: House, lan: Actor, world: World, held: clock.HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = _tell(house, lan)
    with monkeypatch.context() as broken:
        broken.setattr(jobs, "send_all", lambda _claims: None)
        _sweep(house)
    held.move(timedelta(hours=1))
    _sweep(house)
    assert len(world.sms.got) == 1
    assert _state(house, notice) == ("told", "sms")


def _crash(*_arguments: object, **_more: object) -> None:
    raise SystemError("the power went")


def test_two_devices_that_refuse_at_once_do_not_take_each_other_for_under_way(
    app: Flask, house: House, lan: Actor, world: World
) -> None:
    """The first says so and has not committed yet when the second does."""
    notice = _tell(house, lan)
    world.sms.says = NotYet(clock.now() + timedelta(minutes=3))  # on their way still
    _sweep(house)
    with house(), writing():
        first = db.session.scalars(select(Delivery).where(Delivery.kind == "sms")).one()
        Delivery.file_many(
            [{"dedupe": "the other", "kind": "sms", "recipient": "0", "lane": "sms", "payload": first.payload,
              "notice_id": notice, "stale_at": None}],
            at=clock.now(),
        )  # fmt: skip
        db.session.execute(update(Delivery).values(next_at=clock.now()))
    with house(), writing():
        waiting = db.session.scalars(select(Delivery.id).where(Delivery.kind == "sms")).all()
        claims = Claim.take(waiting, at=clock.now())
    begun, may_commit = threading.Event(), threading.Event()

    def first_says_so() -> None:
        with system_access_to(app, "one device"), writing():
            write_down([Outcome(claims[0], "failed", "gone")], at=clock.now())
            begun.set()
            may_commit.wait(10)

    def second_says_so() -> None:
        with system_access_to(app, "the other"), writing():
            write_down([Outcome(claims[1], "failed", "gone")], at=clock.now())

    hands = [threading.Thread(target=first_says_so), threading.Thread(target=second_says_so)]
    hands[0].start()
    assert begun.wait(5)
    hands[1].start()
    hands[1].join(0.3)  # it ends before the first, or waits for it
    may_commit.set()
    for hand in hands:
        hand.join(10)
    _sweep(house)
    assert [mail.recipient for mail in world.email.got] == ["lan@example.com"]
    assert _state(house, notice) == ("told", "email")


def test_lan_reads_what_she_was_told_and_nobody_elses(
    house: House, lan: Actor, hung: Actor, world: World, phone_of: PhoneOf
) -> None:
    assert "Chưa có gì" in phone_of(lan).get("/notifications", headers=ENGLISH).text
    notice = _tell(house, lan)
    _sweep(house)
    assert "Đã gửi qua SMS" in phone_of(lan).get("/notifications", headers=ENGLISH).text
    assert str(notice) not in phone_of(hung).get("/notifications").text
    assert phone_of(hung).post(f"/notifications/{notice}/seen").status_code == 404


def test_all_of_them_can_be_seen_at_once(house: House, lan: Actor, world: World, phone_of: PhoneOf) -> None:
    _choose(house, lan)
    for dedupe in ("one", "two"):
        _tell(house, lan, dedupe)
    _sweep(house)
    assert "Đã xem hết" in phone_of(lan).get("/notifications", headers=ENGLISH).text
    assert phone_of(lan).post("/notifications/seen").status_code == 303
    assert "Đã xem hết" not in phone_of(lan).get("/notifications", headers=ENGLISH).text
    assert phone_of(lan).get("/").text.count("notice-") == 0


@given(
    begins=st.times(), ends=st.times(), after=st.integers(0, 2 * 365 * 24 * 60),
    zone=st.sampled_from(["Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York"]),
)  # fmt: skip
def test_quiet_hours_end_at_their_end_and_within_a_day(
    begins: time, ends: time, after: int, zone: str
) -> None:
    moment = MORNING + timedelta(minutes=after)
    until = Choices(quiet_from=begins, quiet_until=ends).ends_quiet(moment, zone)
    here = moment.astimezone(ZoneInfo(zone)).time()
    if until is None:
        quiet = begins <= here < ends if begins < ends else here >= begins or here < ends
        assert begins == ends or not quiet or _clocks_change(moment, zone)
    else:
        assert timedelta(0) < until - moment <= timedelta(hours=25)
        assert until.timetz().replace(tzinfo=None) == ends


def _clocks_change(moment: datetime, zone: str) -> bool:
    """Around this moment one hour comes twice or not at all."""
    day = timedelta(days=1)
    before, after = (each.astimezone(ZoneInfo(zone)).utcoffset() for each in (moment - day, moment + day))
    return before != after


def test_quiet_hours_over_the_night_when_the_clock_goes_back() -> None:
    choices = Choices(quiet_from=time(22), quiet_until=time(6))
    late = datetime(2026, 10, 24, 21, 30, tzinfo=UTC)  # 23:30 in Berlin, which has 25 hours that night's day
    until = choices.ends_quiet(late, "Europe/Berlin")
    assert until is not None
    assert until.astimezone(UTC) == datetime(2026, 10, 25, 5, 0, tzinfo=UTC)
    assert until.date() == date(2026, 10, 25)
