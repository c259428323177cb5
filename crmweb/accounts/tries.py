"""Typed codes and passwords of somebody known, tried no oftener than at the door."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import Enum
from typing import Final

from crmweb.accounts import passwords, second_factors
from crmweb.accounts.attempts import SignInAttempt
from crmweb.accounts.models import User
from crmweb.db import writing

CODES_A_DAY: Final = 40
"""Wrong ones, of six digits with three in force at once: so many a day leave a guesser a chance of one in 8,000."""


class Verdict(Enum):
    """What became of a try."""

    RIGHT = "right"
    WRONG = "wrong"
    TIRED = "tired"
    ENOUGH = "enough"


def code_account(user_id: uuid.UUID) -> str:
    """The name under which wrong codes of a person are counted; a right password does not forgive them."""
    return f"code {user_id}"


def try_code(user: User, typed: str, *, address: str, at: datetime) -> Verdict:
    """Inside the write transaction: of many who try at once, one is looked at at a time."""
    account = code_account(user.id)
    SignInAttempt.wait_for_turn(account)
    if SignInAttempt.too_many(account, address, at=at):
        return Verdict.TIRED
    if SignInAttempt.of_the_day(account, at=at) >= CODES_A_DAY:
        return Verdict.ENOUGH
    if second_factors.accept(user, typed, at=at):
        SignInAttempt.forgive(account)
        return Verdict.RIGHT
    SignInAttempt.failed(account, address, at=at)
    return Verdict.WRONG


def try_password(user: User, typed: str, *, address: str, at: datetime) -> Verdict:
    """Of somebody who is signed in already; a write transaction of its own, begun when the hashing is done."""
    account, stored = user.email or str(user.id), user.password_hash
    if SignInAttempt.too_many(account, address, at=at):
        return Verdict.TIRED
    right = passwords.matches(typed, stored)
    with writing():
        SignInAttempt.wait_for_turn(account)
        if SignInAttempt.too_many(account, address, at=at):
            return Verdict.TIRED
        if not right:
            SignInAttempt.failed(account, address, at=at)
    return Verdict.RIGHT if right else Verdict.WRONG
