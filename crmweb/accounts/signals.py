"""What the rest of the house hears about people, in the transaction in which it happens."""

from __future__ import annotations

from blinker import Signal

access_ended = Signal(
    "What let a person in counts no more. Sender: the user; `at`; maybe `staying`: a session's id."
)
"""The one place from which sessions, links and whatever else lets a person in hear that it is over."""

email_changed = Signal("What went to the old address must open nothing. Sender: the user; `at`.")
