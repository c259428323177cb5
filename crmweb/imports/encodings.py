"""Which characters the bytes of a text file mean."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crmweb.imports.tables import Unreadable, _l

_BLOCK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1f\x7f]")
_ABOVE_ASCII = re.compile(rb"[\x80-\xff]")
# Windows-1258 writes tones as marks of their own after the vowel: CC D2 DE EC F2.
_TONE_AFTER_VOWEL = re.compile(
    rb"[AEIOUYaeiouy\xc2\xc3\xca\xd4\xd5\xdd\xe2\xe3\xea\xf4\xf5\xfd][\xcc\xd2\xde\xec\xf2]"
)
_TONE = re.compile(rb"[\xcc\xd2\xde\xec\xf2]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """A Python codec, and a remark for the reader when it had to be guessed."""

    codec: str
    remark: str = ""


def encoding_of(path: Path) -> Encoding:
    """The encoding of a whole text file: by its mark, else UTF-8, else a Windows page, which is said aloud.

    Raises Unreadable for binary files, for UTF-8 with broken characters, and for what no page explains.
    """
    start = _start_of(path)
    for mark, codec in _BOMS:
        if start.startswith(mark):
            return _proved(path, codec)
    unmarked = _utf16_without_mark(start)
    if unmarked:
        return _proved(path, unmarked)
    if _is_binary(start):
        raise Unreadable(_l("The file is neither a table nor contact cards. Save it as CSV, XLSX or vCard."))
    fault = _first_fault(path, "utf-8")
    return Encoding("utf-8") if fault is None else _windows_page(path, fault)


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1 << 16)


def _is_binary(start: bytes) -> bool:
    """Whether bytes are no text: a stray control character or two may come out of an old program."""
    return 0 in start or len(_CONTROL.findall(start)) > len(start) // 50


def _utf16_without_mark(start: bytes) -> str | None:
    even, odd = start[0::2].count(0), start[1::2].count(0)
    enough = len(start) // 4
    if odd > enough and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > enough and odd == 0 else None


def _proved(path: Path, codec: str) -> Encoding:
    if _first_fault(path, codec) is not None:
        raise Unreadable(
            _l("The file says it is %(codec)s but has characters that are not."),
            codec=codec.removesuffix("-sig").upper(),
        )
    return Encoding(codec)


def _first_fault(path: Path, codec: str) -> int | None:
    """The number of the first line that is not in the codec."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    lines = 1
    for block in _blocks(path):
        try:
            lines += decoder.decode(block, final=not block).count("\n")
        except UnicodeDecodeError as fault:
            return lines + block[: fault.start].count(b"\n")
    return None


def _blocks(path: Path) -> Iterator[bytes]:
    """The file in pieces, and an empty piece at its end."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
    yield b""


def _windows_page(path: Path, fault: int) -> Encoding:
    body = path.read_bytes()
    if _is_damaged_utf8(body):
        raise Unreadable(
            _l("Line %(line)s has a character that is broken. Save the file again as CSV UTF-8."), line=fault
        )
    codec, name = ("cp1258", "Windows-1258") if _is_vietnamese_page(body) else ("cp1252", "Windows-1252")
    try:
        body.decode(codec)
    except UnicodeDecodeError as refusal:
        raise Unreadable(
            _l("Line %(line)s has characters of an unknown encoding. Save the file as CSV UTF-8."), line=fault
        ) from refusal
    return Encoding(codec, f"Not UTF-8; read as {name}. Check the accents: {_sample(body, codec)}")


def _is_damaged_utf8(body: bytes) -> bool:
    """Whether most characters beyond ASCII are good UTF-8: then the others are broken."""
    good = sum(char > "\x7f" for char in body.decode("utf-8", "ignore"))
    broken = body.decode("utf-8", "replace").count("\ufffd")
    return good > broken


def _is_vietnamese_page(body: bytes) -> bool:
    tones = len(_TONE.findall(body))
    return tones > 0 and len(_TONE_AFTER_VOWEL.findall(body)) * 2 > tones


def _sample(body: bytes, codec: str) -> str:
    for line in body.splitlines():
        if _ABOVE_ASCII.search(line):
            words = [word for word in re.split(r"[\s,;\t|\"]+", line.decode(codec)) if not word.isascii()]
            if words:
                return ", ".join(words[:3])
    return ""
