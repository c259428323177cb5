"""The channel *email*: SMTP (RFC 5321), one connection a message; or files, where there is no server.

Payload: ``subject`` and ``text``, and where there are, ``html``, ``reply_to`` (an address), ``from_name``,
``return_to``, the mailbox of ours where bounces and, beside ``reply_to``, answers go, and ``unsubscribe``, the address
of the web that takes a POST from whoever wants no more (RFC 8058). Recipient: an address.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from crmweb.clock import now
from crmweb.notifications.channels import SEND_LIMIT, Message, PermanentFailure, TransientFailure, wire_id

# Seconds for each word of the conversation; SEND_LIMIT is for all of it.
ANSWER_WITHIN: Final = 10.0
NOBODY: Final = "crmweb <crmweb@localhost>"
"""The sender in files, where none is set."""
_LINE_BREAKS: Final = re.compile(r"[\r\n\x00\x85\u2028\u2029]+")


@dataclass(frozen=True)
class MailServer:
    """A ``MAIL_URL``: ``smtp://user:password@host:587?starttls`` or ``smtps://user:password@host``."""

    host: str
    port: int
    user: str | None = None
    password: str = ""
    tls: bool = False
    starttls: bool = False

    @classmethod
    def read(cls, url: str) -> MailServer:
        """Raises ValueError, in words for an admin, when ``url`` is not a mail server's."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError(
                "MAIL_URL must look like smtp://user:password@host:587?starttls or smtps://user:password@host"
            )
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if tls else 587),
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or ""),
            tls=tls,
            starttls="starttls" in parse_qs(parts.query, keep_blank_values=True),
        )


class _InOneLine:
    """A header that is never broken: Python encodes an address longer than a line, which no mail program decodes."""

    max_count = 1

    @classmethod
    def parse(cls, value: str, found: dict[str, Any]) -> None:
        """See ``email.headerregistry``."""
        found["parse_tree"], found["decoded"] = None, value

    def fold(self, *, policy: EmailPolicy) -> str:
        """See ``email.headerregistry``."""
        return f"List-Unsubscribe: {self}{policy.linesep}"


_HEADERS: Final = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _InOneLine)  # type: ignore[arg-type] # it mixes BaseHeader in
_POLICY: Final = EmailPolicy(header_factory=_HEADERS)


class Email:
    """Sends by the server of ``mail_url`` as ``mail_from``. Without a server a mail is written into the folder
    ``files``; where there is none, it fails and says what is missing.
    """

    def __init__(self, mail_url: str, mail_from: str, *, files: Path | None = None) -> None:
        self.mail_url = mail_url
        self.mail_from = mail_from
        self.files = files

    def send(self, message: Message) -> None:
        """See ``Channel.send``."""
        if self.files is not None and not self.mail_url:
            return self._write(message, self.files)
        server, sender = self._server(), self._sender()
        mail = _mail(message, sender)
        try:
            with _conversation(server) as smtp:
                smtp.before_data = message.last_look  # after this the mail is theirs
                back = str(message.payload.get("return_to") or parseaddr(sender)[1])
                smtp.send_message(mail, from_addr=back, to_addrs=[mail["To"].addresses[0].addr_spec])
        except (smtplib.SMTPException, OSError) as error:
            raise _judged(error) from error

    def _write(self, message: Message, folder: Path) -> None:
        """As a file that a mail program opens; a resend takes the place of the first."""
        mail = _mail(message, self.mail_from or NOBODY)
        message.last_look()
        name = mail["Message-ID"].strip("<>").partition("@")[0]
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            half = folder / f".{name}"
            half.write_bytes(mail.as_bytes())
            half.replace(folder / f"{name}.eml")
        except OSError as error:
            raise TransientFailure(f"cannot write into {folder}: {error.strerror}") from error

    def _server(self) -> MailServer:
        if not self.mail_url:
            raise PermanentFailure("no mail server: set MAIL_URL, then retry")
        try:
            return MailServer.read(self.mail_url)
        except ValueError as error:
            raise PermanentFailure(str(error)) from error

    def _sender(self) -> str:
        if not self.mail_from or "@" not in parseaddr(self.mail_from)[1]:
            raise PermanentFailure("no sender: set MAIL_FROM to an address, then retry")
        return self.mail_from


def message_id(dedupe: str, sender: str) -> str:
    """The same for each resend, so that a mailbox that already has the message can tell."""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return f"<{wire_id(dedupe)}@{domain}>"


def _mail(message: Message, sender: str) -> EmailMessage:
    mail = EmailMessage(_POLICY)
    try:
        mail["From"] = _sender_named(sender, message.payload.get("from_name"))
        mail["To"] = Address(addr_spec=message.recipient)  # strictly one address, or it raises
        mail["Subject"] = _one_line(str(message.payload["subject"]))
        back = [message.payload[name] for name in ("reply_to", "return_to") if message.payload.get(name)]
        if back:
            mail["Reply-To"] = [Address(addr_spec=str(where)) for where in back]
    except (KeyError, ValueError, IndexError, HeaderParseError) as error:
        raise PermanentFailure(f"cannot be written as a mail: {error}") from error
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = message_id(message.dedupe, sender)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    if unsubscribe := message.payload.get("unsubscribe"):
        mail["List-Unsubscribe"] = f"<{_one_line(str(unsubscribe))}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(str(message.payload.get("text", "")))
    if html := message.payload.get("html"):
        mail.add_alternative(str(html), subtype="html")
    return mail


def _sender_named(sender: str, name: object) -> Address | str:
    """Our address, under the name of the person who writes where there is one."""
    if not name:
        return _one_line(sender)
    return Address(display_name=_one_line(str(name)), addr_spec=parseaddr(_one_line(sender))[1])


def _one_line(text: str) -> str:
    """A header's value that cannot begin another header."""
    return _LINE_BREAKS.sub(" ", text).strip()


@contextmanager
def _conversation(server: MailServer) -> Iterator[_Smtp]:
    """A connection, greeted and signed in, that is cut off at ``SEND_LIMIT`` however slowly the far end
    talks.
    """
    smtp = _connected(server)
    guillotine = threading.Timer(SEND_LIMIT - ANSWER_WITHIN, _cut, [smtp])
    guillotine.daemon = True
    guillotine.start()
    try:
        if server.starttls:
            smtp.starttls(context=ssl.create_default_context())
        if server.user:
            smtp.login(server.user, server.password)
        yield smtp
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()  # the message is theirs already
    finally:
        guillotine.cancel()
        smtp.close()


class _Smtp(smtplib.SMTP):
    """smtplib's, with a moment to think again before DATA."""

    before_data: Callable[[], None]

    def data(self, msg: bytes | str) -> tuple[int, bytes]:  # type: ignore[override]
        self.before_data()
        return super().data(msg)


class _SmtpOverTls(_Smtp, smtplib.SMTP_SSL):
    """The same from the first byte in TLS."""


def _connected(server: MailServer) -> _Smtp:
    if server.tls:
        context = ssl.create_default_context()
        return _SmtpOverTls(server.host, server.port, timeout=ANSWER_WITHIN, context=context)
    return _Smtp(server.host, server.port, timeout=ANSWER_WITHIN)


def _cut(smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        with suppress(OSError):
            smtp.sock.shutdown(socket.SHUT_RDWR)


def _judged(error: Exception) -> PermanentFailure | TransientFailure:
    """Whether trying again may help. A refused sign-in or sender is our settings' fault: mended, the mail
    goes out.
    """
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return TransientFailure(f"the mail server refused the sign-in ({error.smtp_code}): check MAIL_URL")
    if isinstance(error, smtplib.SMTPSenderRefused):
        return TransientFailure(f"the mail server refused the sender ({error.smtp_code}): check MAIL_FROM")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reason = next(iter(error.recipients.values()))
        return _by_code(code, reason)
    if isinstance(error, smtplib.SMTPResponseException):
        return _by_code(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return PermanentFailure(f"the mail server cannot do this: {error}")
    return TransientFailure(f"the mail server did not take it: {type(error).__name__}: {error}")


def _by_code(code: int, reason: bytes | str) -> PermanentFailure | TransientFailure:
    """RFC 5321 4.2.1: 5yz is permanent, 4yz is not."""
    words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    text = f"the mail server said {code} {words}"
    return PermanentFailure(text) if 500 <= code < 600 else TransientFailure(text)
