"""Whom reps meet: owners, buyers and accountants, and how to call them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from crmweb.demo.chance import dice_for
from crmweb.demo.numbers import MOBILE_PREFIXES
from crmweb.demo.people import demo_id
from crmweb.demo.places import HANOI
from crmweb.demo.shops import DemoShop

# fmt: off
_NORTH = (
    "Chị Hạnh", "Anh Tùng", "Chị Thu", "Anh Dũng", "Chị Hà", "Anh Nam", "Chị Vân", "Anh Hải", "Chị Ngọc",
    "Anh Kiên", "Chị Hoa", "Anh Sơn", "Chị Trang", "Anh Thắng", "Chị Liên", "Anh Việt", "Chị Phương",
    "Anh Long", "Chị Mơ", "Anh Quyết", "Chị Nhung", "Bác Đạt", "Cô Xuân", "Bác Thịnh", "Cô Luyến",
)
_SOUTH = (
    "Chị Diễm", "Anh Phước", "Chị Thủy", "Anh Lộc", "Chị Kiều", "Anh Tài", "Chị Nga", "Anh Hiếu", "Chị Loan",
    "Anh Khôi", "Chị Tuyền", "Anh Nghĩa", "Chị Hường", "Anh Tâm", "Chị Thắm", "Anh Triều", "Chị Mỹ",
    "Anh Danh", "Chị Vy", "Anh Toàn", "Cô Lệ", "Chú Hậu", "Cô Sương", "Chú Bình", "Dì Ánh",
)
_OFFICE = (
    ("Chị Đặng Thanh Huyền", "decides"), ("Anh Lưu Đức Trọng", "decides"), ("Chị Tạ Bích Ngân", "pays"),
    ("Anh Mạc Thế Vinh", "uses"), ("Chị Kiều Minh Thư", "decides"), ("Anh Tống Quang Huy", "pays"),
    ("Chị Chu Hải Yến", "pays"), ("Anh Hà Trung Dũng", "decides"), ("Chị Quách Thùy Linh", "uses"),
)
_FURTHER = (
    ("Anh Đinh Công Tráng", "influences"), ("Chị Vương Mai Chi", "blocks"), ("Chị Ngô Thu Phương", "influences"),
    ("Anh Lục Văn Khải", "blocks"),
)
# fmt: on
_TITLES = ("Cô ", "Bà ", "Bác ", "Chị ", "Anh ", "Chú ", "Dì ")
_HABITS = (
    "Thích nhắn Zalo hơn gọi",
    "Không nghe máy giờ nghỉ trưa",
    "Xưng cháu, gọi bác",
    "Ngủ trưa đến 14 giờ",
    "Uống trà sen, không uống cà phê",
    "Ăn chay ngày rằm",
    "Hay đi lễ đầu tháng",
)


@dataclass(frozen=True)
class DemoContact:
    """Somebody to talk to, at one shop or at two: `places` are (shop key, role)."""

    key: str
    name: str
    phone: str | None
    email: str | None
    birthday: dt.date | None
    birthday_lunar: bool
    preferences: str | None
    places: tuple[tuple[str, str], ...]

    @property
    def id(self) -> uuid.UUID:
        return demo_id("contact", self.key)

    @property
    def called(self) -> str:
        """How a note speaks of them: "chị Hạnh"; of a full name, title and given name."""
        words = self.name.split()
        return f"{words[0].lower()} {words[-1]}" if len(words) > 3 else self.name[0].lower() + self.name[1:]


def demo_contacts(seed: str, shops: Sequence[DemoShop]) -> tuple[DemoContact, ...]:
    """An owner for three shops in four, three or four people for a head office, a dozen at two shops."""
    return tuple(_Acquaintances(dice_for(seed, "contacts"), shops).everybody())


class _Acquaintances:
    def __init__(self, dice: Random, shops: Sequence[DemoShop]) -> None:
        self._dice = dice
        self._shops = shops
        self._second_shops = self._siblings()

    def everybody(self) -> Iterator[DemoContact]:
        known = set(self._second_shops.values())
        for shop in self._shops:
            if shop.kind == "company":
                yield from self._office(shop)
            elif shop.key not in known and shop.kind == "shop":
                yield from self._counter(shop)

    def _siblings(self) -> dict[str, str]:
        """Pairs of plain shops in one ward that one family runs; neither is named after its keeper."""
        free: dict[str, list[str]] = {}
        for shop in self._shops:
            if shop.kind == "shop" and shop.parent is None and keeper(shop) is None:
                free.setdefault(shop.ward.name, []).append(shop.key)
        pairs = [(keys[0], keys[1]) for keys in free.values() if len(keys) > 1]
        return dict(self._dice.sample(pairs, 12))

    def _office(self, shop: DemoShop) -> Iterator[DemoContact]:
        domain = (shop.email or "").partition("@")[2]
        for position, (name, role) in enumerate(self._dice.sample(_OFFICE, 2)):
            mailbox = ("quanly", "ketoan")[position]
            yield self._contact(
                f"{shop.key}-office-{position}", name, ((shop.key, role),), f"{mailbox}@{domain}"
            )
        yield from self._further(shop)

    def _further(self, shop: DemoShop) -> Iterator[DemoContact]:
        """Who has a say though they do not buy, and at every second company who is against us."""
        number = int(shop.key.rpartition("-")[2])
        for name, role in _FURTHER[number % 2 * 2 :][: 1 + number % 2]:
            places = ((shop.key, role),)
            yield DemoContact(f"{shop.key}-{role}", name, None, None, None, False, None, places)

    def _counter(self, shop: DemoShop) -> Iterator[DemoContact]:
        places: tuple[tuple[str, str], ...] = ((shop.key, "owner" if shop.parent is None else "decides"),)
        if shop.key in self._second_shops:
            places += ((self._second_shops[shop.key], "owner"),)
        elif keeper(shop) is None and self._dice.random() < 0.22:
            return
        yield self._contact(shop.key, keeper(shop) or self._anybody(shop), places, None)
        if shop.trade in ("dealer", "hotel", "minimart") and self._dice.random() < 0.5:
            yield self._contact(f"{shop.key}-pays", self._anybody(shop), ((shop.key, "pays"),), None)

    def _anybody(self, shop: DemoShop) -> str:
        return self._dice.choice(_NORTH if shop.ward.city == HANOI else _SOUTH)

    def _contact(
        self, key: str, name: str, places: tuple[tuple[str, str], ...], email: str | None
    ) -> DemoContact:
        dice = self._dice
        birthday = self._birthday() if dice.random() < 0.3 else None
        return DemoContact(
            key=key,
            name=name,
            phone=f"{dice.choice(MOBILE_PREFIXES)} 000 {dice.randrange(1000):03d}"
            if dice.random() < 0.6
            else None,
            email=email,
            birthday=birthday,
            birthday_lunar=birthday is not None and dice.random() < 0.3,
            preferences=dice.choice(_HABITS) if dice.random() < 0.2 else None,
            places=places,
        )

    def _birthday(self) -> dt.date:
        return dt.date(self._dice.randint(1958, 1998), self._dice.randint(1, 12), self._dice.randint(1, 28))


def keeper(shop: DemoShop) -> str | None:
    """The keeper whom the sign names: "Tạp hóa Cô Hạnh" is Cô Hạnh's."""
    name = shop.name.removeprefix("Tạp hóa ").removeprefix("Quầy bánh kẹo ").rstrip(" 0123456789")
    return name if name.startswith(_TITLES) else None
