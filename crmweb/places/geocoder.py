"""The geocoder of the settings. It is asked by a worker alone, so that no page ever waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from geopy.exc import GeocoderQueryError, GeocoderServiceError
from geopy.extra.rate_limiter import RateLimiter
from geopy.geocoders import Nominatim

from crmweb.config import Settings
from crmweb.geo import BadPoint, Point

PATIENCE_S = 10
MOST = 5
POLITE_S = 1.0
"""At most one question a second. Source: Nominatim Usage Policy."""


class Unanswered(Exception):
    """The geocoder is away, slow or refuses; asking again later may help."""


@dataclass(frozen=True)
class Found:
    """A place with the geocoder's name for it."""

    label: str
    lat: float
    lng: float


def places_for(address: str, settings: Settings) -> list[Found]:
    """Where an address may be, the likeliest first. Raises `Unanswered`."""
    try:
        answers = _asker(settings.geocoder, settings.address)(
            address, exactly_one=False, limit=MOST, addressdetails=False
        )
    except (GeocoderQueryError, ValueError):
        return []  # it does not understand the address, or we do not understand its answer
    except GeocoderServiceError as away:
        raise Unanswered(str(away)) from away
    return [found for answer in answers or [] if (found := _found(answer))]


@lru_cache(maxsize=1)
def _asker(setting: str, ours: str) -> RateLimiter:
    host = urlsplit(setting.partition(":")[2])
    where = {"domain": host.netloc, "scheme": host.scheme} if host.netloc else {}
    nominatim = Nominatim(user_agent=f"crmweb/{version('crmweb')} ({ours})", timeout=PATIENCE_S, **where)
    return RateLimiter(nominatim.geocode, min_delay_seconds=POLITE_S, max_retries=0, swallow_exceptions=False)


def _found(answer: Any) -> Found | None:
    try:
        place = Point(answer.latitude, answer.longitude)
    except (BadPoint, TypeError):
        return None
    return Found(str(answer.address)[:300], place.lat, place.lng)
