"""What happened at the demo company is plausible on whichever day one looks."""

import datetime as dt
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise

import pytest

from crmweb.demo import notes
from crmweb.demo.books import Standing, demo_books
from crmweb.demo.calendar import HERE, local_day, works
from crmweb.demo.contacts import demo_contacts
from crmweb.demo.history import INTERVALS, DemoHistory
from crmweb.demo.people import SEED
from crmweb.demo.shops import demo_shops

A_WEEK = [dt.datetime(2026, 11, 16, 3, 30, tzinfo=dt.UTC) + dt.timedelta(days=days) for days in range(7)]
A_MONDAY = A_WEEK[0]


@cache
def story(at: dt.datetime) -> tuple[tuple[Standing, ...], DemoHistory]:
    shops = demo_shops(SEED)
    standings = demo_books(SEED, shops, local_day(at))
    return standings, DemoHistory(SEED, standings, demo_contacts(SEED, shops), at)


@pytest.mark.parametrize("at", A_WEEK, ids=lambda at: at.strftime("%a"))
def test_a_fifth_of_lans_shops_is_overdue_and_a_tenth_due_on_any_day(at: dt.datetime) -> None:
    standings, history = story(at)
    days = [
        (
            local_day(history.last_visits[s.shop.key, "lan"])
            + dt.timedelta(days=INTERVALS[s.shop.tier or ""])
            - local_day(at)
        ).days
        for s in standings
        if s.person == "lan" and s.shop.status == "customer" and not s.is_cover
    ]
    assert 0.15 < sum(day < 0 for day in days) / len(days) < 0.25
    assert 0.07 < sum(day == 0 for day in days) / len(days) < 0.13
    assert min(days) >= -21


def test_two_machines_tell_the_same_story() -> None:
    shops = demo_shops(SEED)
    again = DemoHistory(
        SEED, demo_books(SEED, shops, local_day(A_MONDAY)), demo_contacts(SEED, shops), A_MONDAY
    )
    assert again.happenings == story(A_MONDAY)[1].happenings


def test_reps_are_out_on_workdays_between_0740_and_1715() -> None:
    for happening in story(A_MONDAY)[1].happenings:
        here = happening.at.astimezone(HERE)
        assert works(here.date())
        assert dt.time(7, 40) <= here.time() <= dt.time(17, 15)


def test_nothing_happens_in_the_week_of_tet() -> None:
    _, history = story(dt.datetime(2027, 3, 1, 3, 0, tzinfo=dt.UTC))
    days = {local_day(happening.at) for happening in history.happenings}
    assert not days & {dt.date(2027, 2, day) for day in range(5, 11)}
    assert dt.date(2027, 2, 2) in days


def test_nobody_is_at_two_shops_at_once() -> None:
    stays: dict[str, list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)
    for happening in story(A_MONDAY)[1].happenings:
        if happening.kind == "visit.finished" and happening.payload.get("kind") != "phone":
            start = happening.at - dt.timedelta(minutes=happening.payload["minutes"])
            stays[happening.by].append((start, happening.at))
    for spans in stays.values():
        spans.sort()
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_everything_lies_in_the_past_and_in_order() -> None:
    happenings = story(A_MONDAY)[1].happenings
    moments = [happening.at for happening in happenings]
    assert moments == sorted(moments)
    assert moments[-1] < A_MONDAY
    assert moments[0] > A_MONDAY - dt.timedelta(days=260)


def test_nothing_happened_before_a_shop_was_in_the_book() -> None:
    standings, history = story(A_MONDAY)
    since = {(s.shop.key, s.person): s.since for s in standings if not s.is_cover}
    early = [h for h in history.happenings if local_day(h.at) < since[h.shop, h.by] - dt.timedelta(days=4)]
    assert early == []


def test_there_are_more_than_eighty_notes_of_our_own() -> None:
    assert len(set(notes.EVERY_NOTE)) == len(notes.EVERY_NOTE) > 120


def test_notes_are_whole_sentences_without_gaps() -> None:
    texts = [h.payload["text"] for h in story(A_MONDAY)[1].happenings if "text" in h.payload]
    assert len(texts) > 1000
    for text in set(texts):
        assert text == unicodedata.normalize("NFC", text)
        assert text[0].isupper()
        assert text.endswith(".")
        assert "{" not in text


def test_a_note_never_contradicts_the_outcome() -> None:
    assert notes.outcome_of("{Ai} bảo trà đào bán chạy, lấy thêm {n} thùng.") == "order_taken"
    assert notes.outcome_of("Còn đầy kệ, chưa cần nhập.") == "no_order"
    assert notes.outcome_of("{Ai} khen giao đúng giờ.") is None
    outcome = {}
    for happening in story(A_MONDAY)[1].happenings:
        if happening.kind == "visit.finished":
            outcome[happening.shop, happening.by, happening.at] = happening.payload["outcome"]
        elif happening.kind == "note.written":
            told = notes.outcome_of(happening.payload["text"])
            went = outcome[happening.shop, happening.by, happening.at]
            assert told in (None, went) or went in ("closed", "owner_away", "interested")


def test_notes_do_not_repeat_at_one_shop_within_a_quarter() -> None:
    told: dict[tuple[str, str], dt.datetime] = {}
    repeated = Counter[str]()
    for happening in story(A_MONDAY)[1].happenings:
        if happening.kind == "note.written":
            before = told.get((happening.shop, happening.payload["text"]))
            repeated["soon" if before and happening.at - before < dt.timedelta(days=90) else "fresh"] += 1
            told[happening.shop, happening.payload["text"]] = happening.at
    assert repeated["soon"] < repeated["fresh"] / 50


def test_a_sick_rep_is_covered_and_the_account_manager_stands_beside_reps() -> None:
    standings, _ = story(A_MONDAY)
    today = local_day(A_MONDAY)
    now = [s for s in standings if s.until and s.since <= today <= s.until]
    past = [s for s in standings if s.until and s.until < today]
    assert {s.person for s in now} == {"duc", "quan"}
    assert len(now) == 6
    assert {s.person for s in past} == {"lan"}
    lines = {(s.shop.key, s.line) for s in standings if s.person == "hung"}
    reps = {s.shop.key for s in standings if s.person != "hung" and s.line == ""}
    assert len(lines) > 20
    assert all(shop in reps and line for shop, line in lines)
