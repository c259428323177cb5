"""The demo company's customers: shops, companies with branches, a few private sellers.

Pure: the same seed gives the same customers on every machine.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from random import Random

from crmweb.demo.chance import dice_for
from crmweb.demo.companies import CHAINS, PRIVATE_SELLERS, Chain
from crmweb.demo.names import TRADES, SignPainter
from crmweb.demo.numbers import PhoneBook, flawed_phone, tax_number
from crmweb.demo.people import demo_id
from crmweb.demo.places import HANOI, Point, Street, Ward, door
from crmweb.demo.streets_hanoi import HANOI_WARDS
from crmweb.demo.streets_saigon import SAIGON_WARDS

WARDS = HANOI_WARDS + SAIGON_WARDS

SOURCES = ("mở mới", "khách giới thiệu", "danh sách cũ", "khách gọi đến", "hội chợ", "Zalo", "website")

_TAGS = {
    "grocery": ("tủ lạnh", "mặt tiền", "gần trường", "trong ngõ", "gần chợ", "khách quen"),
    "minimart": ("tủ lạnh", "mặt tiền", "máy lạnh", "xuất hóa đơn"),
    "dealer": ("bán sỉ", "có kho", "mặt tiền", "xuất hóa đơn"),
    "pharmacy": ("mặt tiền", "tủ lạnh", "gần bệnh viện"),
    "cafe": ("máy lạnh", "vỉa hè", "đông buổi tối", "khách du lịch", "gần văn phòng"),
    "tea": ("vỉa hè", "đông buổi tối", "gần trường"),
    "food": ("đông buổi trưa", "vỉa hè", "nhận tiệc", "tủ lạnh"),
    "hotel": ("khách du lịch", "xuất hóa đơn", "giao cửa sau"),
    "karaoke": ("mở khuya", "tủ lạnh", "xuất hóa đơn"),
    "canteen": ("ít đường", "giao sớm", "xuất hóa đơn"),
    "books": ("gần trường", "mặt tiền", "máy lạnh"),
    "stall": ("trong chợ", "khách quen"),
    "office": ("xuất hóa đơn", "ký hợp đồng năm"),
    "person": ("bán online",),
}

_PREFERENCES = (
    "Chỉ nhận hàng buổi sáng",
    "Giao trước 9 giờ, sau đó không có chỗ đỗ xe",
    "Gọi trước 15 phút",
    "Chiều thứ Bảy nghỉ",
    "Không giao ngày rằm và mùng một",
    "Thích nhắn Zalo hơn gọi điện",
    "Trả tiền mặt khi nhận hàng",
    "Chuyển khoản cuối tuần",
    "Gửi xe nhờ nhà bên cạnh",
    "Giao cửa sau, hỏi bảo vệ",
    "Cần hóa đơn đỏ mỗi lần giao",
    "Chỉ lấy thùng nguyên, không lấy lẻ",
    "Ghé sau 14 giờ, buổi trưa rất đông",
    "Nhờ xếp hàng vào kho giúp",
    "Không đổi giá giữa tháng",
    "Hỏi cô con gái nếu chủ đi vắng",
)


@dataclass(frozen=True)
class DemoShop:
    """One customer of the demo company, before anything has happened there."""

    key: str
    code: str | None
    kind: str
    trade: str
    name: str
    ward: Ward
    address: str
    pin: Point | None
    pin_source: str
    phones: tuple[str, ...]
    email: str | None
    website: str | None
    tier: str | None
    status: str
    source: str
    tags: tuple[str, ...]
    preferences: str | None
    archived: bool
    parent: str | None = None
    tax_number: str | None = None

    @property
    def id(self) -> uuid.UUID:
        return demo_id("customer", self.key)

    @property
    def parent_id(self) -> uuid.UUID | None:
        return demo_id("customer", self.parent) if self.parent else None

    @property
    def rep(self) -> str | None:
        """Key of the rep whose ward it is in; leads from the website wait for somebody."""
        return None if self.status == "lead" and self.source == "website" else self.ward.rep

    @property
    def big_account(self) -> bool:
        """Whether the account manager stands beside the rep."""
        return self.kind == "company" or (self.parent is not None and self.ward.city == HANOI)


@dataclass(frozen=True)
class _Site:
    """A door that a customer may open behind."""

    ward: Ward
    street: Street
    number: int
    alley: bool
    pin: Point

    def address(self, dice: Random, *, old_style: bool) -> str:
        """As people write it: by ward since 2025, by the old district in lists from before."""
        area = self.ward.district if old_style else self.ward.title
        return f"{self._house(dice)}, {area}, {self.ward.city}"

    def _house(self, dice: Random) -> str:
        if not self.alley:
            return f"{self.number} {self.street.name}"
        inner = dice.randint(2, 48)
        if self.ward.city == HANOI:
            return f"{inner} ngõ {self.number} {self.street.name}"
        return f"{self.number}/{inner} {self.street.name}"


def demo_shops(seed: str) -> tuple[DemoShop, ...]:
    """About six hundred customers, head offices before their branches."""
    return tuple(_Opening(dice_for(seed, "shops")).everything())


class _Opening:
    """Opens shop after shop, remembering which names, numbers and codes are gone."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._signs = SignPainter(dice)
        self._phones = PhoneBook(dice)
        self._doors: set[tuple[str, str, int]] = set()
        self._codes = {"HN": count(1), "SG": count(1)}
        self._wards = {ward.name: ward for ward in WARDS}

    def everything(self) -> Iterator[DemoShop]:
        for number, chain in enumerate(CHAINS, start=1):
            yield from self._chain(f"chain-{number}", chain, tax_number(chain.city, number * 613))
        for ward in WARDS:
            for position in range(1, ward.shops + 1):
                yield self._shop(f"{ward.name}-{position}", ward)
        for name, ward_name, street in PRIVATE_SELLERS:
            yield self._seller(name, ward_name, street)

    def _chain(self, key: str, chain: Chain, tax: str) -> Iterator[DemoShop]:
        yield replace(
            self._named(key, *chain.office, chain.name, "office"),
            kind="company",
            tier="A",
            tax_number=tax,
            phones=(self._phones.landline(chain.city), self._phones.mobile()),
            email=f"muahang@{chain.domain}",
            website=f"https://www.{chain.domain}",
        )
        for position, (ward, street) in enumerate(chain.branches, start=1):
            yield replace(
                self._named(f"{key}-{position}", ward, street, f"{chain.sign} – {street}", chain.trade),
                tier=self._dice.choices("ABC", (15, 55, 30))[0],
                tax_number=f"{tax}-{position:03d}",
                parent=key,
            )

    def _seller(self, name: str, ward: str, street: str) -> DemoShop:
        return replace(self._named(f"person-{name}", ward, street, name, "person"), kind="person", tier="C")

    def _named(self, key: str, ward_name: str, street_name: str, name: str, trade: str) -> DemoShop:
        """A settled customer whose name and street are written down beforehand."""
        ward = self._wards[ward_name]
        if not self._signs.claim(name, ward):
            raise ValueError(f"two customers called {name} in {ward.district}")
        street = next(street for street in ward.streets if street.name == street_name)
        return self._open(
            key, self._site(ward, street, 0.0), name, trade, "customer", self._dice.choice(SOURCES[:2])
        )

    def _shop(self, key: str, ward: Ward) -> DemoShop:
        """A shop like most: its trade, name, street and luck are drawn."""
        dice = self._dice
        site = self._site(ward, dice.choice(ward.streets), 0.18)
        trade = dice.choices(TRADES, [t.share for t in TRADES])[0]
        name = self._signs.name(trade, ward, site.number)
        status = dice.choices(("customer", "lead", "former"), (83, 11, 6))[0]
        odds = (30, 20, 0, 10, 5, 10, 25) if status == "lead" else (42, 20, 22, 6, 4, 6, 0)
        shop = self._open(key, site, name, trade.key, status, dice.choices(SOURCES, odds)[0])
        return self._with_gaps(shop)

    def _site(self, ward: Ward, street: Street, alley_chance: float) -> _Site:
        """A door that nobody has yet."""
        while True:
            alley = self._dice.random() < alley_chance
            number, pin = door(street, self._dice, alley)
            if (ward.name, street.name, number) not in self._doors:
                self._doors.add((ward.name, street.name, number))
                return _Site(ward, street, number, alley, pin)

    def _open(self, key: str, site: _Site, name: str, trade: str, status: str, source: str) -> DemoShop:
        dice, from_list = self._dice, source == "danh sách cũ"
        return DemoShop(
            key=key,
            code=None if status == "lead" else self._code(site.ward.city),
            kind="shop",
            trade=trade,
            name=name,
            ward=site.ward,
            address=site.address(dice, old_style=from_list),
            pin=site.pin,
            pin_source="import" if from_list else dice.choices(("gps", "map"), (4, 1))[0],
            phones=self._numbers(site.ward.city),
            email=None,
            website=None,
            tier=None if status == "lead" else dice.choices("ABC", (13, 35, 52))[0],
            status=status,
            source=source,
            tags=self._tags(trade, site.ward),
            preferences=dice.choice(_PREFERENCES) if dice.random() < 0.35 else None,
            archived=False,
        )

    def _with_gaps(self, shop: DemoShop) -> DemoShop:
        """What is missing or wrong in a real book: no pin, a bad phone, a shop put away."""
        dice = self._dice
        if dice.random() < 0.03:
            shop = replace(shop, pin=None)
        if dice.random() < 0.02:
            shop = replace(shop, phones=(flawed_phone(dice),))
        if dice.random() < 0.05:
            shop = replace(shop, email=f"{(shop.code or 'moi').lower()}@example.net")
        return replace(shop, archived=shop.status == "former" and dice.random() < 0.15)

    def _code(self, city: str) -> str:
        prefix = "HN" if city == HANOI else "SG"
        return f"{prefix}-{next(self._codes[prefix]):04d}"

    def _numbers(self, city: str) -> tuple[str, ...]:
        """Mostly one mobile; some have a landline too, a few have none."""
        mobile, landline = self._phones.mobile(), self._phones.landline
        kind = self._dice.choices(("mobile", "both", "landline", "none"), (72, 12, 10, 6))[0]
        if kind == "mobile":
            return (mobile,)
        if kind == "both":
            return (mobile, landline(city))
        return (landline(city),) if kind == "landline" else ()

    def _tags(self, trade: str, ward: Ward) -> tuple[str, ...]:
        usual = tuple(tag.replace("ngõ", ward.lane) for tag in _TAGS[trade])
        wanted = self._dice.choices((0, 1, 2), (30, 45, 25))[0]
        return tuple(self._dice.sample(usual, min(wanted, len(usual))))
