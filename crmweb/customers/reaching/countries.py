"""Which country a written name means, in English, Vietnamese or ISO 3166 codes."""

from functools import cache

from babel import Locale

from crmweb.names import fold

_ALSO_SAID = {
    "usa": "US",
    "u s a": "US",
    "united states of america": "US",
    "america": "US",
    "my": "US",
    "uk": "GB",
    "u k": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "great britain": "GB",
    "viet nam": "VN",
    "vietnam": "VN",
    "holland": "NL",
    "the netherlands": "NL",
    "korea": "KR",
    "republic of korea": "KR",
    "duc": "DE",
    "uc": "AU",
    "phap": "FR",
    "nhat": "JP",
    "trung quoc": "CN",
    "czech republic": "CZ",
    "turkey": "TR",
}


def region_of(country: str) -> str | None:
    """The ISO 3166 alpha-2 code of a country as people write it, or None when the word is not known.

    "Đức", "Germany" and "DE" are all DE; England and Scotland are GB. The names are those of Unicode CLDR.
    """
    return _by_name().get(fold(country)) if country else None


@cache
def _by_name() -> dict[str, str]:
    named: dict[str, str] = {}
    for language in ("vi", "en"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                named[fold(name)] = code
                named.setdefault(code.lower(), code)
    return named | _ALSO_SAID
