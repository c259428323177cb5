"""What a screen says about a phone number that cannot be dialled, and how a right one looks."""

import phonenumbers
from phonenumbers import NumberParseException

from crmweb.customers.reaching.phones import PhoneFlaw, display, read_phone
from crmweb.customers.reaching.vietnam_numbers import LANDLINE_DIGITS, MOBILE_DIGITS, digits_expected
from crmweb.languages import gettext
from crmweb.languages import lazy_gettext as _

_PLAIN: dict[PhoneFlaw, object] = {
    "not_a_number": _("This is not a phone number."),
    "too_short": _("This number is too short."),
    "too_long": _("This number is too long."),
    "wrong_length": _("This number has too many or too few digits."),
    "unknown_prefix": _("No number begins like this. Check the first digits."),
    "unknown_country": _("No country has this code after the +."),
    "old_prefix": _("This is an old number. Ask for the new one."),
    "shortened": _("The spreadsheet cut this number short. Type it in full."),
    "two_numbers": _("Two numbers in one field. Give each its own."),
}

# Which sentence: how many digits there should be, and whether there are too many.
_ONE: dict[tuple[int, bool], object] = {
    (MOBILE_DIGITS, False): _("One digit short. Mobile numbers have 10 digits."),
    (MOBILE_DIGITS, True): _("One digit too many. Mobile numbers have 10 digits."),
    (LANDLINE_DIGITS, False): _("One digit short. Landline numbers have 11 digits."),
    (LANDLINE_DIGITS, True): _("One digit too many. Landline numbers have 11 digits."),
}
_SEVERAL: dict[tuple[int, bool], object] = {
    (MOBILE_DIGITS, False): _("%(num)d digits short. Mobile numbers have 10 digits."),
    (MOBILE_DIGITS, True): _("%(num)d digits too many. Mobile numbers have 10 digits."),
    (LANDLINE_DIGITS, False): _("%(num)d digits short. Landline numbers have 11 digits."),
    (LANDLINE_DIGITS, True): _("%(num)d digits too many. Landline numbers have 11 digits."),
}


def flaw_words(flaw: PhoneFlaw, typed: str = "", region: str = "VN") -> str:
    """A sentence for the person who can mend the number, in their language.

    With `typed` it is exact: how many digits are missing or too many, what an old number is today.
    """
    national = _vietnamese_digits(typed, region)
    if flaw == "old_prefix":
        return _old_number(typed, region)
    if national and flaw in ("too_short", "too_long"):
        return _digits_off(national)
    return str(_PLAIN[flaw])


def _old_number(typed: str, region: str) -> str:
    suggestion = read_phone(typed, region).suggestion
    if suggestion is None:
        return str(_PLAIN["old_prefix"])
    return gettext("This is an old number. Today it is %(number)s.", number=display(suggestion))


def _digits_off(national: str) -> str:
    expected = digits_expected(national)
    surplus = len(national) + 1 - expected
    sentence = (_ONE if abs(surplus) == 1 else _SEVERAL)[expected, surplus > 0]
    return str(sentence) % {"num": abs(surplus)}


def _vietnamese_digits(typed: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(typed, region)
    except NumberParseException:
        return None
    return phonenumbers.national_significant_number(number) if number.country_code == 84 else None
