"""What a measurement is, and how time is taken: CPU time of this process, never the clock on the wall."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median, quantiles
from time import process_time
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Result(NamedTuple):
    """One line of the table: the goal's number, what was measured, what it came to, and what it should."""

    number: str
    what: str
    came_to: str
    goal: str
    met: bool


@dataclass
class Times:
    """Milliseconds of CPU, case by case."""

    each: list[float]

    @property
    def p50(self) -> float:
        """What half of the cases stay under."""
        return median(self.each)

    @property
    def p95(self) -> float:
        """What all but one case in twenty stay under."""
        return quantiles(self.each, n=20)[-1]


def times(work: Callable[[T], object], cases: Iterable[T]) -> Times:
    """How long each case takes, once all have been run to warm what is kept in memory."""
    cases = list(cases)
    for case in cases:
        work(case)
    return Times([once(work, case) for case in cases])


def once(work: Callable[[T], object], case: T) -> float:
    """The milliseconds of one case."""
    begun = process_time()
    work(case)
    return (process_time() - begun) * 1000
