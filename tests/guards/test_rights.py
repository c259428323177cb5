"""Every endpoint × role: who is let in, who is sent to the door, who is refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from crmweb.accounts.actor import Actor
from crmweb.accounts.roles import PERMISSIONS, ROLES
from crmweb.web import declared

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def _endpoints(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Each rule and method, with a path that nobody owns."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        arguments = {name: _stranger(rule, name) for name in rule.arguments}
        with app.test_request_context():
            path = app.url_map.bind("localhost").build(rule.endpoint, arguments)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, path


def _stranger(rule: Rule, name: str) -> object:
    converter = type(rule._converters[name]).__name__
    return {"UUIDConverter": uuid.UUID(int=7), "IntegerConverter": 7}.get(converter, "nobodys")


def test_every_endpoint_says_what_it_needs(app: Flask) -> None:
    for rule, _method, _path in _endpoints(app):
        permission = declared(app, rule.endpoint)
        assert permission is None or permission in PERMISSIONS, rule


def test_who_has_not_signed_in_is_sent_to_the_door(app: Flask, client: FlaskClient) -> None:
    for rule, method, path in _endpoints(app):
        if declared(app, rule.endpoint) is None:
            continue
        answer = client.open(path, method=method)
        assert answer.status_code == 303, (method, path)
        assert answer.location.startswith("/session/new"), (method, path)
        by_script = client.open(path, method=method, headers={"Idempotency-Key": "k"})
        assert by_script.status_code == 401, (method, path)


@pytest.mark.parametrize("who", ["lan", "hung", "mai", "tuan"])
def test_a_role_without_the_permission_is_refused(
    app: Flask, people: dict[str, Actor], phone_of: Callable[[Actor], FlaskClient], who: str
) -> None:
    person = people[who]
    client = phone_of(person)
    for rule, method, path in _endpoints(app):
        permission = declared(app, rule.endpoint)
        if permission is not None and permission not in ROLES[person.role]:
            assert client.open(path, method=method).status_code == 403, (who, method, path)


def test_what_nobody_owns_is_not_found(
    app: Flask, outsider: Actor, phone_of: Callable[[Actor], FlaskClient]
) -> None:
    client = phone_of(outsider)
    for rule, method, path in _endpoints(app):
        permission = declared(app, rule.endpoint)
        if method == "GET" and rule.arguments and permission in ROLES[outsider.role]:
            assert client.get(path).status_code == 404, path


def test_a_write_from_another_site_is_refused(
    app: Flask, lan: Actor, phone_of: Callable[[Actor], FlaskClient]
) -> None:
    client = phone_of(lan)
    for _rule, method, path in _endpoints(app):
        if method in UNSAFE:
            foreign = client.open(path, method=method, headers={"Sec-Fetch-Site": "cross-site"})
            assert foreign.status_code == 403, (method, path)
