"""Companies with a head office and branches, and the few private sellers."""

from __future__ import annotations

from dataclasses import dataclass

from crmweb.demo.places import HANOI, SAIGON


@dataclass(frozen=True)
class Chain:
    """A company: its head office's ward and street, its sign, and the streets of its branches."""

    name: str
    city: str
    sign: str
    trade: str
    domain: str
    office: tuple[str, str]
    branches: tuple[tuple[str, str], ...]


CHAINS = (
    Chain(
        "Công ty CP Bán lẻ Nhà Việt", HANOI, "Nhà Việt Mart", "minimart", "nhavietmart.example.com",
        ("Cửa Nam", "Lý Thường Kiệt"),
        (("Hoàn Kiếm", "Hàng Bông"), ("Ngọc Hà", "Đội Cấn"), ("Kim Liên", "Phạm Ngọc Thạch"),
         ("Cầu Giấy", "Xuân Thủy"), ("Bồ Đề", "Ngọc Lâm")),
    ),
    Chain(
        "Công ty TNHH Cà phê Gác Mái", HANOI, "Cà phê Gác Mái", "cafe", "gacmai.example.com",
        ("Hai Bà Trưng", "Triệu Việt Vương"),
        (("Hoàn Kiếm", "Lương Ngọc Quyến"), ("Tây Hồ", "Xuân Diệu"), ("Đống Đa", "Thái Hà")),
    ),
    Chain(
        "Công ty TNHH Suất ăn Bếp Xanh", HANOI, "Căng tin Bếp Xanh", "canteen", "bepxanh.example.com",
        ("Yên Hòa", "Trung Kính"),
        (("Láng", "Chùa Láng"), ("Nghĩa Đô", "Hoàng Quốc Việt"), ("Bạch Mai", "Lê Thanh Nghị"),
         ("Hà Đông", "Trần Phú")),
    ),
    Chain(
        "Công ty CP Khách sạn Hương Sen", HANOI, "Khách sạn Hương Sen", "hotel", "huongsen.example.com",
        ("Hoàn Kiếm", "Mã Mây"),
        (("Hoàn Kiếm", "Hàng Trống"), ("Ba Đình", "Châu Long"), ("Tây Hồ", "Yên Phụ")),
    ),
    Chain(
        "Công ty TNHH Dược phẩm Tâm Phúc", HANOI, "Nhà thuốc Tâm Phúc", "pharmacy", "tamphuc.example.com",
        ("Phương Liệt", "Trường Chinh"),
        (("Văn Miếu – Quốc Tử Giám", "Khâm Thiên"), ("Tương Mai", "Trương Định"),
         ("Việt Hưng", "Ngô Gia Tự")),
    ),
    Chain(
        "Công ty CP Siêu thị Phương Nam Xanh", SAIGON, "Phương Nam Xanh", "minimart",
        "phuongnamxanh.example.com", ("Tân Định", "Hai Bà Trưng"),
        (("Bàn Cờ", "Cao Thắng"), ("Gò Vấp", "Quang Trung"), ("An Lạc", "Tên Lửa"),
         ("Tân Hưng", "Nguyễn Thị Thập")),
    ),
    Chain(
        "Công ty TNHH Ẩm thực Ba Miền", SAIGON, "Quán Ba Miền", "food", "bamien.example.com",
        ("Phú Nhuận", "Huỳnh Văn Bánh"),
        (("Cầu Kiệu", "Phan Xích Long"), ("Bến Thành", "Lê Thị Riêng"), ("Khánh Hội", "Vĩnh Khánh")),
    ),
    Chain(
        "Công ty TNHH Giải trí Sóng Việt", SAIGON, "Karaoke Sóng Việt", "karaoke", "songviet.example.com",
        ("Diên Hồng", "Sư Vạn Hạnh"),
        (("Chợ Lớn", "Trần Hưng Đạo"), ("Bảy Hiền", "Bàu Cát"), ("Thủ Đức", "Võ Văn Ngân")),
    ),
    Chain(
        "Công ty TNHH Thương mại Bến Nghé Lộc", SAIGON, "Đại lý Bến Nghé Lộc", "dealer",
        "bengheloc.example.com", ("Chánh Hưng", "Phạm Thế Hiển"),
        (("Bình Tây", "Hậu Giang"), ("Tân Thuận", "Huỳnh Tấn Phát"), ("Thạnh Mỹ Tây", "Ung Văn Khiêm")),
    ),
)  # fmt: skip

PRIVATE_SELLERS = (
    ("Nguyễn Thị Thu Hà", "Hoàn Kiếm", "Hàng Bồ"), ("Đặng Văn Sơn", "Ngọc Hà", "Ngọc Hà"),
    ("Trịnh Kim Oanh", "Nghĩa Đô", "Tô Hiệu"), ("Cao Bá Lộc", "Định Công", "Định Công"),
    ("Phan Thị Cẩm Nhung", "Nhiêu Lộc", "Trần Quang Diệu"), ("Lâm Chí Vĩ", "Chợ Lớn", "Hải Thượng Lãn Ông"),
    ("Đinh Thị Ngọc Ánh", "Gia Định", "Lê Quang Định"),
)  # fmt: skip
