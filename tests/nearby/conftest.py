"""A small world of customers on the app's own tables, on either database."""

import os
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from crmweb import create_app
from crmweb.config import load_settings
from crmweb.db import db


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    home = tmp_path_factory.mktemp("home")
    url = ""
    if request.param == "postgresql":
        url = os.environ["TEST_DATABASE_URL"]
        with create_engine(url).begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    app = create_app(load_settings({"CRMWEB_ENV": "test", "CRMWEB_HOME": str(home), "DATABASE_URL": url}))
    with app.app_context():
        db.metadata.create_all(db.engine.execution_options(system_access=True))
        yield app
        db.session.remove()
        db.engine.dispose()
