"""The clock is read in one place and can be held still."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta, timezone

from crmweb import clock

LATE_IN_LONDON = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)


def test_lans_today_begins_while_london_still_has_yesterday() -> None:
    with clock.frozen(LATE_IN_LONDON):
        assert clock.today("Asia/Ho_Chi_Minh") == date(2026, 3, 2)
        assert clock.today("Europe/London") == date(2026, 3, 1)


def test_a_held_clock_stands_still_for_every_thread_and_goes_on_when_moved() -> None:
    seen: list[datetime] = []
    with clock.frozen(LATE_IN_LONDON.astimezone(timezone(timedelta(hours=7)))) as held:
        held.move(timedelta(minutes=5))
        other = threading.Thread(target=lambda: seen.append(clock.now()))
        other.start()
        other.join()
    assert seen == [LATE_IN_LONDON + timedelta(minutes=5)]


def test_after_the_test_the_clock_goes_again() -> None:
    with clock.frozen(LATE_IN_LONDON):
        pass
    assert abs(datetime.now(UTC) - clock.now()) < timedelta(seconds=5)
