"""Photos as phones send them, and what is none."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

RED_LEFT = (200, 30, 30)


def photo(width: int = 400, height: int = 300, kind: str = "JPEG", **how: object) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), (30, 30, 200))
    image.paste(RED_LEFT, (0, 0, width // 2, height))
    return written(image, kind, **how)


def noise(width: int, height: int, quality: int = 95) -> bytes:
    """As hard to make small as a picture can be."""
    return written(Image.effect_noise((width, height), 90).convert("RGB"), "JPEG", quality=quality)


def held_sideways() -> bytes:
    """The camera says that it lay on its side (orientation 6), where it was and whose it is."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera of Lan"
    exif.get_ifd(0x8825)[1] = "N"
    return photo(exif=exif, comment=b"secret words", xmp=b"secret words", icc_profile=b"secret words")


def written(image: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of some bytes that says it has so many pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
