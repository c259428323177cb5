"""What the tests of the lights share: a mail server, and a bell that rings nothing into the next test."""

from __future__ import annotations

from tests.notifications.conftest import fresh_bell, post_office

__all__ = ["fresh_bell", "post_office"]
