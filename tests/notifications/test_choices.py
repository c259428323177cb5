"""Which channel is tried first, and when a person is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from crmweb.notifications.choices import Choices

NIGHT = Choices(quiet_from=time(21, 0), quiet_until=time(7, 0))
SAIGON, BERLIN = "Asia/Ho_Chi_Minh", "Europe/Berlin"


def local(zone: str, *moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("asked", "ends"),
    [
        ((2026, 3, 2, 20, 59), None),
        ((2026, 3, 2, 21, 0), (2026, 3, 3, 7, 0)),
        ((2026, 3, 3, 2, 0), (2026, 3, 3, 7, 0)),
        ((2026, 3, 3, 6, 59), (2026, 3, 3, 7, 0)),
        ((2026, 3, 3, 7, 0), None),
    ],
)
def test_lan_is_left_alone_over_night(asked: tuple[int, ...], ends: tuple[int, ...] | None) -> None:
    found = NIGHT.ends_quiet(local(SAIGON, *asked).astimezone(UTC), SAIGON)
    assert found == (local(SAIGON, *ends) if ends else None)


def test_a_nap_at_noon_ends_the_same_day() -> None:
    nap = Choices(quiet_from=time(12), quiet_until=time(13, 30))
    assert nap.ends_quiet(local(SAIGON, 2026, 3, 2, 12, 30), SAIGON) == local(SAIGON, 2026, 3, 2, 13, 30)
    assert nap.ends_quiet(local(SAIGON, 2026, 3, 2, 0, 30), SAIGON) is None


@pytest.mark.parametrize("spring_or_autumn", [(2026, 3, 28), (2026, 10, 24)])
def test_a_night_when_the_clocks_change_ends_at_seven_all_the_same(
    spring_or_autumn: tuple[int, int, int],
) -> None:
    evening = local(BERLIN, *spring_or_autumn, 22, 0).astimezone(UTC)
    ends = NIGHT.ends_quiet(evening, BERLIN)
    assert ends is not None
    assert ends.astimezone(ZoneInfo(BERLIN)).time() == time(7)
    assert (ends - evening).total_seconds() in (8 * 3600, 10 * 3600)


def test_who_chose_no_hours_is_never_left_alone() -> None:
    none, same = Choices(quiet_from=None, quiet_until=None), Choices(quiet_from=time(9), quiet_until=time(9))
    for choices in (none, same, Choices(quiet_from=time(9), quiet_until=None)):
        assert choices.ends_quiet(local(SAIGON, 2026, 3, 2, 9), SAIGON) is None
