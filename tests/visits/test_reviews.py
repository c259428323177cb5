"""A doubtful check-in between Mai and Lan: accepted, asked about, answered; the verdict stays as it was."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.models import Customer
from crmweb.customers.proposals import GONE, Proposal
from crmweb.db import db, writing
from crmweb.team import routes as team_routes
from crmweb.visits.doubts import A_DAY, count_doubts, doubts
from crmweb.visits.models import DOUBTFUL, Visit
from crmweb.visits.reviews import Review, questions_for
from tests.customers.shops import ENGLISH, Acting, House, PhoneOf, shop
from tests.team.conftest import PIN, Went, _noon, shops, went

__all__ = ["_noon", "shops", "went"]

HTMX = {"HX-Request": "true", **ENGLISH}


def _review(house: House, visit_id: uuid.UUID) -> Review | None:
    with house():
        found = db.session.scalar(select(Review).where(Review.visit_id == visit_id))
        if found is not None:
            db.session.expunge(found)
        return found


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
        assert count_doubts(mai, at=clock.now()) == 0
        assert db.session.get_one(Visit, far).verdict == "away"


def test_mai_takes_an_acceptance_back(phone_of: PhoneOf, mai: Actor, far: uuid.UUID, acting: Acting) -> None:
    phone = phone_of(mai)
    phone.post(f"/visits/{far}/review/accept")
    assert f"/visits/{far}/review/undo" in phone.get("/review", headers=ENGLISH).text
    phone.post(f"/visits/{far}/review/undo")
    with acting(mai):
        assert count_doubts(mai, at=clock.now()) == 1


def test_the_row_alone_answers_where_a_script_asks(phone_of: PhoneOf, mai: Actor, far: uuid.UUID) -> None:
    answer = phone_of(mai).post(f"/visits/{far}/review/accept", headers=HTMX)
    assert answer.status_code == 200
    assert f'id="visit-{far}"' in answer.text
    assert "<html" not in answer.text
    assert "Undo" in answer.text


def test_mai_asks_lan_answers_and_mai_reads_it(
    phone_of: PhoneOf, mai: Actor, lan: Actor, far: uuid.UUID, acting: Acting
) -> None:
    phone, hers = phone_of(mai), phone_of(lan)
    phone.post(f"/visits/{far}/review/ask", data={"question": "Kho của họ ở đâu?"})
    with acting(lan):
        assert [review.question for review in questions_for(lan.id)] == ["Kho của họ ở đâu?"]
    with acting(mai):
        assert count_doubts(mai, at=clock.now()) == 0  # it waits for Lan
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
        assert doubts(mai, at=clock.now()) == []


def test_lan_reviews_nothing_and_binh_finds_nothing(
    phone_of: PhoneOf, lan: Actor, hung: Actor, binh: Actor, outsider: Actor, far: uuid.UUID, acting: Acting
) -> None:
    assert phone_of(lan).post(f"/visits/{far}/review/accept").status_code == 403
    assert phone_of(binh).post(f"/visits/{far}/review/accept").status_code == 404
    assert phone_of(outsider).post(f"/visits/{far}/review/answer", data={"answer": "x"}).status_code == 404
    with acting(binh):
        assert doubts(binh, at=clock.now()) == []
        assert count_doubts(binh, at=clock.now()) == 0


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
        assert {each.visit.id for each in doubts(mai, at=now)} == {lost}
        assert count_doubts(mai, at=now) == 1
    with house():
        said = {visit.id for visit in db.session.scalars(select(Visit)) if visit.is_doubtful}
        assert said == set(db.session.scalars(select(Visit.id).where(DOUBTFUL)))
        assert {old, lost} <= said


def test_the_farthest_come_first_and_the_rest_of_a_day_is_counted(
    went: Went, mai: Actor, lan: Actor, shops: list[uuid.UUID], acting: Acting, phone_of: PhoneOf
) -> None:
    noon = clock.now().replace(hour=5, minute=0) - timedelta(days=1)
    metres = [300 + 10 * number for number in range(A_DAY + 3)]
    for number, far in enumerate(metres):
        went(lan, shops[0], far, at=noon + timedelta(minutes=15 * number))
    unsure = went(lan, shops[1], 100, accuracy_m=300, at=noon - timedelta(hours=1))
    with acting(mai):
        found = doubts(mai, at=clock.now())
        assert len(found) == A_DAY == count_doubts(mai, at=clock.now())
        distances = [each.visit.distance_m or 0 for each in found]
        assert distances == sorted(distances, reverse=True)
        assert found[0].of_the_day == A_DAY + 4
    phone = phone_of(mai)
    assert "4 more on this day, less doubtful" in phone.get("/review", headers=ENGLISH).text
    assert f'id="visit-{unsure}"' in phone.get(f"/review?day={found[0].visit.day}").text


def test_older_days_wait_for_the_next_page(
    went: Went,
    mai: Actor,
    lan: Actor,
    shops: list[uuid.UUID],
    phone_of: PhoneOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A page ends with a whole day."""
    monkeypatch.setattr(team_routes, "A_PAGE", 2)
    noon = clock.now() - timedelta(hours=2)
    visits = [
        went(lan, shops[0], 400 + place, at=noon - timedelta(days=days, minutes=15 * place))
        for place, days in enumerate((1, 2, 2, 3, 4))
    ]
    first = phone_of(mai).get("/review", headers=ENGLISH).text
    assert [each for each in visits if f'id="visit-{each}"' in first] == visits[:3]
    assert "2 from earlier days" in first
    (older,) = re.findall(r'href="(/review\?until=[^"]+)"', first)
    second = phone_of(mai).get(older, headers=ENGLISH).text
    assert [each for each in visits if f'id="visit-{each}"' in second] == visits[3:]
    assert "from earlier days" not in second
