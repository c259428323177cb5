"""Every endpoint × role × method: who is let in, who is sent to the door, who is refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Map, Rule

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.roles import PERMISSIONS, ROLES
from crmweb.db import db, writing
from crmweb.web import declared
from tests.guards.owned import Arguments, arguments_of_lans
from tests.shops import Shops

PhoneOf = Callable[[Actor], FlaskClient]
House = Callable[[], AbstractContextManager[None]]

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
EVERYONE = ("lan", "hung", "mai", "tuan", "binh", "outsider")


class Endpoint(NamedTuple):
    """One address and method."""

    rule: Rule
    method: str
    path: str
    needs: str | None


def endpoints(app: Flask, arguments: Callable[[Rule], Arguments] | None = None) -> Iterator[Endpoint]:
    """Each of them; with ids that nobody owns unless `arguments` knows better."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        path = app.url_map.bind("localhost").build(rule.endpoint, (arguments or _of_nobody)(rule))
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Endpoint(rule, method, path, declared(app, rule.endpoint))


def guarded(app: Flask) -> list[Endpoint]:
    found = [endpoint for endpoint in endpoints(app) if endpoint.needs is not None]
    assert len(found) >= 8
    return found


def _of_nobody(rule: Rule) -> Arguments:
    kinds = {"UUIDConverter": uuid.UUID(int=7), "IntegerConverter": 7}
    return {name: kinds.get(type(rule._converters[name]).__name__, "nobodys") for name in rule.arguments}


# --- declared -----------------------------------------------------------------------------------------


def test_every_endpoint_says_what_it_needs(app: Flask) -> None:
    for endpoint in endpoints(app):
        assert endpoint.needs is None or endpoint.needs in PERMISSIONS, endpoint.rule


def test_every_permission_is_held_by_somebody_and_known(app: Flask) -> None:
    assert frozenset().union(*ROLES.values()) == set(PERMISSIONS)


def test_an_endpoint_that_says_nothing_lets_nobody_in(
    app: Flask, tuan: Actor, phone_of: PhoneOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = app.view_functions["nearby.index"]
    monkeypatch.setitem(app.view_functions, "nearby.index", lambda: view())
    for client in (app.test_client(), phone_of(tuan)):
        assert client.get("/nearby").status_code == 500


# --- strangers ----------------------------------------------------------------------------------------


def test_who_has_not_signed_in_is_sent_to_the_door(
    app: Flask, client: FlaskClient, subtests: pytest.Subtests
) -> None:
    for endpoint in guarded(app):
        with subtests.test(f"{endpoint.method} {endpoint.path}"):
            answer = client.open(endpoint.path, method=endpoint.method)
            assert answer.status_code == 303
            assert answer.location.startswith("/session/new")


def test_htmx_hears_where_the_door_is(app: Flask, client: FlaskClient, subtests: pytest.Subtests) -> None:
    for endpoint in guarded(app):
        with subtests.test(f"{endpoint.method} {endpoint.path}"):
            answer = client.open(endpoint.path, method=endpoint.method, headers={"HX-Request": "true"})
            assert answer.status_code == 401
            assert answer.headers["HX-Redirect"].startswith("/session/new")
            assert answer.text == ""


def test_a_script_hears_401_and_is_never_redirected(
    app: Flask, client: FlaskClient, subtests: pytest.Subtests
) -> None:
    for endpoint in guarded(app):
        with subtests.test(f"{endpoint.method} {endpoint.path}"):
            answer = client.open(endpoint.path, method=endpoint.method, headers={"Idempotency-Key": "k"})
            assert answer.status_code == 401
            assert answer.json == {"error": "signed_out"}
            assert "Location" not in answer.headers


# --- roles --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYONE)
def test_a_role_goes_where_its_permissions_lead_and_no_further(
    app: Flask, people: dict[str, Actor], phone_of: PhoneOf, who: str, subtests: pytest.Subtests
) -> None:
    person = people[who]
    for endpoint in guarded(app):
        with subtests.test(f"{endpoint.method} {endpoint.path}"):
            client = phone_of(person)  # anew, for what signs out
            refused = client.open(endpoint.path, method=endpoint.method).status_code == 403
            assert refused == (endpoint.needs not in ROLES[person.role])


def test_a_role_that_nobody_knows_may_nothing(
    app: Flask, lan: Actor, house: House, phone_of: PhoneOf
) -> None:
    client = phone_of(lan)
    with house(), writing():
        db.session.get_one(User, lan.id).role = "emperor"
    for endpoint in guarded(app):
        assert client.open(endpoint.path, method=endpoint.method).status_code == 403, endpoint.path


# --- ids ----------------------------------------------------------------------------------------------


@pytest.fixture
def shops(house: House) -> Shops:
    with house():
        return Shops.open()


def test_what_nobody_owns_is_not_found(
    app: Flask, tuan: Actor, phone_of: PhoneOf, subtests: pytest.Subtests
) -> None:
    for endpoint in guarded(app):
        if endpoint.rule.arguments:
            with subtests.test(f"{endpoint.method} {endpoint.path}"):
                answer = phone_of(tuan).open(endpoint.path, method=endpoint.method)
                assert answer.status_code == 404


def test_what_is_lans_is_not_there_for_strangers(
    app: Flask,
    house: House,
    shops: Shops,
    people: dict[str, Actor],
    phone_of: PhoneOf,
    subtests: pytest.Subtests,
) -> None:
    hers = phone_of(people["lan"])
    with house():
        found = {str(rule): arguments_of_lans(rule, people["lan"], shops) for rule in _rules_with_ids(app)}
    for endpoint in endpoints(app, lambda rule: found.get(str(rule), _of_nobody(rule))):
        if str(endpoint.rule) not in found:
            continue
        with subtests.test(f"{endpoint.method} {endpoint.path}"):
            may = [people[name] for name in ("outsider", "binh") if people[name].may(endpoint.needs or "")]
            for stranger in may:
                answer = phone_of(stranger).open(endpoint.path, method=endpoint.method)
                assert answer.status_code == 404, stranger.name
            if people["lan"].may(endpoint.needs or ""):
                assert hers.open(endpoint.path, method=endpoint.method).status_code != 404


def _rules_with_ids(app: Flask) -> list[Rule]:
    found = [endpoint.rule for endpoint in guarded(app) if endpoint.rule.arguments]
    assert found
    return found


def test_a_new_address_with_an_id_must_be_tried_too(app: Flask, lan: Actor, shops: Shops) -> None:
    """The test above finds out by itself when an address has no object to be tried with."""
    new = Rule("/parrots/<uuid:id>", endpoint="parrots.show")
    Map([new])
    with pytest.raises(LookupError):
        arguments_of_lans(new, lan, shops)


# --- from elsewhere -----------------------------------------------------------------------------------


FROM_ANYWHERE = {"unsubscribing.withdraw", "incoming.mail", "incoming.sms"}
"""A mail program that unsubscribes (RFC 8058) is no browser of ours, nor is a provider that hands in what came back; a
token lets them in, in the address or in a header.
"""


def test_what_may_come_from_anywhere_is_a_choice(app: Flask) -> None:
    views = app.view_functions.items()
    assert {name for name, view in views if getattr(view, "from_anywhere", False)} == FROM_ANYWHERE


def test_a_write_from_another_site_is_refused(
    app: Flask, lan: Actor, phone_of: PhoneOf, subtests: pytest.Subtests
) -> None:
    client = phone_of(lan)
    for endpoint in endpoints(app):
        if endpoint.method in UNSAFE and endpoint.rule.endpoint not in FROM_ANYWHERE:
            with subtests.test(f"{endpoint.method} {endpoint.path}"):
                foreign = client.open(
                    endpoint.path, method=endpoint.method, headers={"Sec-Fetch-Site": "cross-site"}
                )
                assert foreign.status_code == 403


def test_open_to_all_is_a_choice(app: Flask) -> None:
    """Whoever opens an address to strangers is seen to do so here."""
    strangers_may = {endpoint.rule.endpoint for endpoint in endpoints(app) if endpoint.needs is None}
    assert strangers_may == {
        "accounts.choose_language",
        "accounts.create_session",
        "accounts.new_session",
        "joining.show_link",
        "joining.type_code",
        "joining.use_code",
        "joining.use_link",
        "resetting.ask",
        "resetting.new",
        "resetting.show",
        "resetting.use",
        "setting_up.show",
        "setting_up.use",
        "health.healthz",
        "health.metrics",
        "health.readyz",
        "passkeys.challenge",
        "passkeys.enter",
        "second_step.create",
        "second_step.show",
        "health.robots",
        "health.security_txt",
        "incoming.mail",
        "incoming.sms",
        "packs.offline",
        "pwa.manifest",
        "unsubscribing.show",
        "unsubscribing.withdraw",
        "pwa.service_worker",
    }
