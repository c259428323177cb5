"""Start the product as a newcomer would, sign in by the printed link, and stop it again.

Runs `make run` on an empty data folder, on the standard library alone. Exits 1, with what the product wrote, if
it is not ready within two minutes, if the link does not sign in, or if anything is left running.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0
"""Seconds from `make run` on a clean clone to a page."""
STOPS_WITHIN = 20.0
"""Seconds from Ctrl-C to the end of everything."""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="crm-first-") as home, (Path(home) / "said").open("w+") as said:
        address, var = f"http://localhost:{_free_port()}", Path(home) / "var"
        process = _make_run(address, var, said)
        try:
            _wait_until_ready(address, process)
            _sign_in(address, _link(said))
            _stop(process, var)
        except Exception as problem:
            said.seek(0)
            print(f"{said.read()}\nfirst start failed: {problem}", file=sys.stderr)
            return 1
        finally:
            _kill(process, var)
    return 0


def _make_run(address: str, home: Path, said: IO[str]) -> subprocess.Popen[bytes]:
    """In a process group of its own, so that Ctrl-C reaches all of it, as it does in a terminal."""
    settings = {"PORT": address.rsplit(":", 1)[1], "CRMWEB_HOME": str(home)}
    return subprocess.Popen(
        ["make", "-C", str(ROOT), "run"],
        cwd="/",
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE:
        if process.poll() is not None:
            raise RuntimeError(f"make run ended with {process.returncode}")
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            print(f"ready after {time.monotonic() - started:.0f} s", flush=True)
            return
    raise RuntimeError(f"not ready within {PATIENCE:.0f} s")


def _link(said: IO[str]) -> str:
    """The first link that was printed; it may come a moment after the first page is served."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        said.seek(0)
        found = re.search(r"http://\S+/join/\S+", said.read())
        if found:
            return found[0]
        time.sleep(0.2)
    raise RuntimeError("no sign-in link was printed")


def _sign_in(address: str, link: str) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = browser.open(link, timeout=10).read().decode()
    if page.count("<button") < 1:
        raise RuntimeError("the link's page shows no button")
    form = urllib.request.Request(link, data=b"", headers={"Sec-Fetch-Site": "same-origin"}, method="POST")
    browser.open(form, timeout=10).close()
    at_home = browser.open(f"{address}/", timeout=10)
    if "/session/new" in at_home.geturl():
        raise RuntimeError("the link signed nobody in")
    print("signed in by the printed link", flush=True)


def _stop(process: subprocess.Popen[bytes], home: Path) -> None:
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=STOPS_WITHIN)
    deadline = time.monotonic() + STOPS_WITHIN
    while left := _processes_of(home):
        if time.monotonic() > deadline:
            raise RuntimeError(f"Ctrl-C left processes {sorted(left)} running")
        time.sleep(0.1)
    print("stopped by Ctrl-C", flush=True)


def _processes_of(home: Path) -> set[int]:
    """Everything that was started with this data folder, whatever became of its parents."""
    mark, found = f"CRMWEB_HOME={home}\0".encode(), set()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in environment.read_bytes():
                found.add(int(environment.parent.name))
    return found


def _kill(process: subprocess.Popen[bytes], home: Path) -> None:
    for left in _processes_of(home):
        with contextlib.suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
