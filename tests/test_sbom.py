"""What the product is made of is written down whole: `make sbom` finds what its tools leave out."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from dev import sbom


def _told(*packages: tuple[str, str]) -> dict[str, Any]:
    return {"components": [{"name": name, "version": version} for name, version in packages]}


def test_all_that_is_installed_is_wanted_and_no_test_tool() -> None:
    python, npm = sbom.of_python(), sbom.of_npm()
    assert {"flask", "sqlalchemy", "gunicorn"} <= {name for name, _version in python}
    assert {"htmx.org", "leaflet", "esbuild"} <= {name for name, _version in npm}
    assert not {"pytest", "mypy", "axe-core"} & {name for name, _version in python | npm}


def test_a_package_that_a_tool_left_out_is_found() -> None:
    wanted = sbom.of_python()
    whole = _told(*wanted)
    assert sbom.lacks(whole, wanted) == []
    flask = next(each for each in wanted if each[0] == "flask")
    assert sbom.lacks(_told(*(wanted - {flask})), wanted) == [f"flask {flask[1]}"]
    other = _told(*(wanted - {flask}), ("flask", "0.1"))
    assert sbom.lacks(other, wanted) == [f"flask {flask[1]}"]


def test_a_package_with_a_scope_is_called_as_npm_calls_it() -> None:
    told = {"components": [{"group": "@esbuild", "name": "linux-x64", "version": "1.0"}]}
    assert sbom.lacks(told, {("@esbuild/linux-x64", "1.0")}) == []


def test_both_halves_of_the_product_are_of_one_version(project: Path) -> None:
    """npm tells of nothing that has no version."""
    python = tomllib.loads((project / "pyproject.toml").read_text())["project"]["version"]
    for file in ("package.json", "package-lock.json"):
        assert json.loads((project / file).read_text())["version"] == python
