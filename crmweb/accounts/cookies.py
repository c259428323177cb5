"""The cookies of the door. On https `__Host-` binds each to our host; on loopback http it could not be set."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, request

from crmweb.browser import on_https

SESSION = "session"
PENDING = "pending"
"""A sign-in between its two steps."""

CHALLENGE = "challenge"
DEVICE = "device"
"""Marks a browser, so that its person need not be told of it as of a new one; opens nothing."""


def cookie_name(name: str) -> str:
    return f"__Host-{name}" if on_https() else name


def held_cookie(name: str) -> str | None:
    """What this browser holds under the name."""
    return request.cookies.get(cookie_name(name))


def hand_over(answer: Response, name: str, value: str, lasts: timedelta | None) -> Response:
    """Give the browser a secret to keep from scripts; `lasts` None: until it is closed."""
    answer.set_cookie(
        cookie_name(name),
        value,
        max_age=int(lasts.total_seconds()) if lasts else None,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=on_https(),
    )
    return answer


def take_back(answer: Response, name: str) -> Response:
    answer.delete_cookie(cookie_name(name), path="/", httponly=True, samesite="Lax", secure=on_https())
    return answer
