"""What a person should hear of who comes in by their name; whoever carries notices listens."""

from __future__ import annotations

from blinker import Signal

device_joined = Signal(
    "Somebody signed in as this person in a browser that is new to us, and not the first. Sender: the user; `at`, "
    "`device` as the browser calls itself, `address`, `session_id`."
)

theft_noticed = Signal(
    "A token was brought that this person's device had given back: two hold it, so their session was ended. Sender: "
    "the user; `at`, `device`, `session_id`."
)
