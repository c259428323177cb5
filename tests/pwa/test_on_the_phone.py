"""What the phone works out by itself is what the server would have said."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crmweb.geo import Point, haversine_m
from crmweb.names import fold, initials
from tests.machine.node import where

NAMES = [
    "Nhà thuốc Hồng Phúc", "Đại lý Minh Tâm 12", "Chị Hạnh", "Anh Nguyễn Văn Đức", "Ông", "7-Eleven", "CÔNG TY TNHH",
    "Quán “Dì Sáu” (hẻm 42)", "Café Ærø & Søn", "Łódź", "Straße 5", "  Tạp   hóa\tCô Ba ", "İstanbul", "Ngô_Quyền",
    "Κατάστημα Ήλιος", "Магазин Ёлка", "ร้านกาแฟ", "दुकान", "小さな店 3", "✨", "", "Nguyễn", "ĐƯỜNG ƠI Ý", "O'Brien",
]  # fmt: skip
"""Names as people write them, in several scripts and with every kind of sign."""


def _say(project: Path, script: str, given: Any) -> Any:
    """What a script of ours makes of something, in Node.js."""
    asked = f"const given = JSON.parse(process.argv[1]);\n{script}\nconsole.log(JSON.stringify(said));"
    command = [str(where()), "--input-type=module", "--eval", asked, json.dumps(given)]
    answer = subprocess.run(
        command, cwd=project / "static/js/pack", capture_output=True, text=True, check=True
    )
    return json.loads(answer.stdout)


@pytest.mark.parametrize(("name", "ours"), [("fold", fold), ("initials", initials)])
def test_names_are_folded_and_shortened_alike(project: Path, name: str, ours: Any) -> None:
    file = {"fold": "fold", "initials": "names"}[name]
    script = f'import {{ {name} }} from "./{file}.js"; const said = given.map({name});'
    assert dict(zip(NAMES, _say(project, script, NAMES), strict=True)) == {each: ours(each) for each in NAMES}


def test_distances_are_the_same(project: Path) -> None:
    pairs = [
        ((10.7725, 106.698), (10.78, 106.7)),
        ((89.9, 0.0), (89.9, 180.0)),
        ((-33.9, 151.2), (21.03, 105.85)),
    ]
    script = (
        'import { metres } from "./distance.js"; const at = ([lat, lng]) => ({ lat, lng });'
        "const said = given.map(([a, b]) => metres(at(a), at(b)));"
    )
    theirs = _say(project, script, pairs)
    assert theirs == pytest.approx([haversine_m(Point(*a), Point(*b)) for a, b in pairs], rel=1e-12)
