"""An address at which nobody is gets nothing more, whoever has it."""

from __future__ import annotations

from datetime import datetime

from crmweb.followups.incoming.models import BOUNCE
from crmweb.followups.incoming.statuses import Bounce, status_in
from crmweb.followups.incoming.telling import tell
from crmweb.followups.message_templates import EMAIL
from crmweb.followups.models import Followup
from crmweb.followups.unreachable import Unreachable
from crmweb.followups.unsubscribing import cancel_to


def close(followup: Followup, reason: str, *, at: datetime) -> None:
    """Nothing reaches its address: what waits for it is cancelled, and says so. Needs a session that sees all."""
    Unreachable.mark(followup.channel, followup.address, reason, at=at)
    cancel_to(followup.channel, followup.address, "unreachable")


def refused(followup: Followup, *, at: datetime) -> None:
    """It was turned away at the door. Where the mail server said that nobody is there, it is as if it had come back."""
    words = followup.reason.partition("the mail server said ")[2]
    bounce = Bounce(status_in(words), words)
    if followup.channel == EMAIL and bounce.of_the_address:
        close(followup, bounce.reason, at=at)
        tell(followup, BOUNCE, about=followup.id, text=words, at=at)
