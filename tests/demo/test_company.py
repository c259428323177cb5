"""The demo company in a real database: founded once, seen by the right people, dissolved without a trace."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from crmweb import clock, create_app
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.audit.models import EntryValues
from crmweb.config import Settings
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.due import Due
from crmweb.customers.faces import faces
from crmweb.customers.models import Customer
from crmweb.db import Model, db, new_id, writing
from crmweb.demo import Refused, cli, ensure_demo, remove_demo
from crmweb.demo.calendar import local_day
from crmweb.demo.people import demo_id
from crmweb.followups.message_templates import MessageTemplate
from crmweb.followups.models import Followup
from crmweb.followups.sequences import Sequence, Step
from crmweb.my_accounts.brief import Brief
from crmweb.my_accounts.listing import QUIET, MyAccounts
from crmweb.notes.models import Note
from crmweb.notifications import Delivery
from crmweb.routes.models import Route
from crmweb.routes.plans import Day
from crmweb.timeline import Event, record
from crmweb.visits.models import Visit
from tests.databases import Databases
from tests.statements import counted

House = Callable[[], AbstractContextManager[None]]
Acting = Callable[[Actor], AbstractContextManager[None]]

AT = dt.datetime(2026, 11, 24, 2, 30, tzinfo=dt.UTC)
TODAY = local_day(AT)

pytestmark = pytest.mark.empty


@pytest.fixture(scope="module")
def founded_before() -> list[Databases]:
    """Empty until the company was founded once; from then on a copy does."""
    return []


@pytest.fixture
def demo(app: Flask, databases: Databases, founded_before: list[Databases]) -> Iterator[None]:
    """The company, founded in a house where nobody was."""
    with clock.frozen(AT):
        with app.app_context():
            if not founded_before:
                assert ensure_demo(AT) is not None
            db.engine.dispose()
        if founded_before:
            databases.restore("demo")
        else:
            databases.keep("demo")
            founded_before.append(databases)
        yield


def person(house: House, email: str) -> Actor:
    with house():
        user = User.with_email(email)
        assert user is not None
        return Actor.of(user)


@pytest.fixture
def lan(demo: None, house: House) -> Actor:
    return person(house, "lan@example.com")


def count(kind: type[Model]) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


# --- founding ---------------------------------------------------------------------------------------


def test_the_company_is_founded_in_few_statements(app: Flask) -> None:
    """A first start waits for it: thousands of rows, written table by table and not one by one."""
    with app.app_context(), counted() as statements:
        founded = ensure_demo(AT)
    assert founded is not None
    assert (founded.people, founded.customers > 580, founded.events > 4000) == (12, True, True)
    assert len(statements) < 1000


def test_the_four_people_whom_everyone_knows_are_there(demo: None, house: House) -> None:
    with house():
        found = {user.email: (user.name.split()[-1], user.role) for user in db.session.scalars(select(User))}
    assert found["lan@example.com"] == ("Lan", "rep")
    assert found["hung@example.com"] == ("Hùng", "account_manager")
    assert found["mai@example.com"] == ("Mai", "manager")
    assert found["tuan@example.com"] == ("Tuấn", "admin")


def test_a_weekday_has_two_routes_at_most_and_sunday_none(demo: None, house: House) -> None:
    with house():
        laid = Counter((route.person_id, route.weekdays) for route in db.session.scalars(select(Route)))
    assert max(laid.values()) == 2
    assert {weekdays for _person, weekdays in laid} == {1 << day for day in range(6)}


def test_a_second_start_adds_nothing(demo: None, app: Flask, house: House) -> None:
    with app.app_context():
        assert ensure_demo(AT + dt.timedelta(days=3)) is None
    with house():
        assert count(User) == 12


def test_a_house_where_somebody_works_stays_as_it_is(app: Flask, house: House) -> None:
    with house(), writing():
        User.add("Đào Thị Thanh", role="admin", at=AT, email="thanh@example.com")
    with app.app_context():
        assert ensure_demo(AT) is None
    with house():
        assert (count(User), count(Customer)) == (1, 0)


def test_production_refuses_with_one_clear_line(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], env="production"))
    with app.app_context():
        for attempt in (ensure_demo, remove_demo):
            with pytest.raises(Refused) as refused:
                attempt()
            assert "\n" not in str(refused.value)
            assert "production" in str(refused.value)


def test_a_database_without_tables_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRMWEB_ENV", "development")
    monkeypatch.setenv("CRMWEB_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    told = CliRunner().invoke(cli.demo, obj=create_app)
    assert told.exit_code == 1
    assert told.output.startswith("Error: the database has no tables yet")
    assert told.output.count("\n") == 1


# --- what people see --------------------------------------------------------------------------------


def test_lan_has_a_believable_mix_of_due_shops(lan: Actor, acting: Acting) -> None:
    with acting(lan):
        book = db.session.scalars(select(Assignment).where(Assignment.person_id == lan.id)).unique().all()
        dues = [Due.seen_from(TODAY, a.next_due, TODAY) for a in book if a.active and a.status == "customer"]
    late = [due.days for due in dues if due.state == "overdue"]
    assert 60 <= len(dues) <= 90
    assert 0.15 < len(late) / len(dues) < 0.25
    assert 1 <= min(late) <= max(late) <= 21
    assert 20 <= sum(due.state == "today" for due in dues) <= 30


def test_lan_finds_many_shops_within_a_kilometre_of_the_lake(lan: Actor, acting: Acting) -> None:
    with acting(lan):
        near = select(func.count(Customer.id)).where(
            Customer.lat.between(21.0285 - 0.009, 21.0285 + 0.009),
            Customer.lng.between(105.8542 - 0.0096, 105.8542 + 0.0096),
            Customer.cell.is_not(None),
        )
        assert (db.session.scalar(near) or 0) >= 30


def test_each_manager_sees_their_own_city(demo: None, house: House, acting: Acting) -> None:
    for email, code, other in (("mai@example.com", "HN-%", "SG-%"), ("phuc@example.com", "SG-%", "HN-%")):
        with acting(person(house, email)):
            own = db.session.scalars(select(Customer.id).where(Customer.code.like(code))).all()
            foreign = db.session.scalars(select(Customer.kind).where(Customer.code.like(other))).all()
        assert len(own) > 200
        # Hùng looks after the southern head offices too, and Mai sees what Hùng does.
        assert set(foreign) <= {"company"}


def test_two_people_look_after_one_big_account(demo: None, house: House) -> None:
    with house():
        chain = db.session.get_one(Customer, demo_id("customer", "chain-1"))
        assert {(a.person.given_name, a.line) for a in map(_named, chain.people)} == {
            ("Lan", ""),
            ("Hùng", "Khách hàng lớn"),
        }
        assert len(chain.branches) == 5
        assert {"influences", "blocks"} < {place.role for place in chain.contacts}


def test_hungs_accounts_tell_a_story(demo: None, house: House, acting: Acting) -> None:
    """Quiet ones worst first, sites, stakeholders whom he met, promises of both sides, and a meeting today."""
    hung = person(house, "hung@example.com")
    with acting(hung):
        look = MyAccounts(person=hung.id, zone=hung.zone)
        counts = look.counts(TODAY)
        assert set(counts) == {"A", "B", "C"}
        quiet = replace(look, view=QUIET).tiers(TODAY, counts)[0]
        assert (quiet.tier, quiet.many) == ("A", counts["A"].quiet)
        assert quiet.many >= 3
        over = [account.quiet.days_over for account in quiet.accounts]
        assert over == sorted(over, reverse=True)
        assert quiet.accounts[0].face.id == demo_id("customer", "chain-3")
        assert all(account.last_touch_at for tier in look.tiers(TODAY, counts) for account in tier.accounts)
        brief = Brief.of(
            db.session.get_one(Customer, demo_id("customer", "chain-1")), today=TODAY, zone=hung.zone
        )
        assert (len(brief.ours), len(brief.theirs), bool(brief.to_do)) == (2, 1, True)
        met = {somebody.place.role: somebody.met_at for somebody in brief.stakeholders}
        assert met["blocks"] is None
        assert any(met.values())
        assert demo_id("customer", "chain-1") in Day(hung.id, TODAY).customer_ids()


def _named(assignment: Assignment) -> SimpleNamespace:
    return SimpleNamespace(person=Actor.of(assignment.person), line=assignment.line)


def test_cover_for_the_sick_runs_now_and_past_cover_has_ended(demo: None, house: House) -> None:
    with house():
        cover = db.session.scalars(select(Assignment).where(Assignment.until.is_not(None))).unique().all()
        running = [(a.person.name, a.until) for a in cover if a.active]
        ended = [a for a in cover if a.ended_at is not None]
    assert len(running) == 6
    assert all(until and until >= TODAY for _, until in running)
    assert len(ended) == 3


def test_leads_and_former_customers_are_never_due(demo: None, house: House) -> None:
    with house():
        due = select(Assignment.status).where(Assignment.next_due.is_not(None)).distinct()
        assert set(db.session.scalars(due)) == {"customer"}
        assert (
            db.session.scalar(
                select(func.count()).where(Customer.archived_at.is_not(None), Customer.cell.is_not(None))
            )
            == 0
        )


def test_the_timeline_is_numbered_in_the_order_of_time(demo: None, house: House) -> None:
    with house():
        events = db.session.execute(select(Event.at, Event.recorded_at).order_by(Event.seq)).all()
    moments = [at for at, _ in events]
    assert moments == sorted(moments)
    assert moments[-1] <= AT
    assert all(at == recorded for at, recorded in events)


def test_a_shop_is_created_before_anything_happens_there(demo: None, house: House) -> None:
    with house():
        firsts: dict[object, str] = {}
        for customer_id, kind in db.session.execute(
            select(Event.customer_id, Event.kind).order_by(Event.seq)
        ):
            firsts.setdefault(customer_id, kind)
    assert len(firsts) > 580
    assert set(firsts.values()) == {"customer.created"}


def test_an_archived_shop_was_archived_last(demo: None, house: House) -> None:
    with house():
        for customer in db.session.scalars(select(Customer).where(Customer.archived_at.is_not(None))).all():
            assert Event.of(customer, most=1)[0].kind == "customer.archived"


def test_a_shop_is_found_by_its_owner_without_accents(demo: None, house: House) -> None:
    with house():
        contact = db.session.scalars(select(Contact).where(Contact.name == "Chị Hạnh")).first()
        assert contact is not None
        customer = db.session.get_one(Customer, contact.places[0].customer_id)
        assert "chi hanh" in customer.folded


# --- dissolving -------------------------------------------------------------------------------------


def test_nothing_of_the_demo_is_left_after_its_removal(demo: None, app: Flask, house: House) -> None:
    with app.app_context():
        removed = remove_demo()
    assert (removed.people, removed.kept) == (12, ())
    with house():
        filled = {
            table.name
            for table in Model.metadata.sorted_tables
            if db.session.execute(select(func.count()).select_from(table)).scalar_one()
        }
        assert all(values.emptied for values in db.session.scalars(select(EntryValues)))
    assert filled == {
        "outcomes",
        "tiers",
        "audit_entries",
        "audit_values",
    }  # the audit keeps that something was


def test_what_lan_added_stays_and_so_does_lan(lan: Actor, app: Flask, acting: Acting, house: House) -> None:
    with acting(lan), writing():
        own = Customer.add(by=lan, at=AT, name="Tạp hóa Mới Mở", responsible=db.session.get_one(User, lan.id))
        own_id = own.id
    with app.app_context():
        removed = remove_demo()
    assert removed.kept == ("Nguyễn Ngọc Lan", "Trần Phương Mai")
    assert removed.people == 10
    with house():
        assert db.session.scalars(select(Customer.name)).all() == ["Tạp hóa Mới Mở"]
        assert [event.kind for event in Event.of(db.session.get_one(Customer, own_id))] == [
            "customer.created"
        ]
        assert Oversight.covers(
            db.session.scalars(select(User.id).where(User.email == "mai@example.com")).one(), lan.id
        )


def test_a_contact_who_also_stands_at_a_real_shop_stays(demo: None, app: Flask, house: House) -> None:
    with house(), writing():
        contact = db.session.scalars(select(Contact).order_by(Contact.id)).first()
        assert contact is not None
        name = contact.name
        real = Customer.add(by=None, at=AT, name="Đại lý Thật")
        real.contacts.append(CustomerContact(contact=contact, role="owner"))
    with app.app_context():
        removed = remove_demo()
    assert removed.kept == (name,)
    with house():
        assert (count(Contact), count(CustomerContact), count(Customer)) == (1, 1, 1)


def test_a_branch_under_a_demo_head_office_stands_alone_afterwards(
    demo: None, app: Flask, house: House
) -> None:
    with house(), writing():
        branch = Customer.add(by=None, at=AT, name="Chi nhánh Thật", parent_id=demo_id("customer", "chain-1"))
        branch_id = branch.id
    with app.app_context():
        remove_demo()
    with house():
        assert db.session.get_one(Customer, branch_id).parent_id is None


def test_a_note_of_a_real_colleague_goes_with_the_demo_shop(demo: None, app: Flask, house: House) -> None:
    with house(), writing():
        thanh = User.add("Đào Thị Thanh", role="admin", at=AT, email="thanh@example.com")
        shop = db.session.get_one(Customer, demo_id("customer", "chain-1"))
        record(shop, "note.written", by=thanh, at=AT, payload={"text": "Gọi lại."})
    with app.app_context():
        removed = remove_demo()
    assert removed.kept == ()
    with house():
        assert db.session.scalars(select(User.name)).all() == ["Đào Thị Thanh"]
        assert count(Event) == 0


# --- the command ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_says_what_it_removed_and_makes_it_anew(
    demo: None, app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    with app.app_context():
        cli.dissolve()
        assert capsys.readouterr().out.startswith("Removed 12 people, 6")
        cli.found()
        assert capsys.readouterr().out.startswith("Made 12 people, 6")


def test_the_command_refuses_where_something_is_already(
    demo: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRMWEB_ENV", "test")
    monkeypatch.setenv("CRMWEB_HOME", str(settings.home))
    monkeypatch.setenv("DATABASE_URL", settings.database)
    told = CliRunner().invoke(cli.demo, obj=create_app)
    assert told.exit_code == 1
    assert told.output == "Error: the database holds people or customers already: nothing was added\n"


# --- the day ----------------------------------------------------------------------------------------


def test_lan_opens_a_day_that_is_filled(lan: Actor, acting: Acting) -> None:
    with acting(lan):
        planned = Day(lan.id, TODAY).customer_ids()
        faces_of_today = faces(planned, TODAY)
    assert 26 <= len(planned) <= 32
    assert {face.due.state for face in faces_of_today} >= {"overdue", "today"}


def test_colleagues_are_under_way_and_every_visit_has_its_row(demo: None, house: House) -> None:
    with house():
        visits = {visit.id: visit for visit in db.session.scalars(select(Visit))}
        told = set(db.session.scalars(select(Event.id).where(Event.kind == "visit.finished")))
        notes = set(db.session.scalars(select(Note.id)))
        assert notes == set(db.session.scalars(select(Event.id).where(Event.kind == "note.written")))
    assert visits.keys() == told
    assert {"duc", "quan"} <= {
        key for key in ("duc", "quan", "lan") for v in visits.values()
        if v.day == TODAY and v.person_id == demo_id("person", key)
    }  # fmt: skip
    assert all((visit.verdict is None) == (visit.kind == "phone") for visit in visits.values())


def test_what_the_demo_writes_reaches_nobody(demo: None, house: House) -> None:
    with house():
        planned = db.session.scalars(select(Delivery).where(Delivery.kind != "notice")).all()
        assert planned
        assert {(each.kind, each.recipient.rpartition("@")[2]) for each in planned} <= {
            ("email", "example.net"), ("email", "example.com"),
        }  # fmt: skip
        sent = db.session.scalars(select(Followup).where(Followup.state == "sent")).unique().all()
        assert sent
        told = {event.id for event in db.session.scalars(select(Event).where(Event.kind == "followup.sent"))}
        assert {followup.id for followup in sent} == told


def test_a_template_of_the_demo_that_somebody_uses_stays(demo: None, app: Flask, house: House) -> None:
    with house(), writing():
        template = db.session.scalars(select(MessageTemplate).limit(1)).one()
        step = Step(position=0, after_days=1, at_time=dt.time(9), template=template, channel="email")
        db.session.add(Sequence(id=new_id(), name="Ours", outcome=None, created_at=AT, steps=[step]))
        kept = template.id
    with app.app_context():
        remove_demo()
    with house():
        assert db.session.scalars(select(MessageTemplate.id)).all() == [kept]
