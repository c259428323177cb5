"""However a statement is put, Lan gets her own shops out of it, or an error; and so do strangers' writes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import (
    Row,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    table,
    text,
    true,
    union,
    union_all,
    update,
)
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Bundle, aliased, joinedload, selectinload

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import CustomerContact
from crmweb.customers.models import Customer, CustomerTag
from crmweb.customers.reaching.models import CustomerPhone
from crmweb.db import db, new_id
from crmweb.protected import Unscoped, names_protected
from crmweb.scope import NoPrincipal, ScopedStatement, looked_after
from tests.shops import Shops, shop_name

Acting = Callable[[Actor], AbstractContextManager[None]]
House = Callable[[], AbstractContextManager[None]]
Statement = Callable[[], Any]

customers: Any = Customer.__table__
assignments: Any = Assignment.__table__
Other = aliased(Customer)
LANS, STRANGERS = shop_name("lan"), shop_name("outsider")


def _branches_of_branches() -> Any:
    walk = select(Customer.id, Customer.name).cte("walk", recursive=True)
    deeper = select(Other.id, Other.name).join(walk, Other.parent_id == walk.c.id)
    return select(walk.union_all(deeper).c.name)


NARROWED: dict[str, Statement] = {
    "a column": lambda: select(Customer.name),
    "an alias": lambda: select(aliased(Customer).name),
    "a bundle": lambda: select(Bundle("facts", Customer.name)),
    "a count": lambda: select(func.count(), literal(LANS)).select_from(Customer),
    "a count of a column": lambda: select(func.count(Customer.id), literal(LANS)),
    "the greatest": lambda: select(func.max(Customer.source), literal(LANS)),
    "a join": lambda: select(Customer.name, CustomerPhone.typed).join(Customer.phones),
    "a join by hand": lambda: select(Customer.name).join(Assignment, Assignment.customer_id == Customer.id),
    "a join from people": lambda: select(Customer.name).select_from(User).join(Customer, true()),
    "an outer join": lambda: select(Customer.name).select_from(User).outerjoin(Customer, true()),
    "a join to the head office": lambda: select(Customer.name, Other.name).outerjoin(Other, Customer.parent),
    "a subquery": lambda: select(select(Customer.name).subquery().c.name),
    "a subquery beside people": lambda: select(User.role, select(Customer.name).subquery().c.name),
    "a common table": lambda: select(select(Customer.name).cte().c.name),
    "a recursive one": _branches_of_branches,
    "a scalar": lambda: select(User.role, select(func.max(Customer.name)).scalar_subquery()),
    "a union": lambda: union(select(Customer.name), select(Other.name)),
    "a union inside": lambda: select(
        union_all(select(Customer.name), select(Customer.name)).subquery().c.name
    ),
    "entities of a union": lambda: select(Customer).from_statement(union(select(Customer), select(Customer))),
    "entities of a subquery": lambda: select(aliased(Customer, select(Customer).subquery()).name),
    "entities of a subquery of the table": lambda: select(
        aliased(Customer, select(customers).subquery()).name
    ),
    "entities, eagerly": lambda: select(Customer).options(
        joinedload(Customer.parent), selectinload(Customer.phones)
    ),
    "the scope by hand": lambda: select(Customer.name).where(looked_after(Customer.id.expression)),
}
"""Statements whose rows name a shop in one of their columns."""

REFUSED: dict[str, Statement] = {
    "plain SQL": lambda: text("SELECT name FROM customers"),
    "plain SQL in capitals": lambda: text("SELECT name FROM CUSTOMERS"),
    "plain SQL with a schema": lambda: text('SELECT name FROM main."customers"'),
    "the table": lambda: select(customers.c.name),
    "the table beside people": lambda: select(User.role, customers.c.name),
    "the table joined to people": lambda: select(customers.c.name).select_from(User).join(customers, true()),
    "the table's alias": lambda: select(User.role, customers.alias().c.name),
    "a table of that name": lambda: select(User.role, literal_column("name")).select_from(table("customers")),
    "a subquery of the table": lambda: select(User.role, select(customers.c.name).subquery().c.name),
    "entities of plain SQL": lambda: select(Customer).from_statement(text("SELECT * FROM customers")),
    "entities of the table": lambda: select(Customer).from_statement(select(customers)),
    "a text as a condition": lambda: select(User.role).where(text("EXISTS (SELECT 1 FROM customers)")),
    "a text as a column": lambda: select(User.role, literal_column("(SELECT max(name) FROM customers)")),
    "a text as a table": lambda: select(literal_column("name")).select_from(text("customers")),
    "a text in front": lambda: select(User.role).prefix_with(text("(SELECT max(name) FROM customers),")),
    "the table as a condition": lambda: select(User.role).where(exists(customers.c.id)),
    "any": lambda: select(Customer.name).where(Customer.phones.any(CustomerPhone.typed != "")),
    "has": lambda: select(Customer.name).where(Customer.parent.has(Customer.name == STRANGERS)),
    "has not": lambda: select(CustomerContact.role).where(~CustomerContact.contact.has()),
    "changing the table": lambda: update(customers).values(source="x"),
    "changing people by the table": lambda: (
        update(User).values(theme="x").where(User.id == assignments.c.person_id)
    ),
    "a change that says how": lambda: (
        update(Customer).values(source="x").execution_options(dml_strategy="core_only")
    ),
    "changing the table by class": lambda: update(customers).values(source="x").where(Customer.name != ""),
    "adding": lambda: insert(CustomerPhone).values(id=new_id(), position=1, typed="1"),
    "adding from others": lambda: insert(CustomerPhone).from_select(
        ["id", "customer_id", "position", "typed"],
        select(Customer.id, Customer.id, literal(9), Customer.name),
    ),
}


@pytest.mark.filterwarnings("ignore:SELECT statement has a cartesian product")
def test_lan_reads_hers_alone(shops: Shops, acting: Acting, lan: Actor, subtests: pytest.Subtests) -> None:
    for put, statement in NARROWED.items():
        with subtests.test(put), acting(lan):
            rows = [_told(row) for row in db.session.execute(statement())]
            assert rows, "she reads nothing at all"
            for row in rows:
                _is_hers(row, shops)


def _told(row: Any) -> list[Any]:
    flat = [part for told in row for part in (told if isinstance(told, Row) else [told])]
    return [told.name if isinstance(told, Customer) else told for told in flat]


def _is_hers(row: list[Any], shops: Shops) -> None:
    assert LANS in row
    assert all(shop_name(keeper) not in row for keeper in vars(shops) if keeper != "lan")
    assert not any(isinstance(told, int) and told > 1 for told in row), "others' shops were counted"
    assert not any(str(told).startswith("source-") and told != "source-lan" for told in row)


def test_lan_learns_nothing_by_a_condition_on_strangers_shops(
    shops: Shops, acting: Acting, lan: Actor
) -> None:
    with acting(lan):
        for condition in (
            select(Customer.id).where(Customer.name == STRANGERS).exists(),
            literal(STRANGERS).in_(select(Customer.name)),
        ):
            assert list(db.session.scalars(select(User.id).where(condition))) == []


def test_what_the_scope_cannot_narrow_is_refused(
    shops: Shops, acting: Acting, lan: Actor, subtests: pytest.Subtests
) -> None:
    for put, statement in REFUSED.items():
        with subtests.test(put), acting(lan), pytest.raises(Unscoped):
            db.session.execute(statement())


@pytest.mark.filterwarnings("ignore:SELECT statement has a cartesian product")
def test_who_is_nobody_is_refused_whatever_they_ask(
    app: Flask, shops: Shops, subtests: pytest.Subtests
) -> None:
    for put, statement in (NARROWED | REFUSED).items():
        with subtests.test(put), app.app_context(), pytest.raises((NoPrincipal, StatementError)) as refused:
            db.session.execute(statement())
        assert "nobody was named" in str(refused.value) or "past the scope" in str(refused.value)


def test_a_change_reaches_ones_own_alone(shops: Shops, acting: Acting, house: House, lan: Actor) -> None:
    with acting(lan):
        changed = db.session.execute(update(Customer).values(website="https://mine").returning(Customer.name))
        assert list(changed.scalars()) == [LANS]
        db.session.commit()
    with house():
        assert db.session.scalar(select(func.count()).where(Customer.website == "https://mine")) == 1


def test_a_deletion_reaches_ones_own_alone(shops: Shops, acting: Acting, house: House, lan: Actor) -> None:
    with acting(lan):
        db.session.execute(delete(CustomerPhone))
        db.session.commit()
    with house():
        left = set(db.session.scalars(select(CustomerPhone.customer_id)))
        assert left == set(vars(shops).values()) - {shops.lan}


def test_a_change_of_many_by_their_ids_is_refused(shops: Shops, acting: Acting, lan: Actor) -> None:
    with acting(lan), pytest.raises(Unscoped):
        db.session.execute(update(Customer), [{"id": shops.outsider, "name": "Taken"}])


def test_rows_are_not_added_by_the_hundred(shops: Shops, acting: Acting, lan: Actor) -> None:
    row = {"customer_id": shops.outsider, "tag": "mine"}
    with acting(lan), pytest.raises(Unscoped):
        db.session.execute(insert(CustomerTag), [row])
    with acting(lan), pytest.raises(Unscoped):
        db.session.bulk_insert_mappings(CustomerTag, [row])


# --- plain SQL that carries its scope ---------------------------------------------------------------


def test_plain_sql_without_its_scope_fails_where_it_is_written() -> None:
    with pytest.raises(ValueError, match="visible"):
        ScopedStatement("SELECT name FROM customers", visible="1 = 1")


def test_plain_sql_with_its_scope_shows_each_their_own(
    shops: Shops, acting: Acting, lan: Actor, mai: Actor, tuan: Actor, outsider: Actor
) -> None:
    overseen = (
        "EXISTS (SELECT 1 FROM assignments a JOIN oversight o ON o.person_id = a.person_id WHERE a.customer_id = c.id"
        " AND o.viewer_id = :viewer AND a.started_at IS NOT NULL AND a.ended_at IS NULL)"
    )
    counted = ScopedStatement("SELECT count(*) FROM customers c WHERE {visible}", visible=overseen)
    for person, shown in ((lan, 1), (mai, 2), (tuan, 6), (outsider, 1)):
        with acting(person):
            assert counted.execute().scalar() == shown


def test_plain_sql_with_its_scope_needs_somebody(app: Flask, shops: Shops) -> None:
    with app.app_context(), pytest.raises(NoPrincipal):
        ScopedStatement("SELECT 1 FROM customers WHERE {visible}", visible="1 = 1").execute()


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT 1 FROM customers", True),
        ('select 1 from "Customers" c', True),
        ("SELECT 1\nFROM\tCUSTOMER_PHONES", True),
        ("SELECT customers_of FROM users", False),
        ("SELECT 1", False),
    ],
)
def test_a_protected_table_is_known_by_its_name(sql: str, named: bool, app: Flask) -> None:
    assert names_protected(sql) is named
