"""A browser that is driven as W3C WebDriver says, in as many words as the drills need.

Source: W3C WebDriver (JSON over HTTP).
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from tests.supervisor.product import free_port, until

PATIENCE: Final = 30.0
"""Seconds for anything."""
ELEMENT: Final = "element-6066-11e4-a52e-4f735466cecf"
"""How the protocol marks what stands for an element."""
AWAITED: Final = (
    "const done = arguments[0]; (async () => {%s})().then(done, (wrong) => done(`failed: ${wrong}`));"
)
SEES: Final = """
const found = document.evaluate(%s, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE);
const all = Array.from({ length: found.snapshotLength }, (_none, place) => found.snapshotItem(place));
const seen = all.find((each) => each.getClientRects().length);
if (!seen) return false;
%s;
return true;
"""


class Wrong(Exception):
    """What the driver says of a request that it cannot do."""


class Driven:
    """One window of one browser."""

    def __init__(self, port: int, capabilities: Mapping[str, Any]) -> None:
        self._port, self._path = port, ""
        begun = self._ask("POST", "/session", capabilities={"alwaysMatch": capabilities})
        self._path = f"/session/{begun['sessionId']}"
        self.version = str(begun["capabilities"]["browserVersion"])
        self._ask("POST", "/timeouts", script=int(PATIENCE * 1000), pageLoad=int(PATIENCE * 1000))

    def _ask(self, method: str, path: str, **told: Any) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2 * PATIENCE)
        try:
            body = json.dumps(told) if method == "POST" else None
            connection.request(method, self._path + path, body, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise Wrong(f"{answer['error']}: {answer['message']}")
        return answer

    def end(self) -> None:
        self._ask("DELETE", "")

    def resize(self, width: int, height: int) -> None:
        self._ask("POST", "/window/rect", width=width, height=height)

    def go(self, url: str) -> None:
        self._ask("POST", "/url", url=url)

    @property
    def url(self) -> str:
        """Nothing while one page makes way for another."""
        with suppress(Wrong):
            return str(self._ask("GET", "/url"))
        return ""

    def sign_in(self, cookie: str) -> None:
        """Here, where we are."""
        self._ask("POST", "/cookie", cookie={"name": "session", "value": cookie})

    def run(self, script: str) -> Any:
        """What the body of an async function returns in the page."""
        return self._ask("POST", "/execute/async", script=AWAITED % script, args=[])

    def tap(self, kind: str, name: str) -> None:
        """The button (`button`) or the link (`a`) of that name.

        By script: WebKitGTK's driver loses taps that lead to another page, and clicks once the answer is out.
        """
        xpath = f"//{kind}[normalize-space()='{name}']"
        until(lambda: self._seen(xpath, "setTimeout(() => seen.click())"), within=PATIENCE)

    def type(self, name: str, text: str) -> None:
        """Into the field of that name."""
        xpath = f"//*[@name='{name}']"
        until(lambda: self._seen(xpath, "seen.focus()"), within=PATIENCE)
        (field,) = self._ask("POST", "/elements", using="xpath", value=xpath)
        self._ask("POST", f"/element/{field[ELEMENT]}/value", text=text)

    def shows(self, xpath: str) -> None:
        """Wait until such an element is to be seen."""
        until(lambda: self._seen(xpath), within=PATIENCE)

    def _seen(self, xpath: str, act: str = "") -> bool:
        """Whether one is there that can be seen; what is done with it."""
        with suppress(Wrong):  # while one page makes way for another
            return bool(self.run(SEES % (json.dumps(xpath), act)))
        return False

    def arrives(self, pattern: str) -> str:
        """Wait for the page at an address that ends so; returns the address."""
        until(lambda: re.search(f"{pattern}$", self.url), within=PATIENCE)
        return self.url

    def says(self, words: str) -> None:
        """Wait until these words stand on the page."""
        self.shows(f"//body//*[contains(normalize-space(text()), '{words}')]")


@contextmanager
def driven(driver: Path, capabilities: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[Driven]:
    """A window by this program, which goes with it."""
    port = free_port()
    process = subprocess.Popen(
        [driver, f"--port={port}"], env={**os.environ, **environment},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: _answers(port))
        window = Driven(port, capabilities)
        try:
            yield window
        finally:
            window.end()
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/status")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
