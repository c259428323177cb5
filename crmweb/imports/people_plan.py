"""What a file of people comes to: who is made, who is here already, which rows cannot stand and why."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.accounts.finding import national
from crmweb.accounts.models import User, email_key
from crmweb.db import db
from crmweb.imports.people import PersonEntry, RoleWords, Sound, sound
from crmweb.languages import gettext as _
from crmweb.names import fold

_folded = lru_cache(10_000)(fold)
"""The same people are looked at for each batch."""

Known = Any
"""A row of the people who are here: id, name, role, email_key, phone, manager_id, deactivated_at."""


@dataclass(frozen=True)
class Planned:
    """Somebody to be made. Their manager is here (`manager_id`) or stands in another row (`manager_line`)."""

    entry: PersonEntry
    facts: Sound
    manager_id: uuid.UUID | None = None
    manager_line: int | None = None


class Blind(NamedTuple):
    """A manager whose role leads nobody, so that the work of those under them is not theirs to see."""

    name: str
    role: str
    people: int  # of the file


@dataclass
class Plan:
    """The rows by what becomes of them; who is made stands after their manager."""

    made: list[Planned] = field(default_factory=list)
    here: list[tuple[PersonEntry, uuid.UUID, str]] = field(default_factory=list)
    rejected: list[tuple[PersonEntry, str]] = field(default_factory=list)
    blind: list[Blind] = field(default_factory=list)


class Planner:
    """Makes a plan of rows for `by`. `made` are rows that stand already: line → who they became."""

    def __init__(
        self, entries: Sequence[PersonEntry], by: Actor, made: Mapping[int, uuid.UUID] | None = None
    ) -> None:
        self.entries, self.roles, self.plan = entries, RoleWords(by), Plan()
        self.became: dict[int, uuid.UUID] = dict(made or {})
        self.new: dict[int, tuple[PersonEntry, Sound]] = {}
        self.bad: set[int] = set()
        columns = (
            User.id,
            User.name,
            User.role,
            User.email_key,
            User.phone,
            User.manager_id,
            User.deactivated_at,
        )
        self.known: list[Known] = list(db.session.execute(select(*columns)))
        self.by_email = {row.email_key: row for row in self.known if row.email_key}
        self.by_name: dict[str, list[Known]] = defaultdict(list)
        for row in self.known:
            self.by_name[_folded(row.name)].append(row)

    def run(self) -> Plan:
        self._judge_alone()
        self._know_again()
        self._place(self._under_whom())
        self.plan.blind = list(self._blind())
        return self.plan

    def _reject(self, entry: PersonEntry, why: str) -> None:
        self.new.pop(entry.line, None)
        self.bad.add(entry.line)
        self.plan.rejected.append((entry, why))

    def _judge_alone(self) -> None:
        for entry in self.entries:
            if entry.line not in self.became:
                try:
                    self.new[entry.line] = entry, sound(entry, self.roles)
                except ValueError as wrong:
                    self._reject(entry, str(wrong))

    def _know_again(self) -> None:
        """Set those apart who are here already, and those who stand in the file twice."""
        first: dict[tuple[str, str], int] = {}
        for entry, facts in list(self.new.values()):
            key = self._key(entry, facts)
            if found := self._found(entry, facts):
                self.became[entry.line] = found.id
                del self.new[entry.line]
                self.plan.here.append((entry, found.id, found.name))
            elif (before := first.setdefault(key, entry.line)) != entry.line:
                self._reject(entry, _("Stands in line %(line)s already.", line=before))

    def _key(self, entry: PersonEntry, facts: Sound) -> tuple[str, str]:
        """By what two rows are one person."""
        if facts.email:
            return "", email_key(facts.email)
        return fold(facts.name), facts.phone or fold(entry.manager)

    def _found(self, entry: PersonEntry, facts: Sound) -> Known | None:
        if facts.email:
            return self.by_email.get(email_key(facts.email))
        alike = self.by_name[fold(facts.name)]
        if facts.phone:
            return next((row for row in alike if national(row.phone or "") == national(facts.phone)), None)
        heads = {row.id for row in self._named(entry.manager)} if entry.manager else {None}
        return next((row for row in alike if row.manager_id in heads), None)

    def _named(self, words: str) -> list[Known]:
        """Who at work is meant."""
        found = [self.by_email.get(email_key(words))] if "@" in words else self.by_name[fold(words)]
        return [row for row in found if row and row.deactivated_at is None]

    def _under_whom(self) -> list[Planned]:
        """Find everybody's manager among those here and those in the file."""
        lines: dict[str, list[int]] = defaultdict(list)
        for entry in self.entries:
            lines[email_key(entry.email)].append(entry.line)
            lines[fold(entry.name)].append(entry.line)
        found = []
        for entry, facts in list(self.new.values()):
            try:
                found.append(self._manager_of(entry, facts, lines))
            except ValueError as wrong:
                self._reject(entry, str(wrong))
        return found

    def _manager_of(self, entry: PersonEntry, facts: Sound, lines: Mapping[str, Sequence[int]]) -> Planned:
        """Raises ValueError that says why nobody is found."""
        if not entry.manager:
            return Planned(entry, facts)
        key = email_key(entry.manager) if "@" in entry.manager else fold(entry.manager)
        meant: set[uuid.UUID | int] = {row.id for row in self._named(entry.manager)}
        standing = [line for line in lines.get(key, ()) if line not in self.bad]
        meant |= {self.became.get(line, line) for line in standing}
        if len(meant) > 1:
            raise ValueError(_("Several people are called “%(name)s”. Write the email.", name=entry.manager))
        if not meant and lines.get(key):
            raise ValueError(_("The row of their manager, line %(line)s, cannot stand.", line=lines[key][0]))
        if not meant:
            raise ValueError(_("Nobody is called “%(name)s”, here or in the file.", name=entry.manager))
        (head,) = meant
        return Planned(
            entry,
            facts,
            manager_id=head if isinstance(head, uuid.UUID) else None,
            manager_line=head if isinstance(head, int) else None,
        )

    def _place(self, waiting: list[Planned]) -> None:
        """Everybody after their manager; whose manager cannot stand does not stand either."""
        placed: set[int] = set()
        while waiting:
            later: list[Planned] = []
            for each in waiting:
                head = each.manager_line
                if head is None or head in placed:
                    placed.add(each.entry.line)
                    self.plan.made.append(each)
                elif head in self.bad:
                    why = _("The row of their manager, line %(line)s, cannot stand.", line=head)
                    self._reject(each.entry, why)
                else:
                    later.append(each)
            if len(later) == len(waiting):
                self._reject(later[0].entry, _("They would work under themself."))
                later = later[1:]
            waiting = later
        self.plan.rejected.sort(key=lambda row: row[0].line)

    def _blind(self) -> Iterator[Blind]:
        """Managers of the new people who would not see them, in the order of the file."""
        here = {row.id: row for row in self.known}
        under = Counter(each.manager_id or each.manager_line for each in self.plan.made)
        for head, people in under.items():
            if head is None:
                continue
            of = here[head] if isinstance(head, uuid.UUID) else self.new[head][1]
            if not self.roles.leads(of.role):
                yield Blind(of.name, of.role, people)
