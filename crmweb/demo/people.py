"""The people of Trà Sơn Khê, the made-up tea distributor that the demo company is.

One-line portraits, so that every screen has somebody to show: two teams, four reps each, an account
manager who stands beside the Hà Nội reps, and one administrator.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from hashlib import blake2b

SEED = "sơn khê"
"""Everything made up is drawn from this, so that it is the same on every machine."""

COMPANY = "Công ty TNHH Trà và Đồ uống Sơn Khê"

ZONE = "Asia/Ho_Chi_Minh"

_EPOCH_MS = 1_735_689_600_000
"""2025-01-01 UTC: demo ids carry a fixed date, so that they are the same on every machine."""


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who works at the demo company. `key` is what shops and events call them."""

    key: str
    name: str
    role: str
    manager: str | None
    phone: str

    @property
    def email(self) -> str:
        return f"{self.key}@example.com"

    @property
    def id(self) -> uuid.UUID:
        return demo_id("person", self.key)


PEOPLE = (
    DemoPerson("tuan", "Đỗ Minh Tuấn", "admin", None, "0904 000 901"),
    DemoPerson("mai", "Trần Phương Mai", "manager", None, "0912 000 902"),
    DemoPerson("phuc", "Nguyễn Hoàng Phúc", "manager", None, "0908 000 903"),
    DemoPerson("hung", "Phạm Quốc Hùng", "account_manager", "mai", "0983 000 904"),
    DemoPerson("lan", "Nguyễn Ngọc Lan", "rep", "mai", "0978 000 905"),
    DemoPerson("duc", "Lê Anh Đức", "rep", "mai", "0936 000 906"),
    DemoPerson("thao", "Bùi Thu Thảo", "rep", "mai", "0369 000 907"),
    DemoPerson("quan", "Vũ Hồng Quân", "rep", "mai", "0867 000 908"),
    DemoPerson("tram", "Huỳnh Bích Trâm", "rep", "phuc", "0778 000 909"),
    DemoPerson("khoa", "Võ Đăng Khoa", "rep", "phuc", "0932 000 910"),
    DemoPerson("bao", "Trương Gia Bảo", "rep", "phuc", "0918 000 911"),
    DemoPerson("duyen", "Lý Mỹ Duyên", "rep", "phuc", "0345 000 912"),
)

REPS = tuple(person.key for person in PEOPLE if person.role == "rep")


def demo_id(kind: str, key: str) -> uuid.UUID:
    """The id of a demo row: shaped like UUIDv7 (RFC 9562), yet always the same for the same name."""
    digest = int.from_bytes(blake2b(f"crmweb demo:{kind}:{key}".encode(), digest_size=16).digest())
    stamp = _EPOCH_MS + digest % 86_400_000
    noise = digest >> 32
    value = stamp << 80 | 0x7 << 76 | (noise & 0xFFF) << 64 | 0b10 << 62 | (noise >> 12) & (1 << 62) - 1
    return uuid.UUID(int=value)
