"""What the Vietnamese numbering plan says about numbers that cannot be dialled.

Mobile numbers have 10 digits with their 0 since 15 September 2018 (plan of 29 May 2018 of the Ministry of
Information and Communications for the eleven-digit mobile prefixes), landline numbers 11 since 2017 (Decision
2036/QĐ-BTTTT on area codes). National numbers are given here without their leading 0.
"""

from typing import Literal

MOBILE_DIGITS = 10
LANDLINE_DIGITS = 11

_MODERN_MOBILE = {
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
    "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37", "168": "38", "169": "39",
    "186": "56", "188": "58", "199": "59",
}  # fmt: skip
_MODERN_AREA = {"4": "24", "511": "236"}


def modern_number(national: str) -> str | None:
    """Today's form of a number from before the changes of 2017 and 2018, or None when it is not such."""
    if len(national) == 10 and national[:3] in _MODERN_MOBILE:
        return _MODERN_MOBILE[national[:3]] + national[3:]
    for old, new in _MODERN_AREA.items():
        if national.startswith(old) and len(new) + len(national) - len(old) == LANDLINE_DIGITS - 1:
            return new + national[len(old) :]
    return None


def judge_vietnamese(national: str) -> Literal["too_short", "too_long", "unknown_prefix"]:
    """Why a national number cannot be dialled."""
    surplus = len(national) + 1 - digits_expected(national)
    if surplus == 0:
        return "unknown_prefix"
    return "too_short" if surplus < 0 else "too_long"


def digits_expected(national: str) -> int:
    """How many digits such a number has, its leading 0 counted: landlines begin with 02."""
    return LANDLINE_DIGITS if national.startswith("2") else MOBILE_DIGITS
