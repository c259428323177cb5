"""Every setting once: its name in the environment, its default, what it means, and its check at start."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from crmweb.config_readers import (
    EMAIL,
    HOST,
    LOOPBACK,
    WEAK_SECRET,
    contact,
    count_up_to,
    geocoder,
    long_word,
    mailbox,
    mailto,
    on_or_off,
    one_word,
    open_to_listeners,
    push_services,
    scheme,
    several,
    signing_key,
    sms_gateway,
    weak_secret,
    web_address,
)
from crmweb.kept import kept

PROJECT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ("development", "production", "test")
TILES = re.compile(r"https?://[\w.{}:-]+/[^\s;,]*$")
"""It is named in the policy that every page carries, where a semicolon would begin another rule."""

VAPID_KEY = "vapid-key"
"""The file in the data folder that keeps the key by which push services know us."""


class BadSettings(Exception):
    """One or more settings are wrong; `str()` is one clear line for each."""


def _text(value: str) -> str:
    return value.strip()


def _path(value: str) -> Path:
    return Path(value).expanduser().resolve()


def _environment(value: str) -> str:
    if value not in ENVIRONMENTS:
        raise ValueError(f"is {value!r}, and must be one of {', '.join(ENVIRONMENTS)}")
    return value


def _database(value: str) -> str:
    """SQLAlchemy's own address; the short forms that platforms hand out are read too."""
    for short in ("postgres://", "postgresql://"):
        if value.startswith(short):
            return "postgresql+psycopg://" + value.removeprefix(short)
    return scheme("sqlite", "postgresql+psycopg")(value)


def _setting(
    name: str, default: str, meaning: str, read: Callable[[str], Any] = _text, shown: str = ""
) -> Any:
    """A field of `Settings`, read from the variable `name`; `shown` is how README names the default."""
    return field(
        metadata={"name": name, "default": default, "meaning": meaning, "read": read, "shown": shown}
    )


@dataclass(frozen=True)
class Settings:
    """What the environment says, checked; read once at start and never changed."""

    env: str = _setting("CRMWEB_ENV", "development", "`development`, `production` or `test`", _environment)
    home: Path = _setting(
        "CRMWEB_HOME", str(PROJECT / "var"), "the data folder", _path, shown="`var/` in the project"
    )
    database_url: str = _setting(
        "DATABASE_URL",
        "",
        "`postgresql://…`, or `sqlite:///…` for another file",
        lambda value: _database(value) if value else "",
        shown="SQLite in the data folder",
    )
    redis_url: str = _setting(
        "REDIS_URL",
        "",
        "a Redis or Valkey server, `redis://…`",
        lambda value: scheme("redis", "rediss", "unix")(value) if value else "",
        shown="the embedded server",
    )
    secret_key: str = _setting(
        "SECRET_KEY",
        "",
        f"at least {WEAK_SECRET} random characters; needed in production",
        shown="made and kept in the data folder in development",
    )
    old_secret_keys: tuple[str, ...] = _setting(
        "SECRET_KEY_OLD",
        "",
        "former values of `SECRET_KEY`, with commas between: what they sealed can still be opened",
        several,
        shown="none",
    )
    public_url: str = _setting(
        "PUBLIC_URL",
        "",
        "the address that people open, used in links that leave the house",
        lambda value: web_address(value) if value else "",
        shown="`http://localhost:PORT`",
    )
    host: str = _setting("HOST", "127.0.0.1", "the address `crmweb run` listens on")
    port: int = _setting("PORT", "8000", "the port `crmweb run` listens on", count_up_to(65535))
    web_concurrency: int = _setting(
        "WEB_CONCURRENCY", "2", "processes that answer, as many as processors", count_up_to(64, least=1)
    )
    mail_url: str = _setting(
        "MAIL_URL",
        "",
        "`smtp://user:password@host:587` or `smtps://…`",
        lambda value: scheme("smtp", "smtps")(value) if value else "",
        shown="`.eml` files in `mail/` of the data folder; in production none leaves",
    )
    mail_from: str = _setting("MAIL_FROM", "", "the sender of our mail", shown="needed with `MAIL_URL`")
    sms_url: str = _setting(
        "SMS_URL",
        "",
        "an SMS gateway that takes a POST of JSON (`to`, `from`, `text`, `id`): `https://user:password@host/send`",
        lambda value: sms_gateway(value) if value else "",
        shown="no SMS is sent",
    )
    sms_token: str = _setting(
        "SMS_TOKEN", "", "a bearer token for it", one_word, shown="name and password of `SMS_URL`"
    )
    sms_from: str = _setting("SMS_FROM", "", "the sender that it shows", shown="the gateway's own")
    mail_in_address: str = _setting(
        "MAIL_IN_ADDRESS",
        "",
        "a mailbox that hands its mail in (see below) and takes a `+` and a mark before its `@`",
        lambda value: mailbox(value) if value else "",
        shown="bounces go to `MAIL_FROM`, answers to the writer",
    )
    mail_in_token: str = _setting(
        "MAIL_IN_TOKEN",
        "",
        "a bearer token, or a password, for who hands in mail by `POST /in/mail`",
        long_word,
        shown="no such address",
    )
    sms_in_token: str = _setting(
        "SMS_IN_TOKEN", "", "the same for `POST /in/sms`", long_word, shown="no such address"
    )
    geocoder: str = _setting(
        "GEOCODER",
        "",
        "who finds typed addresses: `nominatim` or `nominatim:https://your.host`",
        lambda value: geocoder(value) if value else "",
        shown="off",
    )
    tile_url: str = _setting(
        "TILE_URL", "", "map tiles, `https://…/{z}/{x}/{y}.png`", shown="none: pins on plain ground"
    )
    tile_credit: str = _setting("TILE_CREDIT", "© OpenStreetMap contributors", "whom the map names for them")
    service_worker: str = _setting(
        "SERVICE_WORKER",
        "on",
        "`off` takes offline pages off all phones; what waits on them stays",
        on_or_off,
    )
    vapid_private_key: str = _setting(
        "VAPID_PRIVATE_KEY",
        "",
        "the key that signs push messages, 32 bytes in base64url; a new one ends every phone's subscription",
        lambda value: signing_key(value) if value else "",
        shown="made and kept in the data folder",
    )
    vapid_subject: str = _setting(
        "VAPID_SUBJECT",
        "",
        "`mailto:` address at which push services reach whoever runs this",
        lambda value: mailto(value) if value else "",
        shown="the sender of our mail",
    )
    push_services: tuple[str, ...] = _setting(
        "PUSH_SERVICES",
        "",
        "further hosts that may receive push, with commas between; outside of production `http://127.0.0.1:…`, too",
        push_services,
        shown="the known ones",
    )
    trusted_proxies: int = _setting(
        "TRUSTED_PROXIES", "0", "how many proxies stand in front and set `X-Forwarded-*`", count_up_to(5)
    )
    metrics_token: str = _setting(
        "METRICS_TOKEN", "", "lets a collector read `/metrics`", shown="loopback only"
    )
    security_contact: str = _setting(
        "SECURITY_CONTACT",
        "",
        "whom `/.well-known/security.txt` names to people who find a hole: an email or `https://…`",
        lambda value: contact(value) if value else "",
        shown="no such page",
    )

    @property
    def database(self) -> str:
        """The address that SQLAlchemy opens."""
        return self.database_url or f"sqlite:///{self.home / 'crmweb.sqlite3'}"

    @property
    def address(self) -> str:
        """Where people find the product, without a slash at the end."""
        if self.public_url or not self.address_file.exists():
            return self.public_url or f"http://localhost:{self.port}"
        return self.address_file.read_text().strip()

    @property
    def address_file(self) -> Path:
        """Where `crmweb run` says at which port it listens, for commands typed beside it."""
        return self.home / "address"

    @property
    def push_contact(self) -> str:
        """Whom push services may write to (RFC 8292, `sub`): a `mailto:` address, whatever is set."""
        sender = parseaddr(self.mail_from)[1]
        host = urlsplit(self.address).hostname or ""
        fallback = f"admin@{host if HOST.match(host) else 'example.com'}"
        return self.vapid_subject or f"mailto:{sender if EMAIL.match(sender) else fallback}"

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check everything. Raises `BadSettings` with a line for each wrong value."""
    values: dict[str, Any] = {}
    complaints: list[str] = []
    for setting in fields(Settings):
        try:
            values[setting.name] = _read(setting, environ)
        except ValueError as wrong:
            complaints.append(f"{setting.metadata['name']} {_reason(wrong)}")
    if not complaints:
        complaints = _disagreements(values)
    if complaints:
        raise BadSettings("\n".join(complaints))
    values["secret_key"] = values["secret_key"] or kept(
        values["home"] / "secret-key", lambda: secrets.token_urlsafe(48)
    )
    return Settings(**values)


def _read(setting: Field[Any], environ: Mapping[str, str]) -> Any:
    given = environ.get(setting.metadata["name"], "").strip()
    return setting.metadata["read"](given or setting.metadata["default"])


def _reason(wrong: ValueError) -> str:
    text = str(wrong)
    return "must be a whole number" if text.startswith("invalid literal") else text


def _disagreements(values: Mapping[str, Any]) -> list[str]:
    wrong = []
    if values["env"] == "production" or values["secret_key"]:
        wrong += weak_secret(values["secret_key"])
    if values["env"] == "production":
        wrong += open_to_listeners(values["public_url"])
    if values["mail_url"] and not values["mail_from"]:
        wrong.append("MAIL_FROM is missing: mail needs a sender when MAIL_URL is set")
    if values["tile_url"] and not all(part in values["tile_url"] for part in ("{z}", "{x}", "{y}")):
        wrong.append("TILE_URL must hold {z}, {x} and {y}")
    if values["env"] == "production" and any(map(LOOPBACK.match, values["push_services"])):
        wrong.append("PUSH_SERVICES names a host on loopback, which only development and tests may have")
    if values["env"] == "production" and values["sms_url"].startswith("http:"):
        wrong.append("SMS_URL must begin with https:// in production")
    if values["tile_url"] and not TILES.match(values["tile_url"]):
        wrong.append("TILE_URL must be an address like https://tiles.example.com/{z}/{x}/{y}.png")
    return wrong


def current_settings() -> Settings:
    """The settings of the application at work."""
    settings: Settings = current_app.extensions["settings"]
    return settings
