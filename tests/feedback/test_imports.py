from __future__ import annotations

import gzip
import io
import json

import pytest
from django.core.management import CommandError, call_command

from crm.models import Interaction
from feedback import questions
from feedback.models import Answer, Question, Survey
from tests.feedback.surveys import make_survey
from tests.people import make_customer
from tests.reference import NPS_SURVEY

pytestmark = pytest.mark.django_db


def import_answers(path, *options):
    out = io.StringIO()
    call_command("import_file", "answers", str(path), *options, "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def scores(slug, *options):
    out = io.StringIO()
    call_command("scores", slug, *options, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def file(tmp_path, shop):
    def write(text, name="tea_survey.csv"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write


def test_answers_of_known_and_unknown_people_are_kept(file):
    ada = make_customer(external_id="7", email="ada@example.com")
    path = file(
        "customer,email,nps,comment,answered_at,Why\n"
        "7,,9,Lovely,2026-03-01 10:00,Tea\n"
        "8,ada@example.com,6,,2026-03-02 10:00,\n"
        "9,,2,Late,2026-03-03 10:00,Coffee\n"
    )

    report = import_answers(path, "--map", "Why=answer.why")

    survey = Survey.objects.get()
    assert (report["rows"], report["created"], report["customers"]) == (3, 3, 1)
    assert (report["survey"], survey.name, survey.is_imported) == ("tea-survey", "tea_survey", True)
    assert list(Answer.objects.order_by("answered_at").values_list("score", "customer")) == [
        (9, ada.pk),
        (6, ada.pk),
        (2, None),
    ]
    entries = Interaction.objects.order_by("at")
    assert [(one.customer_id, one.metric, one.number) for one in entries] == [
        (ada.pk, "nps", 9),
        (ada.pk, "nps", 6),
    ]
    assert entries[0].properties == {"why": "Tea", "comment": "Lovely"}
    assert Question.objects.get().key == "why"


def test_the_same_file_again_changes_nothing_and_equal_answers_are_kept(file):
    make_customer(external_id="7")
    path = file("customer,nps,answered_at\n7,9,2026-03-01\n7,9,2026-03-01\n8,9,2026-03-01\n8,9,2026-03-01\n")

    first, again = import_answers(path), import_answers(path)

    assert (first["created"], again["created"], again["unchanged"]) == (4, 0, 4)
    assert Answer.objects.count() == 4
    assert Interaction.objects.count() == 2
    assert Survey.objects.count() == 1


def test_an_answer_finds_its_person_when_the_person_becomes_known(file):
    path = file("customer,nps,answered_at\n7,9,2026-03-01\n")
    import_answers(path)
    ada = make_customer(external_id="7")

    report = import_answers(path)

    assert report["updated"] == 1
    assert Answer.objects.get().customer == ada
    assert Interaction.objects.get().customer == ada


def test_rows_that_say_nothing_or_too_much_are_named(file):
    path = file("customer,nps,comment\n1,11,\n2,-1,\n3,,\n4,nine,\n5,,Only words\n6,0,\n")

    report = import_answers(path)

    assert (report["created"], report["skipped"], report["rejected"]) == (2, 1, 3)
    assert report["reasons"]["out_of_range"] == 2
    assert report["reasons"]["no_answer"] == 1
    assert set(Answer.objects.values_list("score", flat=True)) == {0, None}


def test_a_survey_can_be_named(file):
    survey = make_survey("mine")
    path = file("customer,nps\n1,9\n")

    report = import_answers(path, "--survey", "mine")

    assert report["survey"] == "mine"
    assert Answer.objects.get().survey == survey


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("customer,nps\n1,9\n", ["--survey", "nobody"]),
        ("customer,csat\n1,5\n", ["--survey", "mine"]),
        ("customer,city\n1,Paris\n", []),
    ],
)
def test_what_cannot_fit_is_refused_with_a_reason(file, text, options):
    make_survey("mine")

    with pytest.raises(CommandError):
        import_answers(file(text), *options)

    assert not Answer.objects.exists()


def test_a_dry_run_writes_nothing(file):
    report = import_answers(file("customer,nps\n1,9\n2,12\n"), "--dry-run")

    assert report["rejected"] == 1
    assert not Survey.objects.exists()
    assert not Answer.objects.exists()


def test_a_second_score_of_a_row_reaches_the_ledger(file):
    make_customer(external_id="7")

    import_answers(file("customer,nps,csat,answered_at\n7,9,4,2026-03-01\n"))

    assert set(Interaction.objects.values_list("metric", "number")) == {("nps", 9), ("csat", 4)}


def test_csat_files_make_a_csat_survey(file):
    import_answers(file("customer,csat\n1,5\n2,4\n3,3\n4,1\n", "shop.csv.gz"))

    found = scores("shop")
    assert (found["kind"], found["n"], found["score"]) == ("csat", 4, 50.0)
    assert (found["satisfied"], found["neither"], found["dissatisfied"]) == (2, 1, 1)


def test_the_score_of_a_file_is_the_one_of_the_command(file):
    make_customer(external_id="p", country="France")
    rows = "".join(f"{one},{score}\n" for one, score in [("p", 10)] * 50 + [("x", 8)] * 30 + [("y", 0)] * 20)

    import_answers(file("customer,nps\n" + rows))
    found = scores("tea-survey", "--by", "country")

    assert (found["n"], found["score"], found["response_rate"]) == (100, 30.0, None)
    assert found["interval"] == [14.692, 45.308]
    assert (found["promoters"], found["passives"], found["detractors"]) == (50, 30, 20)
    groups = {one["name"]: (one["n"], one["score"]) for one in found["groups"]}
    assert groups == {"France": (50, 100.0), None: (50, -40.0)}


def test_scores_of_nothing_and_of_nobody(shop):
    make_survey("quiet")

    assert scores("quiet")["n"] == 0
    assert scores("quiet")["score"] is None
    with pytest.raises(CommandError, match="There is no survey"):
        scores("nobody")
    with pytest.raises(CommandError, match="There is no field"):
        scores("quiet", "--by", "nonsense")


@pytest.mark.skipif(not NPS_SURVEY.is_file(), reason="the reference data is not here")
def test_the_published_survey_has_its_published_score(shop):
    report = import_answers(
        NPS_SURVEY, "--map", "id=customer", "--map", "score=nps", "--map", "surveyed_at=answered_at"
    )

    found = scores(report["survey"])
    assert (found["n"], found["score"]) == (20_268, 10.859)
    assert (found["promoters"], found["detractors"]) == (9_404, 7_203)


ENGLISH = "How likely are you to recommend us?"
CHINESE = "您有多大可能向朋友推荐我们？（0-10）"


@pytest.mark.parametrize(
    ("columns", "nps", "csat"),
    [
        ([CHINESE, ENGLISH], CHINESE, None),
        ([ENGLISH, CHINESE], ENGLISH, None),
        (["您最推荐哪款茶？", CHINESE], CHINESE, None),
        (["Which tea do you recommend?", CHINESE], CHINESE, None),
        (
            ["您推荐的原因是什么？", "您愿意把我们介绍给朋友吗？(0-10)"],
            "您愿意把我们介绍给朋友吗？(0-10)",
            None,
        ),
        (["您不满意的原因", "总体满意度", "净推荐值"], "净推荐值", "总体满意度"),
        (
            ["What is your overall satisfaction?", "您推荐哪家店？"],
            None,
            "What is your overall satisfaction?",
        ),
    ],
)
def test_a_question_for_a_number_is_told_from_one_for_words_in_both_languages(columns, nps, csat):
    found = {field: column for column, field in questions.recognise(columns, set()).items()}

    assert (found.get("nps"), found.get("csat")) == (nps, csat)
    assert set(questions.recognise(columns, set())) == set(columns)  # The others are questions of the survey.


@pytest.mark.parametrize(
    ("header", "cells", "kind", "kept"),
    [
        ("score", ("9", "3"), "nps", {9, 3}),
        ("Rating", ("5", "2"), "csat", {5, 2}),
        ("rating", ("4/5", "5/5"), "csat", {4, 5}),
        ("评分", ("10", "0"), "nps", {10, 0}),
    ],
)
def test_a_score_beside_a_comment_is_told_by_its_values(file, header, cells, kind, kept):
    rows = "".join(f"{n},{cell},Fine\n" for n, cell in enumerate(cells))

    import_answers(file(f"customer,{header},comment\n{rows}"))

    assert Survey.objects.get().kind == kind
    assert set(Answer.objects.values_list("score", flat=True)) == kept


def test_a_score_is_the_one_that_the_survey_asks_for(file):
    make_survey("mine")

    import_answers(file("customer,rating,comment\n1,4,Fine\n"), "--survey", "mine")

    assert Answer.objects.get().score == 4


@pytest.mark.parametrize("cells", [("85", "40"), ("0", "5"), ("red", "blue")])
def test_a_column_whose_values_are_no_score_is_left_out_and_named(file, cells):
    found = import_answers(file("rating,comment\n" + "".join(f"{cell},Fine\n" for cell in cells)))

    assert found["ignored"] == ["rating"]


def test_what_a_person_said_about_a_column_of_scores_stays(file):
    found = import_answers(file("rating,comment\n4,Fine\n"), "--map", "rating=")

    assert found["mapping"] == {"comment": "comment"}


@pytest.mark.parametrize("header", ["date", "Timestamp", "日期"])
def test_a_date_says_when_somebody_answered(file, header):
    import_answers(file(f"nps,{header}\n9,2026-03-01\n"))

    assert Answer.objects.get().answered_at.date().isoformat() in {"2026-02-28", "2026-03-01"}
