"""Who looks after which shop of the demo company: the reps' books, a second line, and cover for the sick."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from crmweb.demo.calendar import workday_near
from crmweb.demo.chance import dice_for
from crmweb.demo.shops import DemoShop

BIG_ACCOUNTS = "Khách hàng lớn"
"""The line under which the account manager stands beside a rep."""

ACCOUNT_MANAGER = "hung"

_SICK = "thao"
_STAND_INS = ("duc", "quan")


@dataclass(frozen=True)
class Standing:
    """One person looks after one shop, from a day on; cover has a last day."""

    shop: DemoShop
    person: str
    line: str
    since: dt.date
    until: dt.date | None = None

    @property
    def is_cover(self) -> bool:
        return self.until is not None


def demo_books(seed: str, shops: Sequence[DemoShop], today: dt.date) -> tuple[Standing, ...]:
    """Every standing of the demo company, as seen on `today` (a date in Vietnam)."""
    dice = dice_for(seed, "books")
    standings: list[Standing] = []
    for shop in shops:
        standings.extend(_looked_after(shop, _opened(shop, today, dice), dice))
    return tuple(standings) + tuple(_cover(standings, today))


def _opened(shop: DemoShop, today: dt.date, dice: Random) -> dt.date:
    """The day the customer came into the book: leads lately, most others long ago."""
    if shop.status == "lead":
        return workday_near(today - dt.timedelta(days=dice.randint(4, 60)), today)
    return workday_near(today - dt.timedelta(days=dice.randint(230, 900)), today)


def _looked_after(shop: DemoShop, opened: dt.date, dice: Random) -> Iterator[Standing]:
    if shop.rep is not None:
        yield Standing(shop, shop.rep, "", opened)
    if shop.big_account:
        yield Standing(shop, ACCOUNT_MANAGER, BIG_ACCOUNTS, opened + dt.timedelta(days=dice.randint(10, 40)))


def _cover(standings: Sequence[Standing], today: dt.date) -> Iterator[Standing]:
    """One rep is ill this week and two colleagues share six of her best shops; last season it was another."""
    ill = [s.shop for s in standings if s.person == _SICK and s.shop.tier == "A" and s.shop.pin][:6]
    for position, shop in enumerate(ill):
        yield Standing(
            shop, _STAND_INS[position % 2], "", today - dt.timedelta(days=2), today + dt.timedelta(days=5)
        )
    past = [s.shop for s in standings if s.person == "duc" and s.shop.tier == "A" and s.shop.pin][:3]
    for shop in past:
        yield Standing(shop, "lan", "", today - dt.timedelta(days=75), today - dt.timedelta(days=68))
