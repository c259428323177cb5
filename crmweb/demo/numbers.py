"""Telephone and tax numbers that are valid in form and belong to nobody we know of.

Mobile numbers carry `000` after a real carrier prefix, landlines `3900 0` after the city's code, tax
numbers a province block (`0198`, `0398`) that the tax office has not reached.
"""

from __future__ import annotations

from random import Random

from crmweb.demo.places import HANOI

# fmt: off
MOBILE_PREFIXES = (
    "0328", "0336", "0345", "0357", "0369", "0377", "0384", "0395", "0702", "0768", "0778", "0793",
    "0813", "0825", "0838", "0848", "0856", "0867", "0886", "0898", "0903", "0904", "0905", "0908",
    "0912", "0913", "0916", "0918", "0932", "0936", "0945", "0947", "0962", "0973", "0978", "0982",
    "0983", "0986", "0987", "0989",
)
# fmt: on

_SHAPES = ("{0} {1} {2}", "{0}{1}{2}", "{0}.{1}.{2}", "{0}-{1}-{2}", "+84 {3} {1} {2}")
_SHAPE_ODDS = (60, 20, 10, 3, 7)

_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


class PhoneBook:
    """Hands out every number once."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._mobiles: set[tuple[str, str]] = set()
        self._landlines = 0

    def mobile(self) -> str:
        """A mobile number as somebody would have typed it."""
        while True:
            prefix, last = self._dice.choice(MOBILE_PREFIXES), f"{self._dice.randrange(1000):03d}"
            if (prefix, last) not in self._mobiles:
                self._mobiles.add((prefix, last))
                break
        shape = self._dice.choices(_SHAPES, _SHAPE_ODDS)[0]
        return shape.format(prefix, "000", last, prefix[1:])

    def landline(self, city: str) -> str:
        """A landline of the city, as printed on a shop's sign."""
        self._landlines += 1
        code = "024" if city == HANOI else "028"
        return f"{code} 3900 {self._landlines:04d}"


def flawed_phone(dice: Random) -> str:
    """A number as tired people leave it behind: a digit short, from before 2018, two in one box, a remark."""
    prefix, other = dice.sample(MOBILE_PREFIXES, 2)
    last = f"{dice.randrange(1000):03d}"
    return dice.choice(
        (
            f"{prefix} 000 {last[:2]}",
            f"0167 0000 {last}",
            f"{prefix} 000 {last} / {other} 000 {last}",
            "hỏi bảo vệ",
        )
    )


def tax_number(city: str, serial: int) -> str:
    """A ten-digit tax number (mã số thuế) whose tenth digit checks.

    Check digit: 10 − (Σ digit × weight mod 11), weights 31 29 23 19 17 13 7 5 3; a body that
    would need 10 is never issued. Source: General Department of Taxation, coding rule of the MST.
    """
    province = "0198" if city == HANOI else "0398"
    body = serial * 7
    while True:
        digits = f"{province}{body:05d}"
        check = tax_check_digit(digits)
        if check < 10:
            return f"{digits}{check}"
        body += 1


def tax_check_digit(digits: str) -> int:
    """Tenth digit for nine digits; 10 means that no such number exists."""
    return 10 - sum(int(d) * w for d, w in zip(digits, _TAX_WEIGHTS, strict=True)) % 11
