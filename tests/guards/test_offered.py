"""What a page offers opens: no link, button or form leads somebody to what their role does not allow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from html import unescape
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.roles import PERMISSIONS, Role, with_implied
from crmweb.db import db, writing
from crmweb.web import declared
from tests.guards.owned import LANS
from tests.shops import Shops

PhoneOf = Callable[[Actor], FlaskClient]
House = Callable[[], AbstractContextManager[None]]

READING = re.compile(r'\b(?:href|hx-get)="(/[^"]*)"')
WRITING = re.compile(r'\bhx-post="(/[^"]*)"|<form\b(?=[^>]*method="post")[^>]*action="(/[^"]*)"')

SHAPE = re.compile(r"<template\b.*?</template>", re.DOTALL)
"""What a script fills: its addresses are none yet."""

EVERYBODYS = {"/", "/settings"}
"""Where everybody begins."""

MADE = [
    (),
    *((right,) for right in PERMISSIONS),
    *((right, "customers:read:all") for right in PERMISSIONS if right != "customers:read:all"),
]
"""Roles that an admin may make: nothing, one right, one right of somebody who sees all customers."""


class Offer(NamedTuple):
    method: str
    path: str


def offers(page: str) -> Iterator[Offer]:
    page = SHAPE.sub("", page)
    for found in READING.finditer(page):
        yield Offer("GET", unescape(found[1]))
    for found in WRITING.finditer(page):
        yield Offer("POST", unescape(found[1] or found[2]))


def needed(app: Flask, offer: Offer) -> tuple[str, str | None]:
    """The endpoint and the right that it declares."""
    endpoint, _arguments = app.url_map.bind("localhost").match(urlsplit(offer.path).path, offer.method)
    return endpoint, declared(app, endpoint)


def walk(app: Flask, phone: FlaskClient, rights: Iterable[str]) -> Iterator[str]:
    """What is wrong, one page of each kind after the other, from where everybody begins."""
    waiting, seen = [("the start", Offer("GET", path)) for path in EVERYBODYS], set[str]()
    while waiting:
        where, offer = waiting.pop()
        endpoint, need = needed(app, offer)
        if need is not None and need not in rights:
            yield f"{where} offers {offer.method} {offer.path}, which needs {need}"
        elif offer.method == "GET" and endpoint not in {*seen, "static", "photos.show"}:
            seen.add(endpoint)
            answer = phone.get(offer.path)
            if answer.status_code == 303:
                waiting.append((offer.path, Offer("GET", answer.location)))
            elif answer.status_code >= 400:
                yield f"{where} leads to {offer.path}, which answers {answer.status_code}"
            elif answer.mimetype == "text/html":
                waiting += [(offer.path, each) for each in offers(answer.text)]


@pytest.mark.parametrize("made", MADE, ids="+".join)
def test_a_made_role_is_offered_nothing_that_it_does_not_open(
    app: Flask, house: House, lan: Actor, mai: Actor, phone_of: PhoneOf, made: tuple[str, ...]
) -> None:
    phone_of(lan)
    with house():
        shops = Shops.open()
        for made_of_lans in LANS.values():
            made_of_lans(lan, shops)
        with writing():
            role = Role.make("Made", made, at=clock.now())
            db.session.get_one(User, mai.id).change_role(role.name, by=None, at=clock.now())
    rights = with_implied(made) | {"own:settings"}
    assert sorted(set(walk(app, phone_of(mai), rights))) == []
