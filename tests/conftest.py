"""What every test may ask for: the app on a fresh database, the cast, a way to act as one of them.

`--database=sqlite` (the default) or `--database=postgresql` says which; the second run leaves out what never
touches one. A stopped Redis, a browser, a second app are asked for by name.
"""

from __future__ import annotations

import io
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade

from crmweb import clock, create_app, logs
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.config import Settings, load_settings
from crmweb.db import db, writing
from crmweb.scope import act_for, system_access
from tests import cast
from tests.databases import Databases, PostgresDatabases, SqliteDatabases
from tests.machine.redis import RedisServer

SECRET = "for the tests alone: 9f2c51b07ae84d36"


# How long a machine takes is none of a property's business; `make bench` measures.
hypothesis.settings.register_profile("untimed", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=["sqlite", "postgresql"], default="sqlite", help="what the app stands on"
    )
    parser.addoption("--share", default="1/1", help="which part of the files, such as 1/2 and 2/2")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser stories are marked by their folder; a second database concerns only what uses one."""
    for item in items:
        if "browser" in item.path.relative_to(config.rootpath).parts:
            item.add_marker("browser")
    if config.getoption("database") == "postgresql":
        concerned = [item for item in items if "databases" in getattr(item, "fixturenames", ())]
        _keep(concerned, config, items)
    share, of = map(int, config.getoption("share").split("/"))
    files = {path: place for place, path in enumerate(sorted({item.path for item in items}))}
    _keep([item for item in items if files[item.path] % of == share - 1], config, items)


def _keep(kept: list[pytest.Item], config: pytest.Config, items: list[pytest.Item]) -> None:
    left = set(items) - set(kept)
    config.hook.pytest_deselected(items=list(left))
    items[:] = kept


# --- what is said -----------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def _plain_tracebacks() -> None:
    """Drawn with every local variable, as structlog likes them, they take seconds and tell what tests keep back."""
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What the product writes to its log, as it does in production."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    logs.set_up("production", to=written)
    structlog.configure(
        **{**structlog.get_config(), "cache_logger_on_first_use": False}
    )  # the next test has its own
    yield written
    logs.set_up("test")
    root.handlers, root.level = handlers, level
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()


# --- the house --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Real Redis. A test may stop it; the next test finds it running and empty."""
    server = RedisServer().start()
    yield server
    server.discard()


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Iterator[Databases]:
    on_sqlite = pytestconfig.getoption("database") == "sqlite"
    made: Databases = SqliteDatabases() if on_sqlite else PostgresDatabases()
    yield made
    made.discard()


@pytest.fixture(scope="session")
def settings(
    databases: Databases, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """The settings of the app under test; `load_settings` made them, as it does in the product."""
    home = tmp_path_factory.mktemp("home")
    return load_settings(
        {
            "CRMWEB_ENV": "test",
            "CRMWEB_HOME": str(home),
            "DATABASE_URL": databases.url,
            "REDIS_URL": redis_server.url,
            "SECRET_KEY": SECRET,
            "PORT": str(_free_port()),
            "SECURITY_CONTACT": "security@example.com",
        }
    )


@dataclass(frozen=True)
class Standing:
    """One app for all tests, and the databases that a test may begin from."""

    app: Flask
    databases: Databases
    redis_server: RedisServer

    def begin_from(self, name: str) -> Flask:
        """The app, on a fresh copy: *empty* has the tables, *company* the cast too. Redis knows nothing."""
        _let_go(self.app)
        self.databases.restore(name)
        self.redis_server.empty()
        return self.app

    def keep(self, name: str) -> None:
        _let_go(self.app)
        self.databases.keep(name)


@pytest.fixture(scope="session")
def standing(settings: Settings, databases: Databases, redis_server: RedisServer) -> Standing:
    """The app with its databases made ready, once for all tests."""
    made = Standing(create_app(settings), databases, redis_server)
    made.app.test_client_class = Visitor
    databases.empty()
    with system_access_to(made.app, "making the tests' database"):
        upgrade()
    made.keep("empty")
    with system_access_to(made.app, "hiring the cast"), writing():
        cast.hire_everyone()
    made.keep("company")
    return made


@pytest.fixture
def app(standing: Standing, request: pytest.FixtureRequest) -> Flask:
    """The app, on a database with the cast alone; not even them with `@pytest.mark.empty`."""
    return standing.begin_from("empty" if request.node.get_closest_marker("empty") else "company")


def _let_go(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- people -----------------------------------------------------------------------------------------


def _person(email: str) -> Actor:
    user = User.with_email(email)
    assert user is not None, f"{email} is not in the cast"
    return Actor.of(user)


@pytest.fixture
def people(app: Flask) -> dict[str, Actor]:
    """The whole cast by the names of their fixtures."""
    with system_access_to(app, "looking up the cast"):
        return {key: _person(part.email) for key, part in cast.PARTS.items()}


@pytest.fixture
def lan(people: dict[str, Actor]) -> Actor:
    """A rep on the road, in Mai's team."""
    return people["lan"]


@pytest.fixture
def hung(people: dict[str, Actor]) -> Actor:
    """The account manager, in Mai's team."""
    return people["hung"]


@pytest.fixture
def mai(people: dict[str, Actor]) -> Actor:
    """The manager of Lan and Hùng."""
    return people["mai"]


@pytest.fixture
def tuan(people: dict[str, Actor]) -> Actor:
    """The admin."""
    return people["tuan"]


@pytest.fixture
def binh(people: dict[str, Actor]) -> Actor:
    """The manager of the other team."""
    return people["binh"]


@pytest.fixture
def outsider(people: dict[str, Actor]) -> Actor:
    """A rep of the other team, who may see nothing of Lan's."""
    return people["outsider"]


# --- acting -----------------------------------------------------------------------------------------


@contextmanager
def system_access_to(app: Flask, why: str) -> Iterator[None]:
    with app.app_context(), system_access(why):
        yield


@pytest.fixture
def house(app: Flask) -> Callable[[], AbstractContextManager[None]]:
    """`with house():` is a session that sees everything, to prepare a test and to look at what it did."""
    return lambda: system_access_to(app, "a test")


@pytest.fixture
def acting(app: Flask) -> Callable[[Actor], AbstractContextManager[None]]:
    """`with acting(lan):` is a session that speaks for Lan, as a request of hers would."""

    @contextmanager
    def act(person: Actor) -> Iterator[None]:
        with app.app_context():
            act_for(person.principal)
            yield

    return act


class Visitor(FlaskClient):
    """A browser as the server sees it: it says where its writes come from, as browsers do, and reads each answer to
    its end, so that what streams one lets its session go. What it sent is gone then, too: of a large body it is a file,
    which would be closed whenever Python comes to it, and be told of as left open by whoever is at work there.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        assert not has_app_context(), (
            "close `house()` or `acting()` first: a request has a session of its own"
        )
        headers = dict(kwargs.pop("headers", None) or {})
        headers.setdefault("Sec-Fetch-Site", "same-origin")
        kwargs.setdefault("buffered", True)
        answer = super().open(*args, headers=headers, **kwargs)
        answer.request.environ["wsgi.input"].close()
        return answer


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody who has not signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[FlaskClient, Actor], FlaskClient]:
    """`sign_in(client, lan)` makes the client Lan's phone; returns it."""

    def let_in(client: FlaskClient, person: Actor) -> FlaskClient:
        client.set_cookie("session", device_token(app, person))
        return client

    return let_in


@pytest.fixture
def phone_of(
    app: Flask, sign_in: Callable[[FlaskClient, Actor], FlaskClient]
) -> Callable[[Actor], FlaskClient]:
    """`phone_of(lan).get("/")`: a client of her own for each person."""
    return lambda person: sign_in(app.test_client(), person)


def device_token(app: Flask, person: Actor) -> str:
    """What the session cookie of a newly signed-in device holds."""
    with system_access_to(app, "signing in for a test"), writing():
        user = db.session.get_one(User, person.id)
        return DeviceSession.start(user, at=clock.now(), device="test")


@pytest.fixture
def project() -> Path:
    """The project's folder."""
    return Path(__file__).resolve().parent.parent
