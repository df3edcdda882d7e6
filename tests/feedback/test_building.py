"""Building a survey: from a template, with rules, in several languages, in versions; sharing it."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from feedback import invitations, shelf, texts, versions
from feedback.models import Answer, BankQuestion, Question, Survey
from tests.feedback.surveys import make_answer, make_invitation, make_question, make_survey, path_of

pytestmark = pytest.mark.django_db

RULED = {
    "kind": "text",
    "label_en": "What was wrong with {{ reason | it }}?",
    "show_mode": "any",
    "show_of_0": "reason",
    "show_op_0": "is",
    "show_value_0": "Coffee",
    "show_of_1": "score",
    "show_op_1": "at_most",
    "show_value_1": "3",
    "jump_to": "end",
}


def test_every_template_makes_a_survey_that_can_be_answered_in_both_languages(shop, client):
    for key in shelf.occasions():
        survey = shelf.take(key, "Teahouse", "zh-hans")

        questions = list(survey.questions.all())

        assert texts.missing_languages(survey, questions) == []
        assert "{{ shop }}" not in str(survey.texts)
        page = client.get(f"/s/{invitations.test_token(survey.pk)}?lang=zh-hans")
        assert page.status_code == 200
    assert len(shelf.occasions()) >= 10


def test_one_press_makes_the_survey_of_an_occasion(staff_client):
    page = staff_client.get("/feedback/new/").text
    response = staff_client.post("/feedback/new/from/visit/")

    survey = Survey.objects.get()
    assert "After a visit" in page
    assert response.headers["Location"] == f"/feedback/{survey.slug}/edit/"
    assert survey.doors == "everybody"
    assert staff_client.post("/feedback/new/from/nothing/").status_code == 404


def test_a_rule_is_stored_by_number_shown_as_a_sentence_and_refused_where_it_cannot_work(staff_client):
    survey = make_survey()
    make_question(survey, "reason", "single", choices=["Tea", "Coffee"])

    staff_client.post("/feedback/tea/questions/new/", RULED)
    wrong = staff_client.post("/feedback/tea/questions/new/", {**RULED, "show_value_0": "Wine"})
    nowhere = staff_client.post("/feedback/tea/questions/new/", {**RULED, "label_en": "Hello {{ nobody }}"})

    made = survey.questions.get(kind="text")
    assert made.show_if == {
        "any": [
            {"of": "reason", "op": "is", "value": 2},
            {"of": "score", "op": "at_most", "value": 3},
        ]
    }
    assert made.jumps == [{"when": {}, "to": "end"}]
    assert (
        "“About reason?” is Coffee or “The score” is at most 3"
        in staff_client.get("/feedback/tea/edit/").text
    )
    assert "none of the choices" in wrong.text
    assert "nothing called nobody" in nowhere.text


def test_lines_of_a_rule_stand_in_brackets_and_come_back_so(staff_client):
    survey = make_survey()
    make_question(survey, "reason", "single", choices=["Tea", "Coffee"])
    bracketed = {**RULED, "show_mode": "all", "show_with_1": "on", "jump_to": ""}
    third = {"show_of_2": "customer.country", "show_op_2": "is", "show_value_2": "Ireland"}
    deep = {"all": [{"any": [{"all": [{"of": "score", "op": "answered"}]}]}]}

    staff_client.post("/feedback/tea/questions/new/", {**bracketed, **third})
    made = survey.questions.get(kind="text")
    address = f"/feedback/tea/questions/{made.key}/"
    page = staff_client.get(address).text
    listed = staff_client.get("/feedback/tea/edit/").text
    Question.objects.filter(pk=made.pk).update(show_if=deep)
    staff_client.post(address, {"kind": "text", "label_en": "More?", "show_mode": "all"})

    assert made.show_if == {
        "all": [
            {
                "any": [
                    {"of": "reason", "op": "is", "value": 2},
                    {"of": "score", "op": "at_most", "value": 3},
                ]
            },
            {"of": "customer.country", "op": "is", "value": "Ireland"},
        ]
    }
    assert "(“About reason?” is Coffee or “The score” is at most 3) and “Country” is Ireland" in listed
    assert re.search('name="show_with_1"[^>]* checked', page)
    assert not re.search('name="show_with_2"[^>]* checked', page)
    assert Question.objects.get(pk=made.pk).show_if == deep  # Never thrown away unseen.


def test_a_rule_whose_question_is_gone_is_marked(staff_client):
    survey = make_survey()
    make_question(survey, "reason", "single", choices=["Tea", "Coffee"])
    make_question(survey, "why", show_if={"all": [{"of": "reason", "op": "is", "value": 1}]})

    staff_client.post("/feedback/tea/questions/reason/remove/")

    assert "names something that is gone" in staff_client.get("/feedback/tea/edit/").text


def test_a_change_after_the_first_answer_keeps_what_was_asked(staff_client, client, shop):
    survey = make_survey()
    question = make_question(survey, "reason", "single", choices=["Tea", "Coffee"])
    invitation = make_invitation(survey, at=timezone.now())
    client.post(path_of(invitation), {"score": "9", "q-reason": "2"})

    staff_client.post("/feedback/tea/questions/new/", {"kind": "text", "label_en": "More?"})
    question.refresh_from_db()
    staff_client.post("/feedback/tea/questions/reason/remove/")
    survey.refresh_from_db()

    then, asked = versions.as_asked(survey, 1)
    assert survey.version == 2
    assert [one.key for one in asked] == ["reason"]
    assert then.version == 1
    assert Answer.objects.get().version == 1
    assert "About reason?" in client.get(path_of(invitation)).text
    assert "Version 1" in staff_client.get("/feedback/tea/versions/").text


def test_a_survey_speaks_more_languages_than_the_program(staff_client, client, shop):
    survey = make_survey()
    said = {
        "name": "Tea",
        "kind": "nps",
        "valid_days": "60",
        "full": "1",
        "points": "5",
        "spoken": ["en", "de", "ar"],
    }

    staff_client.post("/feedback/tea/edit/", {**said, "question_en": "How likely?"})
    staff_client.post(
        "/feedback/tea/edit/",
        {**said, "question_en": "How likely?", "question_de": "Wie sehr?", "question_ar": "كم؟"},
    )
    survey.refresh_from_db()
    link = f"/s/{invitations.test_token(survey.pk)}"

    assert survey.languages == ["en", "de", "ar"]
    assert "Wie sehr?" in client.get(f"{link}?lang=de").text
    assert 'lang="ar" dir="rtl"' in client.get(f"{link}?lang=ar").text
    assert client.get(f"{link}?lang=xx").status_code == 200
    assert "Deutsch" in staff_client.get("/feedback/tea/edit/").text


def test_a_question_goes_into_the_bank_and_into_another_survey(staff_client):
    make_question(make_survey(), "reason", "single", choices=["Tea", "Coffee"])
    other = make_survey("other")

    staff_client.post("/feedback/tea/questions/reason/keep/")
    kept = BankQuestion.objects.get()
    page = staff_client.get("/feedback/other/questions/new/").text
    staff_client.post(f"/feedback/other/questions/bank/{kept.pk}/")
    staff_client.post(f"/feedback/other/questions/bank/{kept.pk}/", {"what": "remove"})

    assert "From the question bank" in page
    assert texts.choices(other.questions.get(), "en") == ["Tea", "Coffee"]
    assert not BankQuestion.objects.exists()


def test_thank_you_pages_by_score(staff_client, client, shop):
    survey = make_survey()
    filled = {"e0-least": "9", "e0-most": "10", "e0-url": "https://reviews.example/tea"}

    staff_client.post(
        "/feedback/tea/endings/", {**filled, "e0-title_en": "Wow", "e0-button_en": "Tell others"}
    )
    wrong = staff_client.post("/feedback/tea/endings/", {**filled, "e0-most": "2", "e0-title_en": "Wow"})
    token = invitations.test_token(survey.pk)

    assert 'href="https://reviews.example/tea"' in client.post(f"/s/{token}", {"score": "10"}).text
    assert "reviews.example" not in client.post(f"/s/{token}", {"score": "3"}).text
    assert wrong.status_code == 422


def test_a_big_survey_is_edited_with_few_queries(staff_client, django_assert_max_num_queries):
    survey = make_survey(languages=["en", "zh-hans", "de", "fr", "ar"])
    Question.objects.bulk_create(
        Question(
            survey=survey,
            key=f"q{n}",
            kind="single",
            position=n,
            texts={code: {"label": f"{code} {n}", "choices": ["a", "b"]} for code in texts.of(survey)},
            show_if={"all": [{"of": f"q{n - 1}", "op": "is", "value": 1}]} if n % 2 else {},
        )
        for n in range(60)
    )

    with django_assert_max_num_queries(16):
        page = staff_client.get("/feedback/tea/edit/")
    with django_assert_max_num_queries(20):
        question = staff_client.get("/feedback/tea/questions/q59/", headers={"HX-Request": "true"})
    with django_assert_max_num_queries(30):
        staff_client.post("/feedback/tea/questions/q59/move/", {"to": "up"}, headers={"HX-Request": "true"})

    assert page.text.count("ck-question-line") >= 60
    assert "question-form" in question.text


def test_the_open_link_its_code_and_doubtful_answers(staff_client, client, shop):
    survey = make_survey(doors="everybody")
    doubtful = make_answer(survey, 1, state="doubtful")

    page = staff_client.get("/feedback/tea/share/").text
    picture = staff_client.get("/feedback/tea/share/qr.svg")
    staff_client.post("/feedback/tea/doubtful/", {"answer": [doubtful.pk]})

    assert invitations.open_link(survey) in page
    assert "1 answer is kept aside" in page
    assert b"<svg" in picture.content
    assert staff_client.get("/feedback/tea/share/qr.png").content[:4] == b"\x89PNG"
    assert staff_client.get("/feedback/tea/share/qr.exe").status_code == 404
    assert Answer.objects.counted().get() == doubtful
    for nonsense in ("javascript:alert(1)", "https://[1,x]/"):
        refused = staff_client.post("/feedback/tea/share/", {"doors": "everybody", "origins": nonsense})
        assert refused.status_code == 422
