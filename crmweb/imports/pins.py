"""Where a file says that a customer is."""

from dataclasses import dataclass

from crmweb.geo import BadPoint, Point


@dataclass(frozen=True, slots=True)
class FilePin:
    """Degrees as the file has them, None where they are no numbers, and what is wrong with them."""

    lat: float | None
    lng: float | None
    flaw: str | None


def read_pin(lat_text: str, lng_text: str) -> FilePin:
    """The place that two cells mean. What is swapped is kept as it came; what cannot be a place is not."""
    try:
        point = Point.read(lat_text, lng_text)
    except BadPoint as bad:
        meant = bad.suggestion if bad.reason == "swapped" else None
        return FilePin(meant.lng, meant.lat, bad.reason) if meant else FilePin(None, None, bad.reason)
    return FilePin(point.lat, point.lng, point.flaw)


def read_location(text: str) -> FilePin | None:
    """The place that one cell means: "16.05, 108.2", "16,05; 108,2" or "(16.05 108.2)"."""
    if not text:
        return None
    bare = text.strip("() ")
    separator = next((mark for mark in (";", ", ", " ", ",") if mark in bare), None)
    halves = [half.strip(" ,") for half in bare.split(separator) if half.strip(" ,")]
    return read_pin(*halves) if len(halves) == 2 else FilePin(None, None, "not_a_number")
