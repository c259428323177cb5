"""Get everything ready before the tests begin: `python -m tests.machine` says what will be used."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.machine import Missing, chromium, firefox, node, postgres, redis

NEEDED: dict[str, Callable[[], object]] = {
    "PostgreSQL": postgres.where,
    "Redis": redis.where,
    "Chromium": chromium.where,
    "Firefox": firefox.where,
    "Node.js": node.where,
}


def main() -> int:
    missing = 0
    for name, where in NEEDED.items():
        try:
            print(f"{name:<11} {where()}", flush=True)
        except Missing as reason:
            missing += 1
            print(f"{name:<11} missing. {reason}", file=sys.stderr, flush=True)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
