"""Collect the texts people see, and put new ones into every language's catalogue.

Afterwards fill the empty `msgstr` lines; `make test` fails while one is empty or fuzzy.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = Path("crmweb/translations")
PYBABEL = ROOT / ".venv" / "bin" / "pybabel"


def main() -> None:
    """Extract, then update; line numbers are left out so that catalogues change only with texts."""
    with tempfile.NamedTemporaryFile(suffix=".pot") as template:
        extract(Path(template.name))
        how = ["--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date"]
        _pybabel("update", "-i", template.name, "-d", str(CATALOGUES), *how)


def extract(template: Path) -> None:
    """Write every text of the code and the templates to `template`."""
    # Babel passes over folders that begin with an underscore, such as templates/_ui, unless told which to ignore.
    where = ["-F", "dev/babel.cfg", "--ignore-dirs", ".* node_modules"]
    how = [*where, "-k", "lazy_gettext", "-k", "_l", "--no-location", "--sort-output"]
    _pybabel("extract", *how, "-o", str(template), ".")


def _pybabel(*arguments: str) -> None:
    subprocess.run([PYBABEL, "-q", *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
