"""Settings: a wrong one stops the start with a line that says why, and no secret is weak."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crmweb.config import BadSettings, Settings, load_settings

STRONG = "0Zk4q-vN8sW2-mB7xT1-cR9yL5-hD3jF6-pG"


def read(home: Path, **environ: str) -> Settings:
    return load_settings({"CRMWEB_HOME": str(home), "CRMWEB_ENV": "test", **environ})


def complaint(home: Path, **environ: str) -> str:
    with pytest.raises(BadSettings) as wrong:
        read(home, **environ)
    return str(wrong.value)


@pytest.mark.parametrize("secret", ["", "q7", "a" * 64, "ab" * 32, "0123456789012345678901234567890"])
def test_production_does_not_start_with_a_weak_secret(tmp_path: Path, secret: str) -> None:
    line = complaint(tmp_path, CRMWEB_ENV="production", SECRET_KEY=secret)
    assert line.startswith("SECRET_KEY ")
    assert "\n" not in line
    assert not secret or secret not in line
    assert list(tmp_path.iterdir()) == []


def test_production_starts_with_a_strong_secret(tmp_path: Path) -> None:
    assert read(tmp_path, CRMWEB_ENV="production", SECRET_KEY=STRONG).secret_key == STRONG


def test_production_does_not_start_where_listeners_read_along(tmp_path: Path) -> None:
    line = complaint(
        tmp_path, CRMWEB_ENV="production", SECRET_KEY=STRONG, PUBLIC_URL="http://crm.example.com"
    )
    assert line.startswith("PUBLIC_URL must begin with https://")
    assert "\n" not in line


@pytest.mark.parametrize(
    "address",
    ["", "https://crm.example.com", "http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"],
)
def test_production_starts_by_https_and_on_loopback(tmp_path: Path, address: str) -> None:
    assert (
        read(tmp_path, CRMWEB_ENV="production", SECRET_KEY=STRONG, PUBLIC_URL=address).public_url == address
    )


def test_elsewhere_a_random_secret_is_made_and_kept(tmp_path: Path) -> None:
    home = tmp_path / "var"
    made = read(home).secret_key
    assert len(made) >= 64
    assert read(home).secret_key == made
    assert read(tmp_path / "other").secret_key != made
    [file] = home.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_parts_that_start_at_once_keep_the_same_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as parts:
        made = set(parts.map(lambda _: read(tmp_path / "var").secret_key, range(40)))
    assert len(made) == 1
    assert [file.name for file in (tmp_path / "var").iterdir()] == ["secret-key"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "crm.example.com"),
        ("PUBLIC_URL", "ftp://crm.example.com"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://me:secret@crm.example.com"),
        ("PUBLIC_URL", "https://crm.example.com/crm"),
        ("PUBLIC_URL", "https://crm.example.com?x=1"),
        ("PUBLIC_URL", "https://crm.example.com:port"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "yes"),
        ("TRUSTED_PROXIES", "99"),
        ("CRMWEB_ENV", "prod"),
        ("DATABASE_URL", "mysql://localhost/crm"),
        ("REDIS_URL", "http://localhost"),
        ("TILE_URL", "https://tiles.example.com/{z}/{x}.png"),
        ("TILE_URL", "javascript:{z}{x}{y}"),
        ("TILE_URL", "https://tiles.example.com; script-src *; x/{z}/{x}/{y}"),
        ("TILE_URL", "https://tiles.example.com/{z}/{x}/{y} https://evil.example"),
        ("SECURITY_CONTACT", "somebody"),
        ("SECURITY_CONTACT", "javascript:alert(1)"),
        ("SECURITY_CONTACT", "http://example.com/holes"),
        ("SECURITY_CONTACT", "a@example.com b@example.com"),
    ],
)
def test_a_wrong_setting_stops_the_start_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    line = complaint(tmp_path, **{name: value})
    assert line.startswith(f"{name} ")
    assert "\n" not in line
    assert "secret" not in line


def test_every_wrong_setting_is_told_at_once(tmp_path: Path) -> None:
    told = complaint(tmp_path, PUBLIC_URL="x", PORT="x", CRMWEB_ENV="x").splitlines()
    assert [line.partition(" ")[0] for line in told] == ["CRMWEB_ENV", "PUBLIC_URL", "PORT"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://crm.example.com/", "https://crm.example.com"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://crm.example.com:8443", "https://crm.example.com:8443"),
    ],
)
def test_the_public_address_is_kept_without_its_slash(tmp_path: Path, given: str, kept: str) -> None:
    assert read(tmp_path, PUBLIC_URL=given).address == kept


@pytest.mark.parametrize(
    "tiles",
    [
        "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        "https://{s}.tiles.example.com/{z}/{x}/{y}.png?key=abc",
        "http://localhost:8080/{z}/{x}/{y}.png",
    ],
)
def test_tiles_come_from_wherever_one_likes(tmp_path: Path, tiles: str) -> None:
    assert read(tmp_path, TILE_URL=tiles).tile_url == tiles
