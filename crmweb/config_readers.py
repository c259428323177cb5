"""How settings of push, mail, SMS and addresses are read. Each reader raises ValueError, in words for an admin."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Private keys are below it (FIPS 186-5, D.1.2)."""

SHORTEST_TOKEN = 24
"""Characters of a secret that nobody guesses over a network."""

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+$", re.ASCII)
HOST = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]*\.[a-z]{2,}$")
WEAK_SECRET = 32
LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost):\d+$")


def signing_key(value: str) -> str:
    """A private key of P-256 as most tools for web push print it: 32 bytes in base64url."""
    try:
        number = int.from_bytes(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except (binascii.Error, ValueError):
        number = 0
    if len(value.rstrip("=")) != 43 or not 0 < number < P256_ORDER:
        raise ValueError("must be a private key of P-256: 32 bytes in base64url, which are 43 characters")
    return value.rstrip("=")


def mailto(value: str) -> str:
    """A bare email is meant as `mailto:`."""
    address = value.removeprefix("mailto:")
    if not EMAIL.match(address):
        raise ValueError("must be a mailto: address that push services may write to")
    return f"mailto:{address}"


def push_services(value: str) -> tuple[str, ...]:
    """Hosts, with commas or blanks between."""
    services = tuple(re.split(r"[\s,]+", value.lower())) if value else ()
    for service in services:
        if not HOST.match(service) and not LOOPBACK.match(service):
            raise ValueError(f"names {service!r}, and must name hosts such as push.example.com")
    return services


def count_up_to(most: int, *, least: int = 0) -> Callable[[str], int]:
    """A whole number from `least` to `most`."""

    def read(value: str) -> int:
        number = int(value)
        if not least <= number <= most:
            raise ValueError(f"is {value}, and must be between {least} and {most}")
        return number

    return read


def several(value: str) -> tuple[str, ...]:
    """Values with commas between."""
    return tuple(filter(None, (part.strip() for part in value.split(","))))


def contact(value: str) -> str:
    """As RFC 9116 wants it; a bare email is meant as `mailto:`."""
    address = value if "://" in value or value.startswith("mailto:") else f"mailto:{value}"
    parts = urlsplit(address)
    if not ((parts.scheme == "mailto" and "@" in parts.path) or (parts.scheme == "https" and parts.hostname)):
        raise ValueError("must be an email or an https:// address")
    if any(char.isspace() for char in address):
        raise ValueError("must be one email or address, without spaces")
    return address


def sms_gateway(value: str) -> str:
    """Over https; plain http only on loopback, which production refuses."""
    parts = urlsplit(value)
    plain = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    sound = value.isascii() and value.isprintable() and " " not in value and not parts.fragment
    if not parts.hostname or not (parts.scheme == "https" or plain) or not sound:
        raise ValueError("must be an address like https://user:password@gateway.example.com/send")
    return value


def on_or_off(value: str) -> str:
    if value not in ("on", "off"):
        raise ValueError("must be on or off")
    return value


def one_word(value: str) -> str:
    """A secret that stands in a header."""
    if value and not (value.isascii() and value.isprintable() and " " not in value):
        raise ValueError("must be one word")
    return value


def long_word(value: str) -> str:
    """A secret by which somebody from outside comes in."""
    if value and len(one_word(value)) < SHORTEST_TOKEN:
        raise ValueError(f"must be a random word of at least {SHORTEST_TOKEN} characters")
    return value


def mailbox(value: str) -> str:
    """One that is followed by a + and 42 characters, where 64 are the most."""
    if not EMAIL.match(value) or "+" in value or len(value.partition("@")[0]) > 20:
        raise ValueError(
            "must be an address like answers@example.com, with at most 20 characters before the @"
        )
    return value


def geocoder(value: str) -> str:
    """Its name, and where there is, its host."""
    name, _, host = value.partition(":")
    if name != "nominatim" or (host and urlsplit(host).scheme not in ("http", "https")):
        raise ValueError(f"is {value!r}, and must be nominatim or nominatim:https://your.host")
    return value


def scheme(*schemes: str) -> Callable[[str], str]:
    """A reader of addresses that begin with one of these."""

    def read(value: str) -> str:
        if urlsplit(value).scheme not in schemes:
            raise ValueError(f"must begin with one of {', '.join(s + '://' for s in schemes)}")
        return value

    return read


def web_address(value: str) -> str:
    """Of a site, without a path."""
    parts = urlsplit(value)
    more = parts.username or parts.password or parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not parts.hostname or more or not _port_of(parts):
        raise ValueError("must be an address like https://crm.example.com, without a path")
    return value.rstrip("/")


def _port_of(parts: SplitResult) -> int:
    return 443 if parts.port is None else parts.port


def open_to_listeners(public_url: str) -> list[str]:
    """Whoever stands between a phone and us reads what goes by http; on loopback nobody does."""
    parts = urlsplit(public_url)
    if parts.scheme != "http" or parts.hostname in ("localhost", "127.0.0.1", "::1"):
        return []
    return ["PUBLIC_URL must begin with https:// in production: everybody on the way reads what goes by http"]


def weak_secret(secret: str) -> list[str]:
    """What is wrong with a secret, in a line."""
    if len(secret) < WEAK_SECRET:
        return [f"SECRET_KEY is missing or too short: give at least {WEAK_SECRET} random characters"]
    if len(set(secret)) < math.isqrt(WEAK_SECRET) * 2:
        return ["SECRET_KEY repeats itself too much to be random"]
    return []
