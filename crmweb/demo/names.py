"""What shops are called, by trade and by region.

Northern shops go by *cô, bác, bà* and a given name; southern ones by *dì, chú, út* and birth order.
A name is used once in a district; when a pool runs dry the house number joins in, as on real signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

# fmt: off
_NORTH_KEEPERS = (
    "Cô Hạnh", "Bà Tư", "Bác Thủy", "Cô Nga", "Bà Loan", "Bác Minh", "Cô Yến", "Chị Thơm", "Bà Tâm",
    "Cô Hòa", "Bác Lâm", "Cô Ngát", "Bà Lý", "Anh Cường", "Cô Dung", "Bà Sửu", "Bác Tỵ", "Cô Thoa",
    "Bà Nhàn", "Chú Vinh", "Cô Phượng", "Bà Gái", "Bác Khánh", "Cô Mùi", "Chị Huệ", "Bà Chín",
    "Cô Liễu", "Bác Toàn", "Cô Bích", "Bà Cúc", "Chị Quyên", "Cô Oanh", "Bác Sự", "Bà Hồi",
)
_SOUTH_KEEPERS = (
    "Dì Sáu", "Chú Năm", "Út Lan", "Bảy Lúa", "Cô Ba", "Tám Lợi", "Dì Tư", "Anh Hai Phước", "Út Hiền",
    "Chín Nhỏ", "Cô Mười", "Ba Thơ", "Sáu Cường", "Dì Bảy", "Năm Hảo", "Chị Tư Diệu", "Út Mập",
    "Hai Lành", "Tư Râu", "Bà Chín", "Cô Út Thảo", "Sáu Nho", "Tám Hường", "Ba Đua", "Dì Năm Sa Đéc",
    "Chú Tám", "Bảy Hữu", "Mười Thương", "Cô Hai Mỹ", "Út Ngà", "Năm Dư", "Ba Sang", "Tư Nết",
)
_LUCK = (
    "Thành Đạt", "Phúc Lộc", "An Khang", "Hưng Thịnh", "Minh Châu", "Tiến Phát", "Kim Anh", "Hồng Phúc",
    "Đức Thịnh", "Thanh Bình", "Gia Hưng", "Ngọc Linh", "Vạn Lợi", "Phát Tài", "Quang Vinh", "Bảo An",
    "Minh Tâm", "Hoàng Long", "Hải Yến", "Tuấn Tú", "Thu Hương", "Nhật Minh", "Phước Lộc", "Tân Tiến",
    "Đại Lợi", "Trường Thịnh", "Ngân Hà", "Khánh Linh", "Việt Hà", "Thảo Nguyên", "Quỳnh Anh",
    "Mạnh Hùng", "Hòa Bình", "Phương Nam", "Bình Minh", "Thịnh Vượng", "Thiên Ân", "Lộc Phát",
    "Tường Vi", "Hồng Hà", "Anh Thư", "Bách Hợp", "Tâm Đức", "Mỹ Hạnh",
)
_CAFES = (
    "Mộc", "Góc Phố", "Lặng", "Hiên Nhà", "Gác Xép", "Bậc Thềm", "Nắng Sớm", "Phin Nhà", "Chiều Muộn",
    "Ngõ Nhỏ", "Hoa Sữa", "Cửa Sổ Xanh", "Giàn Bông Giấy", "Vườn Trong Phố", "Đèn Vàng", "Mái Ngói",
    "Sân Sau", "Lá Me", "Bên Hiên", "Cũ Kỹ", "Radio", "Tầng Hai", "Ban Công", "Sáng Mai", "Thềm Xưa",
    "Mây Trắng", "Ghế Gỗ", "Tàu Điện", "Mưa Rào", "Nhà Gỗ", "Bông Gòn", "Hạt Nâu", "Gió Lùa", "Cây Bàng",
    "Chim Sẻ", "Lối Cũ", "Bếp Trưa", "Đá Xay 24", "Đầu Ngõ", "Dã Quỳ",
)
_TEA_BARS = (
    "Trà chanh Bờ Đê", "Trà sữa Mèo Mun", "Trà đá Vỉa Hè 1986", "Trà chanh Ông Cụ", "Trà sữa Tiệm Nhà Bơ",
    "Trà quán Hương Nhài", "Trà chanh Gốc Sấu", "Trà sữa Hẻm Nhỏ", "Tiệm trà Lá Non", "Trà chanh Sân Ga",
    "Trà sữa Bọt Biển", "Trà đạo Tịnh Tâm", "Tiệm trà Sương Sớm", "Trà mãng cầu Cô Bông",
)
_NORTH_DISHES = (
    "Bún chả Cô Tuyết", "Phở bò Gia Hưng", "Bún riêu Bà Thìn", "Phở gà Ngọc Diệp", "Cơm bình dân Hải Anh",
    "Bún đậu Mẹt Tre", "Bánh cuốn Bà Xuân", "Lẩu ếch Tràng An", "Miến lươn Chị Hà", "Cháo sườn Bờ Hồ",
    "Cơm rang Đầu Bếp Tùng", "Bún cá Hải Phòng", "Nem nướng Cô Thu", "Xôi gà Bà Mến", "Bún ngan Nhàn Tâm",
    "Lẩu riêu Đồng Quê", "Ốc luộc Bà Lương", "Cơm niêu Đất Việt", "Bánh mì chảo Cột Điện", "Bún bò Cố Đô",
)
_SOUTH_DISHES = (
    "Cơm tấm Út Mười", "Hủ tiếu Mỹ Tho Thanh Xuân", "Bún mắm Dì Chín", "Bánh xèo Bà Tám",
    "Lẩu mắm U Minh",
    "Cơm gà Bảy Phụng", "Bò kho Cô Sáu", "Ốc đêm Tư Lùn", "Bún thịt nướng Chị Ba", "Phá lấu Chú Tư",
    "Hủ tiếu gõ Anh Tài", "Lẩu dê Năm Nhỏ", "Bánh canh ghẹ Út Lệ", "Cơm chiên Chú Hải", "Bún bò Mệ Tôn",
    "Mì vịt tiềm Tân Ký", "Bột chiên Hoa Ký", "Gỏi cuốn Dì Hai", "Cá lóc nướng Ba Xê", "Cháo lòng Cô Út",
)
_STAYS = (
    "Hương Giang", "Sao Mai", "Ngọc Lan", "Hoàng Yến", "Thanh Vân", "Hải Âu", "An Nhiên", "Phố Cổ Xưa",
    "Bạch Dương", "Thủy Tiên", "Cẩm Tú", "Ánh Trăng", "Long Vân", "Mai Vàng", "Lan Hương", "Á Đông",
)
_STAGES = (
    "Nốt Nhạc", "Giọng Vàng", "Sóng Nhạc", "Phượng Hoàng", "Hải Triều", "Non Nước", "Ngân Nga",
    "Trăng Khuyết",
)
_CANTEENS = (
    "Trường Tiểu học Hoa Sen", "Trường THCS Nguyễn Trung Trực", "Trường THPT Lê Văn Thịnh",
    "Chung cư Sao Mai",
    "Tòa nhà Đại Phát", "Trường Trung cấp Bách Nghệ", "Bến xe buýt số 9", "Bệnh viện Đa khoa Tâm An",
    "Nhà thi đấu Thanh Niên", "Trường Cao đẳng Du lịch Xanh", "Xưởng may Phương Đông", "Trường THCS Tân Lập",
)
_BOOKS = ("Hải Âu", "Trí Tuệ", "Tuổi Hồng", "Sông Quê", "Cánh Diều", "Ban Mai", "Tri Thức Trẻ", "Mực Tím")
# fmt: on


@dataclass(frozen=True)
class Trade:
    """A kind of shop: what its sign says, which notes suit it, and how common it is in a hundred."""

    key: str
    sign: str
    share: int
    north: tuple[str, ...]
    south: tuple[str, ...]


def _same(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return names, names


TRADES = (
    Trade("grocery", "Tạp hóa", 33, _NORTH_KEEPERS + _LUCK, _SOUTH_KEEPERS + _LUCK),
    Trade("cafe", "Cà phê", 18, *_same(_CAFES)),
    Trade("food", "", 13, _NORTH_DISHES, _SOUTH_DISHES),
    Trade("minimart", "Siêu thị mini", 7, *_same(_LUCK)),
    Trade("dealer", "Đại lý nước giải khát", 6, *_same(_LUCK)),
    Trade("pharmacy", "Nhà thuốc", 6, *_same(_LUCK)),
    Trade("tea", "", 5, *_same(_TEA_BARS)),
    Trade("hotel", "Khách sạn", 4, *_same(_STAYS)),
    Trade("canteen", "Căng tin", 3, *_same(_CANTEENS)),
    Trade("books", "Nhà sách", 2, *_same(_BOOKS)),
    Trade("karaoke", "Karaoke", 2, *_same(_STAGES)),
    Trade("stall", "Quầy bánh kẹo", 1, *_same(_NORTH_KEEPERS)),
)


class SignPainter:
    """Names shops so that no two in one district are called the same."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._taken: set[tuple[str, str]] = set()

    def name(self, trade: Trade, district: str, southern: bool, number: int) -> str:
        """A free name; tries a dozen, then adds the house number, as on real signs."""
        pool = trade.south if southern else trade.north
        for _ in range(12):
            name = f"{trade.sign} {self._dice.choice(pool)}".strip()
            if self.claim(name, district):
                return name
        return self._numbered(name, district, number)

    def _numbered(self, name: str, district: str, number: int) -> str:
        while not self.claim(f"{name} {number}", district):
            number += 1
        return f"{name} {number}"

    def claim(self, name: str, district: str) -> bool:
        """Take a name in a district; False if it is somebody's already."""
        if (district, name) in self._taken:
            return False
        self._taken.add((district, name))
        return True
