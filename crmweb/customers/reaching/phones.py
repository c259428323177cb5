"""Phone numbers: read as people type them, kept in E.164, shown and dialled."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from crmweb.customers.reaching.vietnam_numbers import judge_vietnamese, modern_number

PhoneFlaw = Literal[
    "not_a_number",
    "too_short",
    "too_long",
    "wrong_length",
    "unknown_prefix",
    "unknown_country",
    "old_prefix",
    "shortened",
    "two_numbers",
]

_MIN_DIGITS = 6
_SHORTENED_BY_A_SHEET = re.compile(r"^\d(?:[.,]\d+)?e\+?\d{1,2}$", re.IGNORECASE)
_DECIMAL_TAIL = re.compile(r"^(\+?\d{6,})[.,]0+$")
_EXTENSION = re.compile(
    r"\s*(?:;ext=|\bext(?:ension)?\b\.?|\bx\b\.?|\bmáy lẻ\b|\bmáy nhánh\b|\bnhánh\b|#)\s*:?\s*\d{1,6}\s*$",
    re.IGNORECASE,
)
_DIGIT_RUN = re.compile(r"[+(]{0,3}\d[\d\s().\-–/]*\d")
_SEPARATORS = " \t\r\n;,/|&"
LONGEST = 300
"""Characters of a text that are looked at: no phone number is longer, and people paste whole letters."""
_LOOK_LIKE_DIGITS = {"O": "0", "o": "0", "I": "1", "l": "1"}
_BETWEEN_NUMBERS = re.compile(r"([;,/|&\n]|\s+-\s+|\b(?:hoặc|và|or|and)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReadPhone:
    """One number: as typed, in E.164 when it can be dialled, else what is wrong with it.

    `suggestion` is the E.164 number it probably should be; nobody's number is changed without being asked.
    """

    typed: str
    e164: str | None
    flaw: PhoneFlaw | None
    suggestion: str | None = None


def read_phone(text: str, region: str = "VN") -> ReadPhone:
    """What a typed phone number is; numbers without a country code belong to `region` (ISO 3166).

    Never raises: whatever is typed is kept, and a number that cannot be dialled says why.
    """
    typed = " ".join(text[:LONGEST].split())
    if _SHORTENED_BY_A_SHEET.match(typed):
        return ReadPhone(typed, None, "shortened")
    if _letters_for_digits(typed):
        return ReadPhone(typed, None, "not_a_number", _meant(typed, region))
    bare = _without_decoration(typed)
    try:
        number = phonenumbers.parse(bare, region)
    except NumberParseException as refusal:
        return ReadPhone(typed, None, _flaw_of_refusal(refusal, bare))
    if phonenumbers.is_valid_number(number):
        return ReadPhone(typed, phonenumbers.format_number(number, PhoneNumberFormat.E164), None)
    return _flawed(typed, bare, number, region)


def split_phones(text: str, region: str = "VN") -> list[str]:
    """The numbers that were put into one cell: parted by ; , / | & or a line break, never inside a number."""
    parts = _merged_short_parts(_BETWEEN_NUMBERS.split(text))
    return [half for part in parts for half in _split_at_space(part, region)]


@lru_cache(20_000)
def display(e164: str, home: str = "VN") -> str:
    """A number for the eye: national within `home`, international otherwise; what is not E.164 as it is."""
    try:
        number = phonenumbers.parse(e164)
    except NumberParseException:
        return e164
    at_home = phonenumbers.region_code_for_number(number) == home
    form = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


def tel_url(e164: str) -> str:
    """The address that dials a number (RFC 3966)."""
    return f"tel:{e164}"


def zalo_url(e164: str) -> str:
    """The address that opens a chat with a number in Zalo, which finds people by E.164 digits."""
    return f"https://zalo.me/{e164.removeprefix('+')}"


def _without_decoration(typed: str) -> str:
    """The number alone: no '.0' of a spreadsheet, no extension, no remark beside it."""
    bare = _DECIMAL_TAIL.sub(r"\1", typed.lstrip("'"))
    bare = _EXTENSION.sub("", bare)
    runs = [run for run in _DIGIT_RUN.findall(bare) if _count_digits(run) >= _MIN_DIGITS]
    return str(runs[0]) if len(runs) == 1 and any(char.isalpha() for char in bare) else bare


def _letters_for_digits(typed: str) -> bool:
    """Whether letters that look like digits stand where digits should, and no other letters do."""
    letters = {char for char in typed if char.isalpha()}
    return bool(letters) and _count_digits(typed) > 0 and letters <= _LOOK_LIKE_DIGITS.keys()


def _meant(typed: str, region: str) -> str | None:
    return read_phone("".join(_LOOK_LIKE_DIGITS.get(char, char) for char in typed), region).e164


def _flaw_of_refusal(refusal: NumberParseException, bare: str) -> PhoneFlaw:
    if refusal.error_type == NumberParseException.TOO_LONG:
        return "two_numbers" if _count_digits(bare) >= 2 * 9 else "too_long"
    if refusal.error_type == NumberParseException.INVALID_COUNTRY_CODE:
        return "unknown_country"
    wordy = any(char.isalpha() for char in bare)
    return "not_a_number" if wordy or _count_digits(bare) == 0 else "too_short"


def _flawed(typed: str, bare: str, number: PhoneNumber, region: str) -> ReadPhone:
    if len(split_phones(bare, region)) > 1:
        return ReadPhone(typed, None, "two_numbers")
    if number.country_code != 84:
        return ReadPhone(typed, None, _flaw_of_length(number))
    national = phonenumbers.national_significant_number(number)
    modern = modern_number(national)
    if modern:
        return ReadPhone(typed, None, "old_prefix", f"+84{modern}")
    return ReadPhone(typed, None, judge_vietnamese(national))


def _flaw_of_length(number: PhoneNumber) -> PhoneFlaw:
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return "too_short"
    if reason == ValidationResult.TOO_LONG:
        return "too_long"
    return "wrong_length" if reason == ValidationResult.INVALID_LENGTH else "unknown_prefix"


def _merged_short_parts(pieces: list[str]) -> list[str]:
    """Numbers out of pieces with separators between; a short piece is the tail of the one before it."""
    parts: list[str] = []
    separator = ""
    for index, piece in enumerate(pieces):
        if index % 2:
            separator = piece
        elif parts and separator != ";" and min(_count_digits(piece), _count_digits(parts[-1])) < _MIN_DIGITS:
            parts[-1] += separator + piece
        else:
            parts.append(piece)
    kept = [part for part in parts if part.strip(_SEPARATORS)]
    return [part.strip(_SEPARATORS) for part in kept] if len(kept) > 1 else [part.strip() for part in kept]


def _split_at_space(part: str, region: str) -> list[str]:
    """Two whole numbers side by side, as in "0905444505 0243…": only when each half can be dialled."""
    words = part.split()
    for cut in range(1, len(words)):
        halves = [" ".join(words[:cut]), " ".join(words[cut:])]
        if all(_count_digits(half) >= 9 for half in halves) and all(_dials(half, region) for half in halves):
            return halves
    return [part]


def _dials(text: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except NumberParseException:
        return False


def _count_digits(text: str) -> int:
    return sum(char.isdecimal() for char in text)
