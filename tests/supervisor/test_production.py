"""Production does not start with the demo's people at work, by whichever door it is started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from crmweb import clock, create_app
from crmweb.accounts.models import Oversight, User
from crmweb.config import PROJECT, load_settings
from crmweb.db import db, writing
from crmweb.demo.people import PEOPLE
from crmweb.scope import system_access
from tests.supervisor.product import Product

Start = Callable[..., Product]
pytestmark = pytest.mark.slow

SECRET = "0Zk4q-vN8sW2-mB7xT1-cR9yL5-hD3jF6-pG"
PRODUCTION = {"CRMWEB_ENV": "production", "SECRET_KEY": SECRET}


@pytest.fixture
def with_tuan(home: Path) -> Path:
    """A data folder in which the demo's admin works, under a name of his own by now."""
    tuan = PEOPLE[0]
    with create_app(load_settings({"CRMWEB_ENV": "test", "CRMWEB_HOME": str(home)})).app_context():
        with system_access("hiring"), writing():
            User.add("Somebody", role=tuan.role, at=clock.now(), email="me@example.org")
            db.session.execute(delete(Oversight))
            db.session.execute(update(User).values(id=tuan.id))
            Oversight.rebuild()
        db.engine.dispose()
    return home


def _loaded(home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """What a WSGI server does, on that data folder."""
    clean = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DATABASE_URL")}
    return subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=PROJECT,
        env={**clean, "CRMWEB_HOME": str(home), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_crmweb_run_refuses_them_in_one_line(start: Start, with_tuan: Path) -> None:
    product = start(with_tuan, **PRODUCTION)
    assert product.ended() == 1
    (line,) = [line for line in product.said if "demo company" in line]
    assert "Somebody" in line
    assert "crmweb demo --remove" in line
    assert "Traceback" not in product.text


def test_the_web_of_a_platform_refuses_them_too(with_tuan: Path) -> None:
    loaded = _loaded(with_tuan, **PRODUCTION)
    assert loaded.returncode == 3, "at 3 gunicorn gives up"
    assert "Somebody" in loaded.stderr
    assert loaded.stderr.count("\n") == 1
    assert _loaded(with_tuan, CRMWEB_ENV="development").returncode == 0


def test_the_web_says_wrong_settings_in_a_line_each(home: Path) -> None:
    loaded = _loaded(home, CRMWEB_ENV="production", SECRET_KEY="weak", PUBLIC_URL="http://crm.example.com")
    assert loaded.returncode == 3
    assert [line.partition(" ")[0] for line in loaded.stderr.splitlines()] == ["SECRET_KEY", "PUBLIC_URL"]


def test_production_starts_with_an_empty_database_before_it_has_tables(home: Path, tmp_path: Path) -> None:
    assert _loaded(home, **PRODUCTION).returncode == 0
    assert _loaded(tmp_path / "new", **PRODUCTION).returncode == 0
