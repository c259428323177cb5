"""A rep's phone: it sends each write again and again, under the same key, until the house says that it has it."""

from __future__ import annotations

import http.client
import time
import uuid
from datetime import datetime
from urllib.parse import urlencode

from crmweb.db import new_id

PATIENCE = 120.0
"""Seconds for which one write is sent again."""
AGAIN = 0.3


class Phone:
    """Signed in by the cookie of a device."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port = port
        self._headers = {
            "Cookie": f"session={cookie}",
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self.sent = 0
        self.again = 0

    def post(self, path: str, **fields: str) -> None:
        """Have it written. Raises AssertionError where the house refuses it, or nobody answers for long."""
        body, key = urlencode(fields), str(new_id())
        self.sent += 1
        end = time.monotonic() + PATIENCE
        while (status := self._status(path, body, key)) == 0 or status >= 500:
            assert time.monotonic() < end, f"nobody took {path}: {status}"
            self.again += 1
            time.sleep(AGAIN)
        assert status < 400, f"{path} was refused: {status}"

    def _status(self, path: str, body: str, key: str) -> int:
        """What the house says; 0 where it hangs up."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("POST", path, body, {**self._headers, "Idempotency-Key": key})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    # --- what a rep does -------------------------------------------------------------------------------

    def visit(self, customer: uuid.UUID, outcome: str) -> uuid.UUID:
        """Check in, finish; the visit's id."""
        visit = new_id()
        self.post(f"/customers/{customer}/visits", id=str(visit))
        self.post(f"/visits/{visit}/finish", outcome=outcome)
        return visit

    def write(self, customer: uuid.UUID, channel: str, text: str, *, at: datetime | None = None) -> uuid.UUID:
        """One message to the shop, to be sent at that time by the rep's watch, or at once; the follow-up's id."""
        followup, when = new_id(), {"when": "at", "at": f"{at:%FT%T}"} if at else {"when": "now"}
        self.post(
            f"/customers/{customer}/followups",
            id=str(followup), to="shop", channel=channel, subject=text, text=text, **when,
        )  # fmt: skip
        return followup

    def cancel(self, followup: uuid.UUID) -> None:
        self.post(f"/followups/{followup}/cancel")

    def wants_no_more(self, customer: uuid.UUID, channel: str) -> None:
        self.post(f"/customers/{customer}/consents", to="shop", channel=channel, how="withdrawn")
