"""The sprite holds what is drawn, and nothing else: every phone loads all of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

LOOKED_AT_BY_US = {"styleguide.html"}
DRAWN = re.compile(
    r"""\bicon(?:\(|=)"([a-z0-9-]+)\""""  # icon("phone"), drop(icon="phone")
    r"""|\bdock_(?:link|drop)\((?:"[^"]*"|[^",]+), "([a-z0-9-]+)\""""
    r"""|\bSaid\("([a-z0-9-]+)\""""
)


def _sprite(project: Path) -> set[str]:
    return set(json.loads((project / "static" / "icons" / "icons.json").read_text()))


def _texts(project: Path) -> str:
    pages = [path for path in (project / "templates").rglob("*.html") if path.name not in LOOKED_AT_BY_US]
    return "\n".join(path.read_text() for path in [*pages, *(project / "crmweb").rglob("*.py")])


def test_every_icon_of_the_sprite_is_drawn_somewhere(project: Path) -> None:
    texts = _texts(project)
    assert [name for name in sorted(_sprite(project)) if f'"{name}"' not in texts] == []


def test_every_icon_that_is_drawn_is_in_the_sprite(project: Path) -> None:
    drawn = {name for match in DRAWN.findall(_texts(project)) for name in match if name}
    assert "phone" in drawn
    assert sorted(drawn - _sprite(project)) == []
