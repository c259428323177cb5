"""Write down what the product is made of: CycloneDX files of the Python and of the npm packages, under `sbom/`.

cyclonedx-py reads the lock that the product is installed by, npm its own. Both files are then held against the locks:
exits 1 where a package is missing or stands there at another version.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "sbom"
PYTHON, NPM = OUT / "python.cdx.json", OUT / "npm.cdx.json"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def main() -> int:
    OUT.mkdir(exist_ok=True)
    _write_python()
    _write_npm()
    missing = [*lacks(_read(PYTHON), of_python()), *lacks(_read(NPM), of_npm())]
    for each in missing:
        print(f"missing: {each}")
    print(
        f"{PYTHON.relative_to(ROOT)}: {len(of_python())} packages, {NPM.relative_to(ROOT)}: {len(of_npm())}"
    )
    return 1 if missing else 0


def _write_python() -> None:
    from dev.security import TOOLS, install

    install()
    asked = "--pyproject pyproject.toml --output-reproducible --output-format JSON --output-file"
    tool = str(TOOLS / "bin" / "cyclonedx-py")
    subprocess.run(
        [tool, "requirements", *asked.split(), str(PYTHON), "requirements/run.txt"], cwd=ROOT, check=True
    )


def _write_npm() -> None:
    from dev.prepare import npm_command

    asked = "sbom --sbom-format cyclonedx --sbom-type application --package-lock-only --omit dev"
    said = subprocess.run(
        [*npm_command(), *asked.split()], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    NPM.write_text(said.stdout)


def _read(file: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(file.read_text())
    return told


def of_python() -> set[tuple[str, str]]:
    """Name and version of all that the product is installed with, for every platform."""
    return {
        (name, version) for name, version in PINNED.findall((ROOT / "requirements" / "run.txt").read_text())
    }


def of_npm() -> set[tuple[str, str]]:
    """The same of what its pages are built from."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    return {
        (path.rpartition("node_modules/")[2], told["version"])
        for path, told in packages.items()
        if path and not told.get("dev")
    }


def lacks(told: dict[str, Any], wanted: set[tuple[str, str]]) -> list[str]:
    """Which of them the file does not tell of."""
    there = {
        (f"{each['group']}/{each['name']}" if each.get("group") else each["name"], each.get("version", ""))
        for each in told.get("components", [])
    }
    return [f"{name} {version}" for name, version in sorted(wanted - there)]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
