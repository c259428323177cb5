from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.supervisor.product import Product


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product, up and well, for the stories of one file that leave it so."""
    product = Product(tmp_path_factory.mktemp("running"), "--no-demo").ready()
    yield product
    product.end()


@pytest.fixture(scope="session")
def _run_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("once") / "home"
    product = Product(home, "--no-demo").ready()
    product.stop()
    product.end()
    return home


@pytest.fixture
def home(_run_once: Path, tmp_path: Path) -> Path:
    """The data folder of a product that ran once and was stopped."""
    return Path(shutil.copytree(_run_once, tmp_path / "home"))


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
