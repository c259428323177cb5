"""The results of Nearby as they are swapped in: what frames the rows is kept for every place."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from markupsafe import escape

from crmweb.nearby.asking import Filters
from crmweb.nearby.forms import Anywhere, Question
from crmweb.nearby.nearest import DueCounts
from crmweb.nearby.neighbours import Neighbour
from crmweb.nearby.rows import Sight, as_the_nearest, in_a_list
from crmweb.templating import Kept

People = tuple[tuple[uuid.UUID, str], ...]

KEPT_NAMES = 12
"""A frame that offers more people to pick from is long, and is drawn anew each time."""


class Frame(NamedTuple):
    """All that the results say but for the place and the rows."""

    k: int
    filters: Filters
    shown: int
    more: bool
    counts: DueCounts | None
    people: People
    may_add: bool
    tile_url: str
    tile_credit: str

    def tells(self) -> dict[str, Any]:
        question = Anywhere(None, self.k, self.filters)
        return {"question": question, **self._asdict()}


_FRAME = Kept("nearby/_results.html", Frame.tells)


def results(question: Question, found: Sequence[Neighbour], sight: Sight, frame: Frame) -> bytes:
    """The chips, the nearest customer, the others, and the map beside them where there is room."""
    drawn = _FRAME.anew(frame) if len(frame.people) > KEPT_NAMES else _FRAME.here()(frame)
    gaps = {
        "place": escape(question.place).encode(),
        "here": escape(question.here).encode(),
        "nearest": as_the_nearest(found[0], sight) if found else b"",
        "others": in_a_list(found[1:], sight),
    }
    return b"".join(drawn.pieces(gaps))
