"""A mail server on loopback: really spoken to, kind or difficult as a test wants it."""

from __future__ import annotations

import email
import socketserver
import threading
import time
from email.message import EmailMessage
from email.policy import default
from typing import cast


class PostOffice:
    """Takes mail on a port of its own. ``answers`` maps a word of SMTP to what is said in place of *250*.

    ``hangs_at`` is a word to which it gives no answer while it is set (MAIL IS HERE: after it took a mail);
    ``hangs_up_after_data`` takes a mail and closes without a word, so that the sender cannot know. ``refuses`` are
    addresses that it does not know. ``lines``: what was said to it.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.came_at: list[float] = []
        """When each of them did (`time.monotonic`)."""
        self.answers: dict[str, str] = {}
        self.hangs_at: str | None = None
        self.heard: list[str] = []
        self.lines: list[str] = []
        self.hangs_up_after_data = False
        self.refuses: set[str] = set()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Counter)
        self._server.office = self
        self.port: int = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    office: PostOffice


class _Counter(socketserver.StreamRequestHandler):
    """One conversation."""

    def handle(self) -> None:
        self.office = cast(_Server, self.server).office
        self._say("220 post office")
        for line in self.rfile:
            self.office.lines.append(line.decode().strip())
            word = line.decode().split()[0].upper()
            if word == "RCPT" and any(f"<{address}>" in line.decode() for address in self.office.refuses):
                self._say("550 nobody of that name")
            elif not self._heard(word) or not self._answered(word):
                return

    def _heard(self, word: str) -> bool:
        """Note it down, and stand still as long as the office hangs there. False: the office closes."""
        self.office.heard.append(word)
        while word == self.office.hangs_at:
            if self.office.closing.wait(0.02):
                return False
        return True

    def _answered(self, word: str) -> bool:
        """False at the end of the conversation."""
        if word == "DATA" and "DATA" not in self.office.answers:
            self._say("354 go ahead")
            if (mail := self._read_mail()) is None:
                return False
            self.office.came_at.append(time.monotonic())
            self.office.mails.append(mail)
            if not self._heard("MAIL IS HERE") or self.office.hangs_up_after_data:
                return False
        self._say("221 bye" if word == "QUIT" else self.office.answers.get(word, "250 ok"))
        return word != "QUIT"

    def _read_mail(self) -> EmailMessage | None:
        """None where whoever sends it dies in the middle: half a mail is none."""
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return None
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return email.message_from_bytes(b"".join(lines), policy=default)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


def until(happened: object, *, within: float = 10.0) -> None:
    """Wait until ``happened()`` is true. Raises AssertionError when it does not come within so many seconds."""
    assert callable(happened)
    end = time.monotonic() + within
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)
