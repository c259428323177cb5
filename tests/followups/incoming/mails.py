"""Mail as it comes in."""

from __future__ import annotations

from email.message import EmailMessage

NAME = "0123456789abcdef" * 2
"""In the Message-ID of a mail of ours."""


def answer(
    text: str, *, name: str = NAME, sender: str = "Hạnh <hanh@example.com>", **more: str
) -> EmailMessage:
    """What somebody writes back."""
    mail = EmailMessage()
    headers = {
        "From": sender, "To": "crm@example.com", "Subject": "Re: Trà mới", "Message-ID": "<1@example.com>",
        "In-Reply-To": f"<{name}@example.com>", **more,
    }  # fmt: skip
    for header, value in headers.items():
        mail[header] = value.replace("\n", "")
    mail.set_content(text)
    return mail


def bounce(
    status: str,
    said: str,
    *,
    name: str = NAME,
    address: str = "hanh@example.com",
    action: str = "failed",
    carries: str = "mail",
    to: str = "crm@example.com",
) -> bytes:
    """What a mail server says of a mail that it could not deliver (RFC 3464)."""
    carried = {
        "mail": f"Content-Type: message/rfc822\n\nFrom: crm@example.com\nMessage-ID: <{name}@example.com>\n\nChào",
        "head": f"Content-Type: text/rfc822-headers\n\nFrom: crm@example.com\nMessage-ID: <{name}@example.com>\n",
        "nothing": "Content-Type: text/plain\n\n",
    }[carries]
    blocks = f"Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; {address}\nAction: {action}\n"
    blocks += f"Status: {status}\n" if status else ""
    blocks += f"Diagnostic-Code: smtp; {said}\n" if said else ""
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nTo: {to}\nSubject: Undelivered Mail\n"
        f"Message-ID: <{status}.{name[:8]}@mx.example.com>\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nIt did not arrive.\n\n"
        f"--b\nContent-Type: message/delivery-status\n\n{blocks}\n"
        f"--b\n{carried}\n--b--\n"
    ).encode()
