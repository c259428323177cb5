"""What is wrong with a typed place, and how to right it."""

from __future__ import annotations

from crmweb.geo import BadPoint
from crmweb.languages import gettext as _


def point_words(wrong: BadPoint) -> str:
    """A sentence for the person who typed it; where one can tell what was meant, it asks."""
    if wrong.reason == "swapped" and wrong.suggestion:
        meant = f"{wrong.suggestion.lat:g}, {wrong.suggestion.lng:g}"
        return _("Latitude and longitude look swapped. Did you mean %(place)s?", place=meant)
    words = {
        "missing": _("A place needs both numbers: latitude and longitude."),
        "not_a_number": _("Latitude and longitude are numbers like 21.0285 and 105.8542."),
        "not_finite": _("Latitude and longitude are numbers like 21.0285 and 105.8542."),
        "out_of_range": _("Latitude goes from -90 to 90, longitude from -180 to 180."),
    }
    return words[wrong.reason]


def nowhere_words() -> str:
    """For 0, 0: a place that exists, and that nobody means."""
    return _("0, 0 is in the sea off Africa. Type the real place, or leave both empty.")
