from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from crm import ledger
from crm.models import Customer, CustomField
from feedback import answers, attitudes, leanings, telling
from feedback.models import Answer, Attitude, Invitation, Question, Survey
from segments import audience
from segments.clusters import columns
from segments.models import CustomerFeatures, Membership, Segment
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db


def survey(**fields) -> Survey:
    made = Survey.objects.create(slug="taste", name="Taste", kind="nps", **fields)
    for key, kind, choices in (("goal", "single", ["Health", "Price"]), ("likes", "multi", ["Tea", "Cups"])):
        Question.objects.create(
            survey=made, key=key, kind=kind, texts={"en": {"label": key, "choices": choices}}
        )
    Question.objects.create(survey=made, key="ease", kind="rating", texts={"en": {"label": "How easy?"}})
    return made


def says(made: Survey, customer, *, days: int = 0, score: int = 9, **values) -> None:
    """An answer as the page stores it: choices by number."""
    at = NOON + timedelta(days=days)
    key = f"{customer and customer.pk}:{days}:{score}"
    answer = Answer.objects.create(
        survey=made, customer=customer, key=key, score=score, values=values, answered_at=at
    )
    ledger.record(telling.ledger_entries(made, made.questions.all(), answer, "en"))


def asked(question: str) -> attitudes.Askable:
    return next(one for one in attitudes.askable() if one.question == question)


def known(customer) -> dict:
    return Customer.objects.get(pk=customer.pk).custom


def test_the_latest_answer_of_each_customer_becomes_a_field_of_a_fitting_kind(shop):
    made = survey()
    ada, ben, silent = make_customer(custom={"size": 4}), make_customer(), make_customer()
    says(made, ada, days=1, goal=1, likes=[1, 2], ease=5)
    says(made, ada, days=3, goal=2, likes=[])
    says(made, ada, days=2, goal=1)
    says(made, ben, days=1, score=3, goal=1)
    says(made, None, goal=1)

    kept = {
        name: attitudes.connect(asked(name), None, name.title())
        for name in ("goal", "likes", "ease", "score")
    }

    assert {name: one.field.kind for name, one in kept.items()} == {
        "goal": "choice", "likes": "choices", "ease": "number", "score": "number",
    }  # fmt: skip
    assert kept["goal"].field.choices == ["Health", "Price"]
    assert known(ada) == {"size": 4, "goal": "Price", "likes": ["Tea", "Cups"], "ease": 5, "score": 9}
    assert known(ben) == {"goal": "Health", "score": 3}
    assert known(silent) == {}
    assert Attitude.objects.get(pk=kept["goal"].pk).known == 2
    assert attitudes.sync(kept["goal"]) == 0  # Nothing is new.


def test_rules_and_clusters_know_the_field_at_once(shop):
    made = survey()
    ada, ben = make_customer(), make_customer()
    says(made, ada, goal=1)
    says(made, ben, goal=2)
    field = attitudes.connect(asked("goal"), None, "Goal").field

    rule = {"field": f"custom.{field.key}", "op": "is", "value": "health"}

    assert list(audience.live(rule)) == [ada]
    assert columns.features()[f"custom.{field.key}"].is_category


def test_a_new_answer_is_known_at_once_and_a_new_choice_widens_the_field(shop):
    made = survey(valid_days=60)
    attitude = attitudes.connect(asked("goal"), None, "Goal")
    question = made.questions.get(key="goal")
    question.texts["en"]["choices"].append("Style")
    question.save()
    ada = make_customer()
    invitation = Invitation.objects.create(
        survey=made, customer=ada, source="test", expires_at=timezone.now() + timedelta(days=9)
    )

    answers.accept(invitation, score=9, comment="", values={"goal": 3}, language="en", at=timezone.now())
    telling.tell_news()

    assert known(ada) == {attitude.field.key: "Style"}
    assert CustomField.objects.get(pk=attitude.field_id).choices == ["Health", "Price", "Style"]


def test_imported_texts_with_few_answers_become_a_choice_and_erased_people_stay_empty(shop):
    made = Survey.objects.create(slug="old", name="Old", is_imported=True)
    Question.objects.create(survey=made, key="goal", kind="text", texts={"en": {"label": "Goal"}})
    ada, gone = make_customer(), make_customer(erased_at=NOON)
    says(made, ada, goal="Fun")
    says(made, gone, goal="Peace")

    attitude = attitudes.connect(asked("goal"), None, "Goal")

    assert (attitude.field.kind, attitude.field.choices) == ("choice", ["Fun", "Peace"])
    assert known(ada) == {"goal": "Fun"}
    assert known(gone) == {}
    Customer.objects.filter(pk=ada.pk).update(custom={})
    attitudes.sync_all()
    assert known(ada) == {"goal": "Fun"}


def test_a_field_that_cannot_hold_the_answers_is_refused_and_later_left_alone(staff_client, shop):
    made = survey()
    says(made, make_customer(), goal=1)
    day = CustomField.objects.create(key="day", label="Day", kind="date")
    secret = CustomField.objects.create(key="secret", label="Secret", kind="text", sensitive=True)
    code = asked("goal").code

    refused = staff_client.post("/feedback/needs/new/", {"question": code, "field": day.pk})
    hidden = staff_client.post("/feedback/needs/new/", {"question": code, "field": secret.pk})
    made_one = staff_client.post("/feedback/needs/new/", {"question": code, "label": "Aim"}, follow=True)

    assert "need a field of the kind: Choice, Text." in refused.text
    assert refused.status_code == hidden.status_code == 422
    attitude = Attitude.objects.get()
    assert (attitude.field.label, made_one.status_code) == ("Aim", 200)
    CustomField.objects.filter(pk=attitude.field_id).update(kind="date")
    attitude.refresh_from_db()
    assert attitudes.sync(Attitude.objects.select_related("survey", "field").get()) == 0
    assert "do not fit any more" in staff_client.get(f"/feedback/needs/{attitude.pk}/").text
    staff_client.post(f"/feedback/needs/{attitude.pk}/remove/")
    assert CustomField.objects.filter(key="aim").exists()


def test_the_spread_over_groups_counts_known_answers_and_hides_few(staff_client, shop):
    made = survey()
    inside = Segment.objects.create(slug="in", name="Inside", kind="static", member_count=12)
    for number in range(20):
        customer = make_customer()
        CustomerFeatures.objects.create(
            customer=customer, as_of=NOON.date(), stage="loyal" if number < 5 else "lost"
        )
        if number < 12:
            Membership.objects.create(segment=inside, customer=customer, entered_at=NOON)
            says(made, customer, goal=1 if number < 9 else 2, likes=[1, 2], ease=5 if number < 6 else 1)
    goal, likes, ease = (attitudes.connect(asked(name), None, name) for name in ("goal", "likes", "ease"))

    spread = leanings.of(goal, "segment")
    page = staff_client.get(f"/feedback/needs/{goal.pk}/?by=stage").text

    assert (spread.everybody.people, spread.everybody.known, spread.values) == (20, 12, ["Health", "Price"])
    assert [(one.name, one.people, one.known, one.share("Health")) for one in spread.groups] == [
        ("Inside", 12, 12, 0.75)
    ]
    assert leanings.of(likes, "segment").everybody.counts == {"Tea": 12, "Cups": 12}
    number = leanings.of(ease, "segment").everybody
    assert number.mean == 3
    assert [round(one, 2) for one in number.range] == [1.82, 4.18]  # Standard deviation 2.089 of 12.
    assert {one.name: one.is_few for one in leanings.of(goal, "stage").groups} == {
        "Lost": True,
        "Loyal": True,
    }
    assert "too few" in page
    rule = json.dumps({"field": "custom.goal", "op": "is", "value": "Health"})
    assert (
        rule.replace('"', "%22").replace(" ", "+").replace(":", "%3A").replace(",", "%2C").strip("{}") in page
    )


def test_lists_say_what_is_missing(staff_client, shop):
    assert "No question is kept yet" in staff_client.get("/feedback/needs/").text
    assert "There is no question left" in staff_client.get("/feedback/needs/new/").text
    attitudes.connect((survey(), asked("goal"))[1], None, "Goal")
    page = staff_client.get("/feedback/needs/").text
    assert "Goal" in page
    assert "Nobody has answered yet" in staff_client.get(Attitude.objects.get().get_absolute_url()).text
