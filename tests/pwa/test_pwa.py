"""What makes an app of the pages: the manifest and the service worker."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from crmweb.accounts.actor import Actor

PhoneOf = Callable[[Actor], FlaskClient]


def test_the_service_worker_is_asked_for_anew_and_may_be_known_already(client: FlaskClient) -> None:
    answer = client.get("/sw.js")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.mimetype == "text/javascript"
    again = client.get("/sw.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_service_worker_speaks_both_languages_whoever_asks(
    client: FlaskClient, phone_of: PhoneOf, lan: Actor
) -> None:
    script = client.get("/sw.js", headers={"Accept-Language": "vi"}).text
    assert phone_of(lan).get("/sw.js", headers={"Accept-Language": "en"}).text == script
    words = json.loads(re.match(r"self\.WORDS=(.*);\n", script)[1])  # type: ignore[index]
    assert words["vi"]["something"] == "Bạn có tin mới."
    assert words["en"]["something"] == "There is something new for you."
    assert words["vi"].keys() == words["en"].keys()


def test_the_manifest_speaks_the_readers_language(client: FlaskClient) -> None:
    answer = client.get("/manifest.webmanifest", headers={"Accept-Language": "vi"})
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.data)
    assert (manifest["lang"], manifest["shortcuts"][1]["name"]) == ("vi", "Quanh đây")
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")


def test_the_icons_are_there_and_as_large_as_they_say(client: FlaskClient, project: Path) -> None:
    icons = json.loads(client.get("/manifest.webmanifest").data)["icons"]
    for icon in icons:
        with Image.open(project / icon["src"].lstrip("/")) as picture:
            assert icon["sizes"] == f"{picture.width}x{picture.height}"
    assert {icon.get("purpose", "any") for icon in icons} == {"any", "maskable"}


def test_every_page_names_the_manifest(phone_of: PhoneOf, lan: Actor, client: FlaskClient) -> None:
    for page in (client.get("/session/new"), phone_of(lan).get("/")):
        assert '<link rel="manifest" href="/manifest.webmanifest"' in page.text


def test_the_worker_can_be_switched_off_for_all_phones(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that takes over answers for no page, and lets nobody wait for it."""
    on = client.get("/sw.js")
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], service_worker="off"))
    off = client.get("/sw.js", headers={"If-None-Match": on.headers["ETag"]})
    assert off.status_code == 200
    assert '"fetch"' in on.text
    assert '"fetch"' not in off.text
    assert "skipWaiting" in off.text
    assert '"push"' in off.text
