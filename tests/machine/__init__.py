"""What the tests need from the machine: PostgreSQL, Redis, browsers, Node.js.

Each is taken from where it is named, else from the machine, else fetched into a folder of this project. What
cannot be had is a `Missing` that says what to install, and never a skipped test.
"""

from __future__ import annotations


class Missing(Exception):
    """The machine lacks something that the tests need; the message says what to install."""
