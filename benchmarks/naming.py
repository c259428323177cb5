"""What the customers of a made-up company are called: as varied, and as often alike, as signs in a country are."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple, TypeVar

from crmweb.demo.names import TRADES
from crmweb.demo.streets_hanoi import HANOI_WARDS
from crmweb.demo.streets_saigon import SAIGON_WARDS

_FAMILIES, _MIDDLES, _GIVEN = (
    names.split()
    for names in (
        "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Đoàn Trịnh Tạ",
        "Văn Thị Hữu Đức Ngọc Minh Thanh Quốc Thu Kim Xuân Hồng Bích Gia Anh",
        (
            "An Ánh Bảo Bình Châu Chi Cường Dũng Dung Duyên Đạt Đông Giang Hà Hải Hạnh Hân Hiếu Hiền Hoa Hòa Hùng "
            "Huệ Hương Khánh Khoa Lan Lâm Liên Linh Loan Long Lộc Mai Minh Mỹ Nam Nga Ngân Nghĩa Nguyệt Nhàn Nhung "
            "Oanh Phong Phú Phúc Phương Quân Quang Quyên Quỳnh Sơn Tâm Tân Thảo Thắng Thành Thịnh Thoa Thơm Thủy "
            "Thúy Tiến Toàn Trang Trâm Trinh Trung Tuấn Tùng Tuyết Tư Uyên Vân Vinh Vy Xuân Yến"
        ),
    )
)

T = TypeVar("T")


class Sign(NamedTuple):
    """A customer's name and address."""

    name: str
    address: str


class SignPainter:
    """Names by the trades and streets of the demo company; every third shop bears its owner's."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.trades = [trade for trade in TRADES for _ in range(trade.share)]
        self.places = [
            (street.name, ward.title) for ward in HANOI_WARDS + SAIGON_WARDS for street in ward.streets
        ]

    def paint(self) -> Sign:
        trade, number = self._one(self.trades), self._one(range(1, 400))
        street, ward = self._one(self.places)
        owner = f"{self._one(_FAMILIES)} {self._one(_MIDDLES)} {self._one(_GIVEN)}"
        called = self._one(self._one((trade.north, trade.south)))
        names = (called, owner, f"{called} {number}")
        return Sign(f"{trade.sign or 'Quán'} {self._one(names)}", f"{number} {street}, {ward}")

    def _one(self, among: Sequence[T]) -> T:
        """As `choice`, in a third of the time."""
        return among[int(self.random.random() * len(among))]
