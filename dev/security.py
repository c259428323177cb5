"""Let strangers' tools look for holes: bandit in the code, wapiti at the running product.

Both live in an environment of their own under `.security/`, since wapiti needs other versions than the product.
wapiti walks the demo company as its admin and then as nobody, over loopback. Exits 1 with what was found and is
not explained in `EXPLAINED`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".security"
LOCK = ROOT / "requirements" / "security.txt"
SAME_ORIGIN = "Sec-Fetch-Site: same-origin"

HOW = (
    "--max-scan-time 240 --max-attack-time 60 --max-files-per-dir 25 --max-parameters 20 --dns-endpoint localhost "
    "-f json --no-bugreport -v 0 --flush-session"
)
"""Seconds to look around and for each kind of attack, and nothing that leaves this machine."""

NOT_WALKED = (
    "/session/end",
    "/settings/devices/",
    "/admin/devices/",
    "/language",
    "/admin/users/*/preview",
    "/admin/policies/mfa_needed",
)
"""What would sign the visitor out, make somebody else of them, or change the words under way."""

ADMIN = "tuan@example.com"
OPEN_TO_ADMINS = "/admin/users"

ATTACKS = "cookieflags,crlf,csp,exec,file,htaccess,http_headers,methods,permanentxss,redirect,sql,timesql,upload,xss"
"""Those that need a server of wapiti's own out in the world (ssrf, xxe, log4shell) are left out."""

EXPLAINED = {
    "HttpOnly Flag cookie": "the language is read by nobody's script and is no secret",
    "Secure Flag cookie": "on loopback there is no https; on https every cookie is Secure (tests/edge)",
    "HTTP Strict Transport Security (HSTS)": "sent on https alone, where it counts (tests/accounts/test_door.py)",
    "Clickjacking Protection": "the policy says frame-ancestors 'none', which every browser we serve obeys",
    "Unencrypted Channels": "loopback",
}
"""wapiti's name of a finding → why it is none."""


def main() -> int:
    install()
    found = [*_bandit(), *_wapiti()]
    for finding in found:
        print(finding)
    print("Nothing was found." if not found else f"{len(found)} found.")
    return 1 if found else 0


def install() -> None:
    """The tools, in an environment of their own; at once where the lock is unchanged."""
    stamp = TOOLS / "lock"
    if stamp.exists() and stamp.read_text() == LOCK.read_text():
        return
    uv, python = ROOT / ".venv" / "bin" / "uv", TOOLS / "bin" / "python"
    _call(uv, "venv", "--quiet", "--clear", "--python", sys.executable, TOOLS)
    _call(uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", LOCK)
    stamp.write_text(LOCK.read_text())


def _call(*command: str | Path) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


def _bandit() -> Iterator[str]:
    command = [
        str(TOOLS / "bin" / "bandit"),
        *["-q", "-c", "pyproject.toml", "-r", "crmweb", "dev", "wsgi.py", "-f", "json"],
    ]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    for issue in json.loads(said.stdout)["results"]:
        yield f"{issue['filename']}:{issue['line_number']}: {issue['test_id']} {issue['issue_text']}"


def _wapiti() -> Iterator[str]:
    from tests.supervisor.product import Product

    with tempfile.TemporaryDirectory(prefix="crm-security-") as folder:
        product = Product(Path(folder) / "var")
        try:
            product.ready()
            address = f"http://127.0.0.1:{product.port}"
            cookie = _sign_in(address, product)
            yield from _walk(address, Path(folder) / "admin.json", _as_admin(address, cookie), at_least=30)
            if not _lets_in(address, cookie):
                yield "wapiti: the admin was signed out under way, so that not all was tried"
            yield from _walk(address, Path(folder) / "nobody.json", [], at_least=3)
        finally:
            product.end()


def _as_admin(address: str, cookie: str) -> list[str]:
    """A cookie of the command line stands in every request, whatever answers set (wapiti's `--drop-set-cookie` would
    drop it, too). Their own page is left out: there one signs oneself out, or takes one's role.
    """
    from crmweb.demo.people import PEOPLE

    own = next(person.id for person in PEOPLE if person.email == ADMIN)
    return ["-C", cookie, "-x", f"{address}/admin/users/{own}*"]


def _lets_in(address: str, cookie: str) -> bool:
    """Whether the cookie still opens what admins alone may see."""
    asked = urllib.request.Request(f"{address}{OPEN_TO_ADMINS}", headers={"Cookie": cookie})  # noqa: S310
    try:
        return bool(urllib.request.build_opener(_Stay).open(asked).status == 200)
    except urllib.error.HTTPError:
        return False


def _sign_in(address: str, product: Any) -> str:
    """The admin's cookie, by a link as anybody would get it."""
    command = [str(ROOT / ".venv" / "bin" / "crmweb"), "sign-in-link", ADMIN]
    link = subprocess.run(command, env=product.environment, capture_output=True, text=True, check=True)
    path = link.stdout.strip().split("/join/")[1]
    asked = urllib.request.Request(f"{address}/join/{path}", method="POST", data=b"")  # noqa: S310
    asked.add_header(*SAME_ORIGIN.split(": "))
    answer = urllib.request.build_opener(_Stay).open(asked)
    cookie = next(value for value in answer.headers.get_all("Set-Cookie") if value.startswith("session="))
    return str(cookie).partition(";")[0]


class _Stay(urllib.request.HTTPRedirectHandler):
    """The answer itself, and not where it leads: there the cookie would be gone."""

    def http_error_303(self, _request: Any, answer: Any, *_rest: Any) -> Any:
        return answer


def _walk(address: str, report: Path, who: Sequence[str], *, at_least: int) -> Iterator[str]:
    left_out = [part for path in NOT_WALKED for part in ("-x", f"{address}{path}*")]
    folder = str(report.parent)
    kept = ["-o", str(report), "--store-session", folder, "--store-config", folder]
    asked = ["-u", f"{address}/", "-m", ATTACKS, "-H", SAME_ORIGIN, *HOW.split(), *kept, *left_out, *who]
    _call(TOOLS / "bin" / "wapiti", *asked)
    told = json.loads(report.read_text())
    walked = told["infos"]["crawled_pages_nbr"]
    print(f"wapiti walked {walked} pages ({report.stem})")
    if walked < at_least:
        yield f"wapiti: {walked} pages are too few to have been {report.stem}"
    for kind, findings in {**told["vulnerabilities"], **told["anomalies"]}.items():
        for finding in findings if kind not in EXPLAINED else ():
            yield f"{kind}: {finding['method']} {finding['path']} {finding['info']}"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
