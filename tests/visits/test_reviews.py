"""A doubtful check-in between Mai and Lan: accepted, asked about, answered; the verdict stays as it was."""

from __future__ import annotations

import random
import re
import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.models import Customer
from crmweb.customers.proposals import GONE, Proposal
from crmweb.db import db, new_id, writing
from crmweb.team import review as team_review
from crmweb.visits.doubts import A_DAY, count_by_day, count_matters, matters
from crmweb.visits.models import DOUBTFUL, Visit
from crmweb.visits.reviews import Review, questions_for
from tests.customers.shops import ENGLISH, Acting, House, PhoneOf, shop
from tests.team.conftest import PIN, Went, _noon, counted, shops, went

__all__ = ["_noon", "shops", "went"]

HTMX = {"HX-Request": "true", **ENGLISH}


def _review(house: House, visit_id: uuid.UUID) -> Review | None:
    with house():
        found = db.session.scalar(select(Review).where(Review.visit_id == visit_id))
        if found is not None:
            db.session.expunge(found)
        return found


@pytest.fixture
def many(house: House, lan: Actor) -> list[uuid.UUID]:
    """Twenty shops of Lan's at one pin."""
    with house(), writing():
        return [shop(f"Quầy {number}", lan, at=PIN) for number in range(A_DAY + 5)]


@pytest.fixture
def far(went: Went, lan: Actor, shops: list[uuid.UUID]) -> uuid.UUID:
    """Lan checked in 420 m away."""
    return went(lan, shops[0], 420)


def test_mai_accepts_and_the_verdict_stays(
    phone_of: PhoneOf, mai: Actor, far: uuid.UUID, house: House, acting: Acting
) -> None:
    answer = phone_of(mai).post(f"/visits/{far}/review/accept", data={"back": "/review?day=2026-11-25"})
    assert (answer.status_code, answer.location) == (303, "/review?day=2026-11-25")
    found = _review(house, far)
    assert found is not None
    assert found.accepted_at is not None
    assert found.by_id == mai.id
    with acting(mai):
        assert count_matters(mai, at=clock.now()) == 0
        assert db.session.get_one(Visit, far).verdict == "away"


def test_mai_takes_an_acceptance_back(phone_of: PhoneOf, mai: Actor, far: uuid.UUID, acting: Acting) -> None:
    phone = phone_of(mai)
    phone.post(f"/visits/{far}/review/accept")
    assert f"/visits/{far}/review/undo" in phone.get("/review", headers=ENGLISH).text
    phone.post(f"/visits/{far}/review/undo")
    with acting(mai):
        assert count_matters(mai, at=clock.now()) == 1


def test_the_row_alone_answers_where_a_script_asks(phone_of: PhoneOf, mai: Actor, far: uuid.UUID) -> None:
    answer = phone_of(mai).post(f"/visits/{far}/review/accept", headers=HTMX)
    assert answer.status_code == 200
    assert f'id="visit-{far}"' in answer.text
    assert "<html" not in answer.text
    assert "Undo" in answer.text


@pytest.mark.parametrize("act", ["accept", "undo", "ask"])
def test_a_script_hears_its_key_and_no_redirect(
    phone_of: PhoneOf, mai: Actor, far: uuid.UUID, act: str
) -> None:
    answer = phone_of(mai).post(
        f"/visits/{far}/review/{act}", data={"question": "Sao vậy?"}, headers={"Idempotency-Key": "k1"}
    )
    assert (answer.status_code, answer.headers["Idempotency-Key"]) == (200, "k1")


def test_mai_asks_lan_answers_and_mai_reads_it(
    phone_of: PhoneOf, mai: Actor, lan: Actor, far: uuid.UUID, acting: Acting
) -> None:
    phone, hers = phone_of(mai), phone_of(lan)
    phone.post(f"/visits/{far}/review/ask", data={"question": "Kho của họ ở đâu?"})
    with acting(lan):
        assert [review.question for review in questions_for(lan.id)] == ["Kho của họ ở đâu?"]
    with acting(mai):
        assert count_matters(mai, at=clock.now()) == 0  # it waits for Lan
    assert "Kho của họ ở đâu?" in phone.get("/review", headers=ENGLISH).text
    page = hers.get(f"/visits/{far}", headers=ENGLISH).text
    assert "Kho của họ ở đâu?" in page
    assert "Waiting for an answer" in page
    answer = hers.post(f"/visits/{far}/review/answer", data={"answer": "Họ dời sang hẻm 12."})
    assert answer.location == f"/visits/{far}"
    with acting(lan):
        assert questions_for(lan.id) == []
    page = phone.get("/review", headers=ENGLISH).text
    assert "Họ dời sang hẻm 12." in page
    assert f"/visits/{far}/review/accept" in page


def test_lan_objects_to_a_verdict_that_nobody_asked_about(
    phone_of: PhoneOf, mai: Actor, lan: Actor, far: uuid.UUID, house: House
) -> None:
    hers = phone_of(lan)
    assert "Say how it was" in hers.get(f"/visits/{far}", headers=ENGLISH).text
    hers.post(f"/visits/{far}/review/answer", data={"answer": "Khách hẹn ở quán bên kia."})
    found = _review(house, far)
    assert found is not None
    assert (found.question, found.accepted_at, found.by_id) == (None, None, lan.id)
    assert "Khách hẹn ở quán bên kia." in phone_of(mai).get("/review").text


def test_an_answer_sent_twice_is_one_answer(
    phone_of: PhoneOf, lan: Actor, far: uuid.UUID, house: House
) -> None:
    hers = phone_of(lan)
    for _ in range(2):
        sent = hers.post(
            f"/visits/{far}/review/answer", data={"answer": "Đúng."}, headers={"Idempotency-Key": "answer 1"}
        )
        assert sent.status_code == 200
        assert sent.headers["Idempotency-Key"] == "answer 1"
    with house():
        assert db.session.scalar(select(func.count(Review.id))) == 1


@pytest.mark.parametrize(
    ("words", "told"), [("  \n ", "Write what you want to know."), ("x" * 1001, "too many")]
)
def test_a_question_that_cannot_be_is_told_beside_its_field(
    phone_of: PhoneOf, mai: Actor, far: uuid.UUID, house: House, words: str, told: str
) -> None:
    for headers in (HTMX, ENGLISH):
        answer = phone_of(mai).post(f"/visits/{far}/review/ask", data={"question": words}, headers=headers)
        assert answer.status_code == 422
        assert told in answer.text
        assert words.strip() in answer.text
    assert _review(house, far) is None


def test_an_empty_answer_is_told_and_keeps_the_page(phone_of: PhoneOf, lan: Actor, far: uuid.UUID) -> None:
    answer = phone_of(lan).post(f"/visits/{far}/review/answer", data={"answer": " "}, headers=ENGLISH)
    assert answer.status_code == 422
    assert "Write your answer." in answer.text


def test_where_nobody_doubts_there_is_nothing_to_answer(
    phone_of: PhoneOf, lan: Actor, went: Went, shops: list[uuid.UUID], house: House
) -> None:
    there = went(lan, shops[0], 0)
    assert phone_of(lan).post(f"/visits/{there}/review/answer", data={"answer": "Có."}).status_code == 422
    assert _review(house, there) is None


def test_nobody_reviews_their_own_visits(
    phone_of: PhoneOf, mai: Actor, went: Went, house: House, acting: Acting
) -> None:
    with house(), writing():
        hers = shop("Của chị Mai", mai, at=PIN)
    own = went(mai, hers, 900)
    for act in ("accept", "ask", "undo"):
        assert phone_of(mai).post(f"/visits/{own}/review/{act}", data={"question": "?"}).status_code == 403
    with acting(mai):
        assert matters(mai, at=clock.now()) == []


def test_lan_reviews_nothing_and_binh_finds_nothing(
    phone_of: PhoneOf, lan: Actor, hung: Actor, binh: Actor, outsider: Actor, far: uuid.UUID, acting: Acting
) -> None:
    assert phone_of(lan).post(f"/visits/{far}/review/accept").status_code == 403
    assert phone_of(binh).post(f"/visits/{far}/review/accept").status_code == 404
    assert phone_of(outsider).post(f"/visits/{far}/review/answer", data={"answer": "x"}).status_code == 404
    with acting(binh):
        assert matters(binh, at=clock.now()) == []
        assert count_matters(binh, at=clock.now()) == 0


def test_binh_does_not_judge_a_visitor_of_another_team_at_his_own_customer(
    phone_of: PhoneOf,
    lan: Actor,
    binh: Actor,
    outsider: Actor,
    far: uuid.UUID,
    shops: list[uuid.UUID],
    house: House,
) -> None:
    """He sees the visit, since his rep looks after the shop too; Lan works for Mai."""
    with house(), writing():
        shared = db.session.get_one(Customer, shops[0])
        shared.assign(db.session.get_one(User, outsider.id), by=None, at=clock.now(), line="Trà")
    assert phone_of(binh).post(f"/visits/{far}/review/accept").status_code == 403


def test_mai_reviews_a_visit_to_a_shop_that_went_to_another_team(
    phone_of: PhoneOf, mai: Actor, lan: Actor, far: uuid.UUID, shops: list[uuid.UUID], house: House
) -> None:
    with house(), writing():
        there = db.session.get_one(Customer, shops[0])
        there.assignments[0].end(by=None, at=clock.now())
        Proposal.make(there, GONE, by=lan, at=clock.now())  # of that team alone now
    assert (
        phone_of(mai).post(f"/visits/{far}/review/ask", data={"question": "Sao xa vậy?"}).status_code == 303
    )
    refused = phone_of(mai).post(f"/visits/{far}/review/ask", data={"question": " "}, headers=ENGLISH)
    assert (refused.status_code, "waiting for you:" in refused.text) == (422, False)
    hers = phone_of(lan)
    assert "Sao xa vậy?" in hers.get(f"/visits/{far}").text
    assert hers.post(f"/visits/{far}/review/answer", data={"answer": "Kho cũ."}).status_code == 303


def test_what_waits_is_doubtful_and_what_is_not_stays_out(
    went: Went, mai: Actor, lan: Actor, shops: list[uuid.UUID], house: House, acting: Acting
) -> None:
    with house(), writing():
        unpinned = shop("Chưa có ghim", lan)
    now = clock.now()
    went(lan, shops[0], 0, at=now - timedelta(hours=5))
    went(lan, unpinned, 0, at=now - timedelta(hours=4))
    went(lan, shops[1], None, at=now - timedelta(minutes=2))  # its place may still come
    lost = went(lan, shops[2], None, at=now - timedelta(minutes=4))
    old = went(lan, shops[3], 900, at=now - timedelta(days=16))
    with acting(mai):
        assert {each.first.visit.id for each in matters(mai, at=now)} == {lost}
        assert count_matters(mai, at=now) == 1
    with house():
        said = {visit.id for visit in db.session.scalars(select(Visit)) if visit.is_doubtful}
        assert said == set(db.session.scalars(select(Visit.id).where(DOUBTFUL)))
        assert {old, lost} <= said


def test_the_farthest_come_first_and_the_rest_of_a_day_is_counted(
    went: Went, mai: Actor, lan: Actor, many: list[uuid.UUID], acting: Acting, phone_of: PhoneOf
) -> None:
    noon = clock.now().replace(hour=5, minute=0) - timedelta(days=1)
    for number, far in enumerate([300 + 10 * number for number in range(A_DAY + 3)]):
        went(lan, many[number], far, at=noon + timedelta(minutes=15 * number))
    unsure = went(lan, many[-1], 100, accuracy_m=300, at=noon - timedelta(hours=1))
    with acting(mai):
        found = matters(mai, at=clock.now())
        assert len(found) == A_DAY == count_matters(mai, at=clock.now())
        distances = [each.first.visit.distance_m or 0 for each in found]
        assert distances == sorted(distances, reverse=True)
        (day,) = count_by_day(mai, at=clock.now())
        assert (day.shown, day.rest) == (A_DAY, 4)
    phone = phone_of(mai)
    first = phone.get("/review", headers=ENGLISH).text
    assert "All of this day: 4 more, less doubtful" in first
    assert f'id="visit-{unsure}"' not in first
    assert f'id="visit-{unsure}"' in phone.get(f"/review?day={day.day}").text


def test_who_is_through_with_the_most_doubtful_of_a_day_is_through(
    went: Went, mai: Actor, lan: Actor, many: list[uuid.UUID], acting: Acting, phone_of: PhoneOf
) -> None:
    """The next ones do not come up in their stead; they are reached all the same."""
    noon = clock.now() - timedelta(hours=3)
    for number in range(A_DAY + 2):
        went(lan, many[number], 300 + 10 * number, at=noon + timedelta(minutes=5 * number))
    with acting(mai):
        shown = [each.first.visit.id for each in matters(mai, at=clock.now())]
    phone = phone_of(mai)
    assert phone.post("/review/accept", data={"visit": [str(each) for each in shown]}).status_code == 303
    with acting(mai):
        assert count_matters(mai, at=clock.now()) == 0
    page = phone.get("/review", headers=ENGLISH).text
    assert "Nothing to review" in page
    assert "2 less doubtful" in page
    assert page.count("/review?day=") == 1
    there = phone.get(f"/review?day={clock.today(mai.zone)}").text
    assert len(re.findall(r'<article[^>]* id="visit-', there)) == 2


def test_repeats_stand_in_one_row_that_opens(
    went: Went, mai: Actor, lan: Actor, hung: Actor, many: list[uuid.UUID], acting: Acting, phone_of: PhoneOf
) -> None:
    """A shop that Lan is always away from is one matter, whatever the day; a coarse phone is one a day and person."""
    now = clock.now()
    away = [went(lan, many[0], 400 + 50 * days, at=now - timedelta(days=days, hours=1)) for days in (0, 2, 7)]
    coarse = [
        went(lan, many[1 + n], 50, accuracy_m=250 + 20 * n, at=now - timedelta(hours=2 + n)) for n in range(3)
    ]
    before = went(lan, many[4], 50, accuracy_m=250, at=now - timedelta(days=1))
    lost = went(lan, many[5], None, at=now - timedelta(hours=7))
    other = went(hung, many[1], 50, accuracy_m=250, at=now - timedelta(hours=3))
    with acting(mai):
        found = [sorted(each.visit_ids) for each in matters(mai, at=now)]
        assert found[0] == sorted(away)
        assert sorted(found) == sorted([sorted(away), sorted(coarse), [before], [lost], [other]])
        assert count_matters(mai, at=now) == 5
    page = phone_of(mai).get("/review", headers=ENGLISH).text
    assert "Nguyễn Thị Lan · 3 check-ins" in page
    assert "400 m to 750 m away" in page
    assert "Accuracy 250 m to 290 m." in page
    assert "Quầy 1, Quầy 2 and 1 more" in page


def test_mai_accepts_several_at_once_and_takes_them_back(
    went: Went, mai: Actor, lan: Actor, many: list[uuid.UUID], house: House, phone_of: PhoneOf
) -> None:
    now = clock.now()
    away, other, left = (went(lan, many[n], 400 + n, at=now - timedelta(hours=1 + n)) for n in range(3))
    phone = phone_of(mai)
    answer = phone.post(
        "/review/accept", data={"visit": [f"{away} {other}", str(other)], "back": "/review?until=2026-11-25"}
    )
    assert (answer.status_code, answer.location) == (303, "/review?until=2026-11-25")
    accepted = [_review(house, each) for each in (away, other)]
    assert {each and each.by_id for each in accepted} == {mai.id}
    assert len({each and each.accepted_at for each in accepted}) == 1
    assert _review(house, left) is None
    page = phone.get("/review", headers=ENGLISH).text
    assert "2 check-ins accepted" in page
    (undo,) = re.findall(r'action="(/review/undo/\d+)"', page)
    assert phone.post(undo).status_code == 303
    for each in (away, other):
        review = _review(house, each)
        assert review is not None
        assert review.accepted_at is None


def test_what_was_accepted_one_by_one_or_by_others_stays_accepted(
    went: Went, mai: Actor, tuan: Actor, lan: Actor, many: list[uuid.UUID], house: House, phone_of: PhoneOf
) -> None:
    one, two = (went(lan, many[n], 400, at=clock.now() - timedelta(hours=1 + n)) for n in range(2))
    assert phone_of(mai).post(f"/visits/{one}/review/accept").status_code == 303
    phone_of(mai).post("/review/accept", data={"visit": [str(one), str(two)]})
    review = _review(house, two)
    assert review is not None
    assert review.accepted_at is not None
    undo = f"/review/undo/{round(review.accepted_at.timestamp() * 1_000_000)}"
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        assert phone_of(tuan).post(undo).status_code == 404
    review = _review(house, two)
    assert review is not None
    assert review.accepted_at is not None


def test_all_or_none_are_accepted(
    went: Went, mai: Actor, binh: Actor, lan: Actor, many: list[uuid.UUID], house: House, phone_of: PhoneOf
) -> None:
    with house(), writing():
        hers = shop("Của chị Mai", mai, at=PIN)
    far, own = went(lan, many[0], 400), went(mai, hers, 400)
    phone = phone_of(mai)
    for sent, status in (
        ([str(far), str(own)], 403), ([str(far), str(uuid.uuid4())], 404), ([str(far), "x"], 422), ([], 422),
        ([str(uuid.uuid4()) for _ in range(501)], 422),
    ):  # fmt: skip
        assert phone.post("/review/accept", data={"visit": sent}).status_code == status, sent[:2]
    assert phone_of(binh).post("/review/accept", data={"visit": [str(far)]}).status_code == 404
    assert phone_of(lan).post("/review/accept", data={"visit": [str(far)]}).status_code == 403
    assert _review(house, far) is None
    assert phone.post("/review/undo/99999999999999999999").status_code == 404
    assert phone.post("/review/undo/0").status_code == 404


def test_several_are_accepted_though_one_shop_went_to_another_team(
    went: Went, mai: Actor, lan: Actor, many: list[uuid.UUID], house: House, phone_of: PhoneOf
) -> None:
    visits = [went(lan, many[n], 400, at=clock.now() - timedelta(hours=1 + n)) for n in range(2)]
    with house(), writing():
        db.session.get_one(Customer, many[0]).assignments[0].end(by=None, at=clock.now())
    phone = phone_of(mai)
    assert phone.post("/review/accept", data={"visit": list(map(str, visits))}).status_code == 303
    reviews = [_review(house, each) for each in visits]
    assert all(each and each.accepted_at for each in reviews)
    (undo,) = re.findall(r'action="(/review/undo/\d+)"', phone.get("/review", headers=ENGLISH).text)
    assert phone.post(undo).status_code == 303
    assert not any(each and each.accepted_at for each in [_review(house, visit) for visit in visits])


def test_a_manager_of_managers_looks_at_one_person(
    went: Went,
    tuan: Actor,
    lan: Actor,
    outsider: Actor,
    many: list[uuid.UUID],
    house: House,
    phone_of: PhoneOf,
) -> None:
    with house(), writing():
        elsewhere = shop("Quầy của Khôi", outsider, at=PIN)
    hers, his = went(lan, many[0], 400), went(outsider, elsewhere, 500)
    phone = phone_of(tuan)
    whole = phone.get("/review", headers=ENGLISH).text
    assert f'id="visit-{hers}"' in whole
    assert f'id="visit-{his}"' in whole
    assert f'href="/review?person={lan.id}"' in whole
    one = phone.get(f"/review?person={lan.id}").text
    assert f'id="visit-{hers}"' in one
    assert f'id="visit-{his}"' not in one
    day = clock.today(tuan.zone)
    assert f'id="visit-{his}"' not in phone.get(f"/review?person={lan.id}&day={day}").text
    for odd in ("nobody", str(uuid.uuid4()), ""):
        assert phone.get(f"/review?person={odd}&after=x").status_code == 200


def test_what_lan_said_to_it_comes_first(
    went: Went, mai: Actor, lan: Actor, many: list[uuid.UUID], phone_of: PhoneOf, acting: Acting
) -> None:
    now = clock.now()
    went(lan, many[0], 900, at=now - timedelta(hours=3))
    near = went(lan, many[1], 150, accuracy_m=90, at=now - timedelta(hours=2))
    phone_of(lan).post(f"/visits/{near}/review/answer", data={"answer": "Trong hẻm."})
    with acting(mai):
        assert matters(mai, at=now)[0].visit_ids == [near]


def test_a_day_of_fifteen_reps_is_at_most_fifteen_rows(
    house: House, mai: Actor, acting: Acting, phone_of: PhoneOf
) -> None:
    """420 check-ins as the street makes them: most on site, some indoors, some without a fix or a pin, few away."""
    chance, today = random.Random(7), clock.today(mai.zone)
    begin = clock.now() - timedelta(hours=5)
    with house(), writing():
        boss = db.session.get_one(User, mai.id)
        team = [
            Actor.of(
                User.add(f"Người bán {number:02}", role="rep", at=clock.now(), manager=boss, id=new_id())
            )
            for number in range(15)
        ]
        places = [shop(f"Điểm bán {number:03}", team[number % 15], at=PIN) for number in range(420)]
    kinds = {
        "on_site": 72,
        "imprecise": 9,
        "no_fix": 6,
        "no_pin": 6,
        "own_pin": 3,
        "old_fix": 1,
        "away": 2.5,
        "fast": 0.5,
    }
    drawn = chance.choices(list(kinds), list(kinds.values()), k=420)
    with house(), writing():
        for number, kind in enumerate(drawn):
            db.session.add(_drawn(kind, team[number % 15].id, places[number], begin, number, chance))
    doubtful = [kind for kind in drawn if kind not in ("on_site", "no_pin", "own_pin")]
    with acting(mai), counted() as asked:
        found = matters(mai, at=clock.now(), days=[today])
        assert len(asked) <= 2
        (day,) = count_by_day(mai, at=clock.now())
    assert len(doubtful) > 60
    assert len(found) == day.shown <= A_DAY
    assert day.shown + day.rest < len(doubtful) * 0.75
    kept = [each.first.visit.verdict for each in found]
    assert kept[: drawn.count("away")] == ["away"] * min(drawn.count("away"), A_DAY)
    assert not {each.visit.reason for matter in found for each in matter.doubts} & {"no_pin", "own_pin"}
    phone = phone_of(mai)
    seen: set[str] = set()
    address = f"/review?day={today}"
    while address:
        page = phone.get(address, headers=ENGLISH).text
        seen |= set(re.findall(r'<article[^>]* id="visit-([^"]+)"', page))
        further = re.findall(r'href="(/review\?day=[^"]+after=\d+)"', page)
        address = further[0].replace("&amp;", "&") if further else ""
    assert len(seen) == len(doubtful)


def _drawn(
    kind: str, person: uuid.UUID, place: uuid.UUID, begin: datetime, number: int, chance: random.Random
) -> Visit:
    """A check-in that was judged so: written down as it ends up, since 420 phones would take the test a minute."""
    at = begin + timedelta(minutes=10 * (number // 15), seconds=number)
    verdict = {"on_site": "on_site", "away": "away"}.get(kind, "unproven")
    reason = {"on_site": None, "away": None, "fast": "too_fast"}.get(kind, kind)
    return Visit(
        id=new_id(), customer_id=place, customer_name=f"Điểm bán {number:03}", person_id=person, kind="in_person",
        day=at.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date(), started_at=at, client_at=at, recorded_at=at,
        ended_at=at + timedelta(minutes=8), ended="finished", outcome="order_taken", counted={}, judged_at=at,
        verdict=verdict, reason=reason, accuracy_m=chance.uniform(5, 400), radius_m=100,
        distance_m=chance.uniform(150, 5000) if verdict == "away" else chance.uniform(0, 90),
        speed_kmh=1200 if kind == "fast" else None,
    )  # fmt: skip


def test_older_days_wait_for_the_next_page(
    went: Went,
    mai: Actor,
    lan: Actor,
    many: list[uuid.UUID],
    phone_of: PhoneOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A page ends with a whole day."""
    monkeypatch.setattr(team_review, "A_PAGE", 2)
    noon = clock.now() - timedelta(hours=2)
    visits = [
        went(lan, many[place], 400 + place, at=noon - timedelta(days=days, minutes=15 * place))
        for place, days in enumerate((1, 2, 2, 3, 4))
    ]
    first = phone_of(mai).get("/review", headers=ENGLISH).text
    assert [each for each in visits if f'id="visit-{each}"' in first] == visits[:3]
    assert "2 from earlier days" in first
    (older,) = re.findall(r'href="(/review\?until=[^"]+)"', first)
    second = phone_of(mai).get(older, headers=ENGLISH).text
    assert [each for each in visits if f'id="visit-{each}"' in second] == visits[3:]
    assert "from earlier days" not in second
