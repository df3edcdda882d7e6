from __future__ import annotations

from datetime import timedelta

import pytest

from crm import cases
from crm.models import Case, CustomerTag, Message, Task
from feedback import (
    acting,
    answers,
    breakdowns,
    changes,
    insight,
    reading,
    reasking,
    recovery,
    silence,
    targets,
    telling,
)
from feedback.models import Answer, ClosingRule, Followed, Invitation, Reask, ScoreTarget, Theme
from segments.models import CustomerFeatures
from tests.feedback.surveys import make_answer, make_answers, make_invitation, make_survey
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def say(invitation, score, *, at, comment=""):
    kept = answers.accept(invitation, score=score, comment=comment, values={}, language="en", at=at)
    telling.tell_news()
    return Answer.objects.get(pk=kept)


def make_rule(**fields):
    return ClosingRule.objects.create(
        **{"name": "Look after", "score_to": 6, "opens_case": True, "reask_days": 7, **fields}
    )


def test_an_unhappy_customer_gets_a_case_is_asked_again_and_counts_as_back(owner):
    survey, person = make_survey(), make_customer(email="ann@example.com")
    make_rule(owner=owner, due_hours=24, tag="Upset")
    alone = make_customer()
    make_answer(survey, 2, customer=alone, at=NOON)

    bad = say(make_invitation(survey, person, at=NOON), 2, at=NOON, comment="Late")
    say(bad.invitation, 3, at=NOON + timedelta(minutes=5))  # Corrected: nothing is done twice.
    case = Case.objects.get()
    too_early = reasking.ask_due(NOON + 20 * DAY)
    cases.solve(case, by=owner, at=NOON + 20 * DAY)
    not_yet = reasking.ask_due(NOON + 26 * DAY)
    asked = reasking.ask_due(NOON + 27 * DAY)
    again = reasking.ask_due(NOON + 28 * DAY)
    invited = Invitation.objects.get(source__startswith="reask:")
    say(invited, 9, at=NOON + 29 * DAY)

    found = recovery.of(survey, Answer.objects.counted(), None)
    assert (too_early, not_yet, asked, again) == (0, 0, 1, 0)
    assert (case.owner, case.first_due_at) == (owner, NOON + DAY)
    assert Followed.objects.count() == 1
    assert CustomerTag.objects.get(customer=person).tag.name == "Upset"
    assert Message.objects.get(key__startswith="reask:").to_email == "ann@example.com"
    assert (found.contacted.people, found.contacted.again, found.contacted.back) == (1, 1, 1)
    assert (found.alone.people, found.alone.again) == (1, 0)


def test_who_was_asked_meanwhile_is_not_asked_again(owner):
    survey, person = make_survey(), make_customer()
    make_rule(opens_case=False)
    say(make_invitation(survey, person, at=NOON), 2, at=NOON)
    make_invitation(survey, person, at=NOON + DAY, source="campaign:2")
    Invitation.objects.filter(source="campaign:2").update(asked_at=NOON + DAY)

    reasking.ask_due(NOON + 30 * DAY)

    row = Reask.objects.get()
    assert (row.state, row.reason) == ("skipped", "asked_meanwhile")


def test_a_rule_on_a_topic_is_carried_out_when_the_comment_was_read():
    survey, person = make_survey(opens_cases=False), make_customer()
    theme = Theme.objects.create(label="Gears", pinned=["gearbox"], is_kept=True)
    make_rule(theme=theme, score_to=None, reask_days=None)
    say(make_invitation(survey, person, at=NOON), 8, at=NOON, comment="the gearbox rattles")
    before = Case.objects.count()

    reading.read_new(NOON)

    assert before == 0
    assert Case.objects.get().subject.startswith("Answer: 8")
    assert acting.follow(Answer.objects.get()) == []


def test_best_customers_come_first():
    survey, best, other = make_survey(), make_customer(), make_customer()
    CustomerFeatures.objects.create(customer=best, as_of=NOON.date(), rfm_monetary=5)

    for one in (best, other):
        say(make_invitation(survey, one, at=NOON), 0, at=NOON)

    assert Case.objects.get(customer=best).priority == Case.Priority.URGENT
    assert Case.objects.get(customer=other).priority == Case.Priority.HIGH


def test_an_alarm_rings_once_while_a_score_is_surely_below_its_target(owner):
    survey = make_survey()
    make_answers(survey, {0: 30, 10: 10})
    ScoreTarget.objects.create(survey=survey, goal=20, days=90)

    first, second = targets.check(NOON + DAY), targets.check(NOON + DAY)

    assert (first, second) == (1, 0)
    assert Task.objects.filter(owner=owner).count() == 1
    assert ScoreTarget.objects.get().state == "below"


def test_breakdowns_count_each_answer_once_and_weigh_who_was_silent():
    survey = make_survey()
    people = [make_customer(country="ES" if number % 2 else "FR") for number in range(40)]
    for number, one in enumerate(people):
        CustomerFeatures.objects.create(
            customer=one, as_of=NOON.date(), rfm_group="champions" if number < 20 else "lost"
        )
        invitation = make_invitation(survey, one, at=NOON)
        if number < 20 or number % 4 == 0:
            say(invitation, 10 if number < 20 else 0, at=NOON)
    make_answer(survey, 5)  # Anonymous.
    make_answer(survey, 10, state="provisional")

    tables = breakdowns.of(survey, Answer.objects.counted(), cached=True)
    found = silence.of(survey, tables)

    assert tables["all"][""] == (20, 0, 6)
    assert tables["rfm.group"] == {"champions": (20, 0, 0), "lost": (0, 0, 5)}
    assert sum(sum(one) for one in tables["country"].values()) == 25
    assert [(one.name, one.asked, one.answered) for one in found.strata] == [
        ("champions", 20, 20),
        ("lost", 20, 5),
    ]
    assert found.weighted.value == pytest.approx(0)
    assert found.is_biased
    groups = breakdowns.groups(survey, tables, "rfm.group")
    assert [(one.name, one.verdict) for one in groups] == [("Champions", "higher"), ("lost", "lower")]


def test_before_and_after_a_day_are_compared_over_equal_times():
    survey = make_survey()
    make_answers(survey, {0: 40}, at=NOON - 10 * DAY)
    make_answers(survey, {10: 40}, at=NOON - 2 * DAY)
    make_answers(survey, {0: 40}, at=NOON - 100 * DAY)  # Too long ago to count.

    found = changes.of(survey, Answer.objects.counted(), NOON - 7 * DAY - timedelta(hours=1), NOON)

    assert (found.before.n, found.after.n) == (40, 40)
    assert found.difference.value == 200
    assert found.is_clear
    assert changes.of(survey, Answer.objects.counted(), NOON + DAY, NOON) is None


def test_the_owner_reads_what_is_wrong_what_pleases_and_what_to_do(owner_client, owner):
    survey = make_survey()
    Theme.objects.create(aspect="delivery", pinned=["delivery"], is_kept=True)
    Theme.objects.create(aspect="service", pinned=["staff"], is_kept=True)
    for number in range(30):
        make_answer(survey, 2, comment=f"The delivery was terribly late {number}", at=NOON - number * DAY)
        make_answer(survey, 10, comment=f"Lovely friendly staff {number}", at=NOON - number * DAY)
    reading.read_new(NOON)

    found = insight.of(
        survey, Answer.objects.counted(), NOON - 90 * DAY, NOON + DAY, zone=NOON.tzinfo, language="en"
    )
    pages = [
        owner_client.get(path)
        for path in (
            "/feedback/insight/",
            "/feedback/insight/?in=zh-hans&month=2026-06",
            "/feedback/recovery/",
            f"/feedback/recovery/{survey.slug}/",
            "/feedback/closing/",
            "/feedback/closing/new/",
            f"/feedback/{survey.slug}/details/?on=2026-06-01",
            f"/feedback/{survey.slug}/answers/?way=channel&value=link",
        )
    ]
    refused = owner_client.post("/feedback/closing/new/", {"name": "All", "opens_case": "on"})
    kept = owner_client.post("/feedback/closing/new/", {"name": "Bad", "opens_case": "on", "score_to": "6"})
    wrong = owner_client.post(f"/feedback/{survey.slug}/details/target/", {"goal": "400", "days": "90"})

    assert found.trouble.voice.theme.aspect == "delivery"
    assert found.joy.theme.aspect == "service"
    assert [one.status_code for one in pages] == [200] * 8
    assert (refused.status_code, kept.status_code, wrong.status_code) == (422, 302, 422)


def test_answers_are_read_and_sent_through_the_interface(owner):
    from rest_framework.test import APIClient

    from crm.api import tokens

    make_survey()
    person = make_customer(email="ann@example.com")
    _token, secret = tokens.issue("t", user=owner, scopes=["answers:read", "answers:write"], by=owner)
    client = APIClient(headers={"Authorization": f"Bearer {secret}"})
    body = {"survey": "tea", "key": "x1", "score": 3, "comment": "Late", "customer": "ann@example.com"}

    first = client.post("/api/v1/answers", body, format="json")
    again = client.post("/api/v1/answers", {**body, "score": 4}, format="json")
    outside = client.post("/api/v1/answers", {**body, "score": 11}, format="json")
    listed = client.get("/api/v1/answers?survey=tea").json()

    assert (first.status_code, again.status_code, outside.status_code) == (201, 201, 422)
    assert [(one["score"], one["customer"]) for one in listed["data"]] == [(4, person.public_id)]
    assert Case.objects.get().customer == person
