"""What shops are called, by trade and by region.

Northern shops go by *cô, bác, bà* and a given name; southern ones by *dì, chú, út* and birth order.
A name is used once in a district; when a pool runs dry the house number joins in, as on real signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from crmweb.demo.places import SAIGON, Ward

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
    "Chim Sẻ", "Lối Cũ", "Bếp Trưa", "Giếng Trời", "Đầu Ngõ", "Dã Quỳ", "Bằng Lăng", "Tổ Kén",
    "Quạt Trần", "Cầu Thang", "Thứ Bảy", "Hộp Thư", "Ghé Lại", "Rang Xay Ông Tám", "Sương Phố", "Nhà Số Lẻ",
    "Bụi Hồng", "Thư Viện Nhỏ", "Vị Khói", "Cối Đá", "Rèm Trúc", "Giọt Đắng", "Trạm Nghỉ", "Chuồn Chuồn",
    "Đồi Thông", "Áo Mưa", "Xe Đạp Ơi", "Mái Hiên Tây",
)
_TEA_BARS = (
    "Trà chanh Bờ Đê", "Trà sữa Mèo Mun", "Trà đá Vỉa Hè 1986", "Trà chanh Ông Cụ", "Trà sữa Tiệm Nhà Bơ",
    "Trà quán Hương Nhài", "Trà chanh Gốc Sấu", "Trà sữa Hẻm Nhỏ", "Tiệm trà Lá Non", "Trà chanh Sân Ga",
    "Trà sữa Bọt Biển", "Trà đạo Tịnh Tâm", "Tiệm trà Sương Sớm", "Trà mãng cầu Cô Bông",
    "Trà sữa Gấu Lười", "Trà chanh Ngã Ba", "Tiệm trà Cúc Vàng", "Trà trái cây Vườn Nhà", "Trà sữa Thỏ Trắng",
    "Trà tắc Cô Hai", "Tiệm trà Một Chiều", "Trà chanh Bàn Gỗ", "Trà sữa Đường Nâu", "Trà vải Nhà Mận",
)
_NORTH_DISHES = (
    "Bún chả Cô Tuyết", "Phở bò Gia Hưng", "Bún riêu Bà Thìn", "Phở gà Ngọc Diệp", "Cơm bình dân Hải Anh",
    "Bún đậu Mẹt Tre", "Bánh cuốn Bà Xuân", "Lẩu ếch Tràng An", "Miến lươn Chị Hà", "Cháo sườn Bờ Hồ",
    "Cơm rang Đầu Bếp Tùng", "Bún cá Hải Phòng", "Nem nướng Cô Thu", "Xôi gà Bà Mến", "Bún ngan Nhàn Tâm",
    "Lẩu riêu Đồng Quê", "Ốc luộc Bà Lương", "Cơm niêu Đất Việt", "Bánh mì chảo Cột Điện", "Bún bò Cố Đô",
    "Bún ốc Bà Sáu", "Cơm gà Hội Quán", "Phở xào Anh Thịnh", "Lẩu cua Hạ Long", "Bánh tôm Hồ Sen",
    "Cơm tấm Sài Thành", "Bún thang Bà Đức", "Chè và ốc Cô Liên", "Mì gà tần Bác Hợi", "Gà nướng Đất Bắc",
)
_SOUTH_DISHES = (
    "Cơm tấm Út Mười", "Hủ tiếu Mỹ Tho Thanh Xuân", "Bún mắm Dì Chín", "Bánh xèo Bà Tám",
    "Lẩu mắm U Minh",
    "Cơm gà Bảy Phụng", "Bò kho Cô Sáu", "Ốc đêm Tư Lùn", "Bún thịt nướng Chị Ba", "Phá lấu Chú Tư",
    "Hủ tiếu gõ Anh Tài", "Lẩu dê Năm Nhỏ", "Bánh canh ghẹ Út Lệ", "Cơm chiên Chú Hải", "Bún bò Mệ Tôn",
    "Mì vịt tiềm Tân Ký", "Bột chiên Hoa Ký", "Gỏi cuốn Dì Hai", "Cá lóc nướng Ba Xê", "Cháo lòng Cô Út",
    "Bún riêu Dì Lệ", "Lẩu gà lá é Ba Đời", "Bánh mì Chị Bảy", "Cơm phần Má Tư", "Bò né Sáu Thành",
    "Bún đậu Hai Miền", "Súp cua Cô Thắm", "Vịt quay Tư Hên", "Chè Thái Bà Năm", "Mì Quảng Cô Hoa",
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
    "Trường Tiểu học Ánh Dương", "Trường THPT Đông Phương", "Trường Trung cấp Bách Nghệ",
    "Trường THCS Hồng Lam", "Trường Mầm non Mây Hồng", "Trường Cao đẳng Du lịch Xanh",
    "Trường THPT Phan Thanh Giản", "Trường Cao đẳng Nghề Thái Dương", "Trường THCS Tân Lập",
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
    """Names shops so that no two in one district are called the same, and few in one city."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._taken: set[tuple[str, str]] = set()

    def name(self, trade: Trade, ward: Ward, number: int) -> str:
        """A name that is free in the city, else in the district, else with the house number behind it."""
        pool = trade.south if ward.city == SAIGON else trade.north
        names = [f"{trade.sign} {name}".strip() for name in self._dice.sample(pool, len(pool))]
        for area in (ward.city, ward.district):
            for name in names:
                if (area, name) not in self._taken and self.claim(name, ward):
                    return name
        return self._numbered(names[0], ward, number)

    def _numbered(self, name: str, ward: Ward, number: int) -> str:
        while not self.claim(f"{name} {number}", ward):
            number += 1
        return f"{name} {number}"

    def claim(self, name: str, ward: Ward) -> bool:
        """Take a name; False if somebody in the district has it already."""
        if (ward.district, name) in self._taken:
            return False
        self._taken |= {(ward.district, name), (ward.city, name)}
        return True
