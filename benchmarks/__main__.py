"""Runs every measurement, prints the table and writes it to results.md."""

import os
import platform
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import pysqlite3

from benchmarks.company import Company
from benchmarks.house import idle, writers
from benchmarks.ledger import due_deliveries, sealed_pushes
from benchmarks.measure import Result
from benchmarks.nearest import full_scan, growth, scopes
from benchmarks.pages import log_as_in_production, pages
from benchmarks.phones import phones
from benchmarks.rush import rush
from benchmarks.searching import searches
from benchmarks.wire import first_load

RESULTS = Path(__file__).with_name("results.md")


def main() -> None:
    """Founds the companies where they are missing, which takes two or three minutes the first time."""
    print("A company of 10,000 customers and one of 1,000,000 …", flush=True)
    small, large = Company(10_000), Company(1_000_000)
    log_as_in_production()
    with large.copied() as copy:
        lines = list(_shown(chain(pages(copy), first_load(copy), phones(copy))))
    with small.copied() as copy:
        lines += _shown(chain(sealed_pushes(copy), due_deliveries(copy), writers(copy)))
    lines += _shown(chain(idle(), rush()))
    lines += _shown(chain(growth(small, large), scopes(large), full_scan(large), searches(large)))
    lines.sort(key=lambda line: int("".join(filter(str.isdigit, line.number))))
    RESULTS.write_text(_page(lines), encoding="utf-8")


def _shown(results: Iterable[Result]) -> Iterator[Result]:
    for result in results:
        mark = "met" if result.met else "NOT MET"
        print(f"{result.number:4} {result.what:55} {result.came_to:32} {result.goal:20} {mark}", flush=True)
        yield result


def _page(results: list[Result]) -> str:
    rows = [
        f"| {r.number} | {r.what} | {r.came_to} | {r.goal} | {'yes' if r.met else '**no**'} |"
        for r in results
    ]
    busy = f"{os.getloadavg()[1]:.1f} processes wanted its {os.cpu_count()} processors while it was measured."
    return "\n".join([_HEAD.format(busy=busy), *rows, ""])


_HEAD = f"""# Results of `make bench`

CPU time of one process on Python {platform.python_version()}, SQLite {pysqlite3.sqlite_version}. Ratios compare
what was measured in the same run; milliseconds are those of the machine at hand. {{busy}}

| goal | measure | came to | goal | met |
|---|---|---|---|---|"""


if __name__ == "__main__":
    main()
