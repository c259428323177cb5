"""The nearest of a team's customers, by the books of its people: those that lie too far away are not read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import nsmallest
from typing import Any, NamedTuple

from crmweb.geo import half_chord_to_box, metres, square
from crmweb.nearby.asking import MARGIN_M, Asking
from crmweb.nearby.closing_in import ROUNDING
from crmweb.nearby.neighbours import Neighbour
from crmweb.nearby.statements import BOOKS, FEW_BOOKS

AT_FIRST, THEN = FEW_BOOKS, BOOKS
"""Books read by one statement, before it is asked whether another one can hold anybody nearer."""

NEAREST_BOOKS = 2
"""Books whose own neighbours on the curve bound the distance."""


class Book(NamedTuple):
    """The customers of one person: how far their square is, and one of them; both as haversines."""

    away: float
    nearest: float
    person: Any


class BookSearch(Asking):
    """A question about many people's customers."""

    def of_books(self) -> list[Neighbour]:
        """By the books that may hold somebody near enough, the nearest first."""
        books = sorted(self.books())
        if not self.bounded(self.seed_of_books(books)):
            return self.found("all_in_scope")
        near = [book for book in books if book.away <= self.bound + ROUNDING]
        found = dict[Any, Neighbour]()
        while near:
            many, statement = (THEN, "books_in_ranges") if found else (AT_FIRST, "few_books_in_ranges")
            people = [book.person for book in near[:many]]
            self.parameters |= {f"book{i}": people[i] if i < len(people) else None for i in range(BOOKS)}
            found |= {each.stored[0]: each for each in self.found(statement)}
            found = dict(sorted(found.items(), key=lambda each: (each[1].distance_m, each[0]))[: self.k])
            near = near[many:]
            if len(found) == self.k:
                self.look_within(max(each.distance_m for each in found.values()))
                near = [book for book in near if metres(book.away) <= self.radius_m + MARGIN_M]
        return list(found.values())

    def books(self) -> Iterator[Book]:
        """The books of the scope that hold anybody at all."""
        for person, first, last, *seeds in self.rows("books"):
            if first is not None:
                away = half_chord_to_box(self.at, square(first, last))
                yield Book(away, min((h for h in seeds if h is not None), default=1.0), person)

    def seed_of_books(self, books: Sequence[Book]) -> list[float]:
        """The haversines of k customers, if there are so many: one of each book, and more of the nearest books."""
        seeds = {book.nearest for book in books if book.nearest < 1.0}
        for count, book in enumerate(books):
            if count >= NEAREST_BOOKS and (len(seeds) >= self.k or count > self.k):
                break
            seeds.update(h for (h,) in self.rows("seed_of_book", book=book.person))
        return nsmallest(self.k, seeds)  # a customer of two people is at one distance
