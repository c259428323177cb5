"""What the policies ask of a visit besides its place: why it was away, and a photo."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.accounts.policies import policies_of
from crmweb.accounts.policy_kinds import ALWAYS, DOUBTFUL, NEVER
from crmweb.visits.verdicts import AWAY

if TYPE_CHECKING:
    from crmweb.visits.photos import VisitPhoto


class Asked:
    """A trait of a visit: each keeps what was in force for its visitor when it began, as it keeps its radius.

    Asking stops nobody. What is owed is marked, and can be told later. `no_photo` says why there is none.
    """

    if TYPE_CHECKING:
        verdict: Mapped[str | None]
        why: Mapped[str | None]
        radius_m: Mapped[int]

        @property
        def photos(self) -> list[VisitPhoto]: ...

        @property
        def at_the_place(self) -> bool: ...

        @property
        def is_doubtful(self) -> bool: ...

    asks_why: Mapped[bool] = mapped_column(default=False)
    asks_photo: Mapped[str] = mapped_column(String(12), default=NEVER)
    no_photo: Mapped[str | None] = mapped_column(String(200))

    def follow_policies(self, person_id: uuid.UUID, *, at: datetime) -> None:
        """Keep what was in force for the visitor at that moment, however late we hear of it."""
        held = policies_of(person_id, at=at)
        self.radius_m = int(held["radius_m"])
        self.asks_why, self.asks_photo = bool(held["reason_when_away"]), str(held["photo_needed"])

    @property
    def owes_why(self) -> bool:
        """Whether it was away, and its visitor has not said why."""
        return self.asks_why and self.at_the_place and self.verdict == AWAY and not self.why

    @property
    def owes_photo(self) -> bool:
        """Whether there is neither a photo that is asked for nor a word why not."""
        asked = self.asks_photo == ALWAYS or (self.asks_photo == DOUBTFUL and self.is_doubtful)
        return asked and self.at_the_place and not self.photos and not self.no_photo
