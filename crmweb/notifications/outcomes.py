"""What came of a try: one of five ends, or another try later; and the news of ends to whoever filed the delivery."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from crmweb.notifications.channels import Message, NotWanted, NotYet, PermanentFailure, TransientFailure
from crmweb.notifications.claims import LONGEST_WAIT, MOST_TRIES, Claim, wait_after
from crmweb.notifications.models import CANCELLED, DEAD, FAILED, SENT, WAITING

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Ended:
    """A delivery that has come to its end, as its owner hears of it."""

    delivery: uuid.UUID
    dedupe: str
    kind: str
    recipient: str
    payload: Mapping[str, Any]
    notice_id: uuid.UUID | None
    state: str
    reason: str
    at: datetime


OnEnd = Callable[[Sequence[Ended]], None]
BeforeSend = Callable[[Message], Message | None]

NOTICE: Final = "notice"
"""The kind of the deliveries that let a notice set out, and what those that carry it are about."""

_on_end: dict[str, OnEnd] = {}
_before_send: dict[str, BeforeSend] = {}


def on_end(about: str, listener: OnEnd) -> None:
    """Have ``listener`` told of the ends of deliveries whose payload says ``about``, within the transaction that
    writes them.
    """
    _on_end[about] = listener


def before_send(about: str, check: BeforeSend) -> None:
    """Have ``check`` asked just before such a delivery is sent; it raises NotWanted or NotYet to hold it back.

    It may return the message as it is to go, with what the ledger must not keep.
    """
    _before_send[about] = check


def as_it_goes(message: Message) -> Message:
    """Ask whoever filed it. Raises what they raise."""
    check = _before_send.get(_about(message.payload))
    return (check(message) if check else None) or message


def _about(payload: Mapping[str, Any]) -> str:
    return str(payload.get("about", ""))


@dataclass(frozen=True)
class Outcome:
    """What one try came to. ``until`` is when the next one may be."""

    claim: Claim
    state: str
    reason: str = ""
    until: datetime | None = None
    tried: bool = True

    def write(self, *, at: datetime) -> Ended | None:
        """Write it down, while the lease is ours. The end that it is, if it is one."""
        return self.told(self._written(at), at=at)

    def told(self, mine: bool, *, at: datetime) -> Ended | None:
        """Say in the log what it came to, and whether it could be written down."""
        level = log.info if self.state in (SENT, CANCELLED) else log.warning if self.tried else log.debug
        level("delivery", delivery=str(self.claim.delivery), kind=self.claim.kind, lane=self.claim.lane,
              state=self.state, tries=self.claim.attempts, reason=self.reason, kept=mine)  # fmt: skip
        if not mine or self.state == WAITING:
            return None
        message = self.claim.message
        return Ended(
            message.delivery, message.dedupe, self.claim.kind, message.recipient, message.payload,
            self.claim.notice_id, self.state, self.reason, at,
        )  # fmt: skip

    def _written(self, at: datetime) -> bool:
        claim = self.claim
        if self.state == WAITING:
            until = self.until or at
            return claim.put_off(self.reason, until=until) if self.tried else claim.give_back(until=until)
        return {FAILED: claim.failed, DEAD: claim.dead, CANCELLED: claim.cancelled}[self.state](
            self.reason, at=at
        )


def judged(claim: Claim, raised: Exception | None, *, at: datetime) -> Outcome:
    """What a send came to, by what it raised."""
    match raised:
        case None:
            return Outcome(claim, SENT)
        case NotWanted():
            return Outcome(claim, CANCELLED, str(raised))
        case NotYet(until=until):
            return Outcome(claim, WAITING, "", until, tried=False)
        case PermanentFailure():
            return Outcome(claim, FAILED, str(raised))
        case TransientFailure(retry_after=retry_after):
            return again(claim, str(raised), at=at, retry_after=retry_after)
        case _:
            return again(claim, f"{type(raised).__name__}: {raised}", at=at)


def again(claim: Claim, reason: str, *, at: datetime, retry_after: float | None = None) -> Outcome:
    """Later, if it is not too late then: after ``retry_after`` seconds if the far end named them, else by the list
    of waits.
    """
    wait = wait_after(claim.attempts) if retry_after is None else timedelta(seconds=max(retry_after, 1))
    until = at + min(wait, LONGEST_WAIT)
    if claim.attempts >= MOST_TRIES:
        return Outcome(claim, DEAD, reason)
    if claim.message.stale_at is not None and until >= claim.message.stale_at:
        return Outcome(claim, FAILED, f"went stale: {reason}")
    return Outcome(claim, WAITING, reason, until)


def write_down(outcomes: Iterable[Outcome], *, at: datetime) -> None:
    """Write what came of some tries, and tell whoever filed those that ended. Within the caller's transaction."""
    outcomes = list(outcomes)
    arrived = [outcome for outcome in outcomes if outcome.state == SENT]
    written = Claim.all_sent([outcome.claim for outcome in arrived], at=at) if arrived else set()
    told = [outcome.told(outcome.claim.delivery in written, at=at) for outcome in arrived]
    told += [outcome.write(at=at) for outcome in outcomes if outcome.state != SENT]
    ends: defaultdict[str, list[Ended]] = defaultdict(list)
    for ended in filter(None, told):
        ends[_about(ended.payload)].append(ended)
    for owner, theirs in ends.items():
        if listener := _on_end.get(owner):
            listener(theirs)
