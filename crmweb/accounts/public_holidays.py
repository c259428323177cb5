"""The public holidays of Vietnam.

Source: Labour Code 45/2019/QH14, article 112. Five days of Tết are its eve and the first four of the year, and the
second day of National Day the one before it, as the government has decided in most years; it may decide otherwise.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

LUNAR = {
    2026: ("02-17", "04-26"), 2027: ("02-06", "04-16"), 2028: ("01-26", "04-04"), 2029: ("02-13", "04-23"),
    2030: ("02-02", "04-12"), 2031: ("01-23", "04-01"), 2032: ("02-11", "04-19"), 2033: ("01-31", "04-09"),
    2034: ("02-19", "04-28"), 2035: ("02-08", "04-17"), 2036: ("01-28", "04-06"), 2037: ("02-15", "04-24"),
    2038: ("02-04", "04-13"), 2039: ("01-24", "04-03"), 2040: ("02-12", "04-20"), 2041: ("02-01", "04-10"),
    2042: ("01-22", "04-29"), 2043: ("02-10", "04-19"), 2044: ("01-30", "04-07"), 2045: ("02-17", "04-26"),
}  # fmt: skip
"""Year → the first day of Tết, and the tenth of the third month, Hùng Kings' Day, by the Vietnamese calendar.

Vietnam counts new moons in UTC+7, China in UTC+8: in 2030 Tết comes a day earlier than the Chinese new year, so tables
and packages for China do not fit. Worked out by Hồ Ngọc Đức's algorithm (Computing the Vietnamese lunar calendar,
2004), after J. Meeus, Astronomical Algorithms.
"""

NEW_YEAR, TET, HUNG_KINGS, REUNIFICATION, LABOUR, NATIONAL = (
    "new_year", "tet", "hung_kings", "reunification", "labour", "national",
)  # fmt: skip


class Holiday(NamedTuple):
    """One day off, and which one it is."""

    day: date
    kind: str


def holidays_of(year: int) -> list[Holiday]:
    """In the order of the year. Raises KeyError for a year beyond the table."""
    tet, hung_kings = (date.fromisoformat(f"{year}-{day}") for day in LUNAR[year])
    days = [
        Holiday(date(year, 1, 1), NEW_YEAR),
        *(Holiday(tet + timedelta(days=ahead), TET) for ahead in range(-1, 4)),
        Holiday(hung_kings, HUNG_KINGS),
        Holiday(date(year, 4, 30), REUNIFICATION),
        Holiday(date(year, 5, 1), LABOUR),
        Holiday(date(year, 9, 1), NATIONAL),
        Holiday(date(year, 9, 2), NATIONAL),
    ]
    return sorted({holiday.day: holiday for holiday in days}.values())
