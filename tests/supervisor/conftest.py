from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask_migrate import upgrade

from crmweb import create_app
from crmweb.config import load_settings
from crmweb.db import db
from tests.supervisor.product import Product


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product, up and well, for the stories of one file that leave it so."""
    product = Product(tmp_path_factory.mktemp("running"), "--no-demo").ready()
    yield product
    product.end()


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("migrated") / "home"
    with create_app(load_settings({"CRMWEB_ENV": "test", "CRMWEB_HOME": str(home)})).app_context():
        upgrade()
        db.engine.dispose()
    return home


@pytest.fixture
def home(_migrated: Path, tmp_path: Path) -> Path:
    """A data folder whose database is ready."""
    return Path(shutil.copytree(_migrated, tmp_path / "home"))


@pytest.fixture
def start() -> Iterator[Callable[..., Product]]:
    """`start(home)` is the product on that data folder; ended with the test, whatever happens."""
    started: list[Product] = []

    def one(home: Path, *options: str, **environment: str) -> Product:
        started.append(Product(home, "--no-demo", *options, **environment))
        return started[-1]

    yield one
    for product in started:
        product.end()
