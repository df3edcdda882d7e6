from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.utils.translation import override

from crm import tagging
from crm.errors import Refusal
from crm.models import Mailing, Message
from feedback import breakdowns, charts, reports
from feedback.models import Answer
from feedback.numerics import scores
from segments.models import CustomerFeatures, Membership, RfmChoice, ScoringRun, Segment
from tests.feedback.surveys import (
    make_answer,
    make_answers,
    make_invitation,
    make_question,
    make_survey,
)
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


def make_segment(slug, people, *, left=None):
    segment = Segment.objects.create(slug=slug, name=slug.title())
    for one in people:
        Membership.objects.create(segment=segment, customer=one, entered_at=NOON, left_at=left)
    return segment


def test_months_are_those_of_the_shop():
    survey = make_survey()
    last_moment = datetime(2026, 3, 31, 21, 59, tzinfo=UTC)  # 23:59 in Berlin; a minute later it is April.
    make_answer(survey, 10, at=last_moment)
    make_answer(survey, 0, at=last_moment + timedelta(minutes=1))
    make_answer(survey, 10, at=datetime(2026, 6, 1, tzinfo=UTC))

    months = reports.trend(survey, BERLIN)

    assert [f"{one.first:%Y-%m}" for one in months] == ["2026-03", "2026-04", "2026-05", "2026-06"]
    assert [one.score and one.score.value for one in months] == [100, -100, None, 100]


def test_a_trend_ends_with_the_last_answer_and_is_at_most_three_years_long():
    survey = make_survey()
    make_answer(survey, 0, at=datetime(2010, 1, 1, tzinfo=UTC))
    make_answer(survey, 10, at=datetime(2017, 5, 5, tzinfo=UTC))

    months = reports.trend(survey, BERLIN)

    assert len(months) == 36
    assert f"{months[-1].first:%Y-%m}" == "2017-05"
    assert months[0].score is None


def test_segments_are_scored_by_todays_members_and_compared_with_the_rest():
    survey = make_survey()
    happy, angry = [make_customer() for _ in range(40)], [make_customer() for _ in range(40)]
    for number, (one, other) in enumerate(zip(happy, angry, strict=True)):
        make_answer(survey, 10 if number % 4 else 8, customer=one)
        make_answer(survey, 0 if number % 4 else 8, customer=other)
    make_answer(survey, 5)  # Anonymous: in the whole, in no segment.
    make_segment("fans", happy)
    make_segment("left", angry, left=NOON)
    make_segment("mixed", happy[:3] + angry[:3])
    make_segment("four", angry[:4])

    tables = breakdowns.of(survey, Answer.objects.counted(), cached=False)
    found = {one.slug: one for one in breakdowns.groups(survey, tables, "segment")}

    assert set(found) == {"fans", "mixed", "four"}
    assert (found["fans"].score.n, found["fans"].score.value, found["fans"].verdict) == (40, 75.0, "higher")
    assert found["mixed"].verdict == ""
    assert found["four"].verdict == ""  # Too few to say anything.


def test_only_mails_that_left_count_as_asked():
    survey, people = make_survey(), [make_customer() for _ in range(4)]
    mailing = Mailing.objects.create(source="campaign:1", kind="campaign", name="x", purpose="marketing")
    for state, one in zip(("sent", "skipped", "failed", "sent"), people, strict=True):
        make_invitation(survey, one, at=NOON, source="campaign:1")
        Message.objects.create(mailing=mailing, key=f"customer:{one.pk}", customer=one, state=state)
    by_hand = make_invitation(survey, people[1], at=NOON, source="staff:2026-06-15")
    by_hand.state = "answered"
    by_hand.save()

    asked = reports.asked(survey)

    assert (asked.sent, asked.answered) == (3, 1)
    assert asked.rate == pytest.approx(1 / 3)
    assert reports.asked(make_survey("other")).rate is None


def test_a_question_asked_by_itself_counts_who_got_its_mail_once():
    survey, other = make_survey(), make_survey("other")
    people = [make_customer() for _ in range(5)]
    mailing = Mailing.objects.create(source="asking:1", kind="survey", name="x", purpose="marketing")
    for state, one in zip(("sent", "sent", "skipped", "queued", "failed"), people, strict=True):
        make_invitation(survey, one, at=NOON, source=f"asking:1:order:{one.pk}")
        key = f"order:{one.pk}:customer:{one.pk}"
        Message.objects.create(mailing=mailing, key=key, customer=one, state=state)
    reminder = f"order:{people[0].pk}:customer:{people[0].pk}:again"
    Message.objects.create(mailing=mailing, key=reminder, customer=people[0], state="sent")
    again = Mailing.objects.create(source="reask", kind="reask", name="x", purpose="transactional")
    for number, (about, state) in enumerate(((survey, "sent"), (other, "sent"), (other, "failed"))):
        make_invitation(about, people[0], at=NOON, source=f"reask:{number}")
        Message.objects.create(mailing=again, key=f"reask:{number}", customer=people[0], state=state)

    asked = [reports.asked(one).sent for one in (survey, other)]

    assert asked == [2 + 1, 1]


def test_the_page_says_whose_answers_its_figures_leave_out(owner_client, shop):
    survey = make_survey()
    make_answers(survey, {9: 2, None: 1})
    make_answer(survey, 8)
    make_answer(survey, 1, state="doubtful")
    make_answer(survey, 1, state="provisional")
    make_invitation(survey, make_customer(), at=NOON, source="staff")

    page = owner_client.get(f"/feedback/{survey.slug}/").content.decode()

    for words in (
        "1 person who was asked and has not answered",
        "1 answer without a score",
        "1 marked as doubtful",
        "1 chosen in the browser and never sent",
        "somebody unknown",
    ):
        assert words in page


def test_scores_go_by_fields_of_the_customer():
    survey = make_survey()
    one = make_customer(country="France", language="fr", custom={"plan": "gold"})
    two = make_customer(country="Japan", language="ja", custom={"plan": "gold"})
    CustomerFeatures.objects.create(customer=one, as_of=NOON.date(), rfm_group="champions")
    make_answer(survey, 10, customer=one)
    make_answer(survey, 0, customer=two)
    make_answer(survey, 8)

    def by(field):
        return {name: score.value for name, score in reports.by_field(survey, field, BERLIN)}

    assert by("country") == {"France": 100, "Japan": -100, None: 0}
    assert by("custom.plan") == {"gold": 0, None: 0}
    assert by("rfm.group") == {"Champions": 100, None: -50}
    assert by("month") == {"2026-06": 0}


def test_scripts_see_the_same_names_whatever_the_language():
    survey = make_survey()
    RfmChoice.objects.create(own={"past": {"own1": "Stammgäste"}})
    for group, value in (("champions", 10), ("own1", 0)):
        customer = make_customer()
        CustomerFeatures.objects.create(customer=customer, as_of=NOON.date(), rfm_group=group)
        tagging.add(customer, "loyal", at=NOON)
        make_answer(survey, value, customer=customer)

    cache.clear()
    with override("zh-hans"):
        groups = [name for name, _score in reports.by_field(survey, "rfm.group", BERLIN)]
        tags = [name for name, _score in reports.by_field(survey, "tag", BERLIN)]

    assert sorted(filter(None, groups)) == ["Champions", "Stammgäste"]
    assert tags == ["loyal"]


def test_clusters_are_called_by_their_name():
    survey = make_survey()
    run = ScoringRun.objects.create(kind="cluster")
    for key, value in ((f"{run.pk}-1", 10), ("unusual", 0), ("", 8)):
        customer = make_customer()
        CustomerFeatures.objects.create(customer=customer, as_of=NOON.date(), cluster=key)
        make_answer(survey, value, customer=customer)
    ScoringRun.objects.filter(pk=run.pk).update(
        result={"clusters": [{"key": f"{run.pk}-1", "name": "Recent"}], "labels": {}}
    )

    found = reports.by_field(survey, "cluster", BERLIN)

    assert {name: score.value for name, score in found} == {
        "Recent": 100,
        "Unusual customers": -100,
        None: 0,
    }


@pytest.mark.parametrize("field", ["nonsense", "custom.", "custom.a__b;drop", "customer__email", "password"])
def test_an_unknown_field_is_refused_by_name(field):
    with pytest.raises(Refusal, match="There is no field"):
        reports.by_field(make_survey(), field, BERLIN)


def test_choices_are_counted_over_those_who_answered_the_question():
    survey = make_survey()
    single = make_question(survey, "reason", "single", choices=["Tea", "Coffee"])
    multi = make_question(survey, "next", "multi", choices=["Matcha", "Mate"])
    rating = make_question(survey, "taste", "rating")
    make_answer(survey, 9, values={"reason": 1, "next": [1, 2]})
    make_answer(survey, 9, values={"reason": 1, "taste": 5})
    make_answer(survey, 9)

    tables = reports.choice_counts(survey, [single, multi, rating], "en")

    assert [(one["n"], [row["n"] for row in one["rows"]]) for one in tables] == [
        (2, [2, 0]),
        (1, [1, 1]),
        (1, [0, 0, 0, 0, 1]),
    ]


def test_the_sentences_say_how_sure_we_are():
    nps = scores.score("nps", {10: 50, 8: 30, 3: 20})
    csat = scores.score("csat", {5: 8, 1: 2})

    assert (charts.figure(nps), charts.between(nps)) == ("+30", "Between +15 and +45, probably")
    assert (charts.figure(csat), charts.between(csat)) == ("80%", "Between 49% and 94%, probably")
    assert charts.figure(scores.score("nps", {0: 1})) == "−100"


def test_charts_say_their_finding_and_leave_thin_months_out():
    survey = make_survey()
    make_answers(survey, {0: 40}, at=NOON - timedelta(days=70))
    make_answer(survey, 10, at=NOON - timedelta(days=35))
    make_answers(survey, {10: 40}, at=NOON)

    trend = charts.trend("nps", reports.trend(survey, BERLIN))
    bars = charts.distribution(survey, reports.counts(survey))

    assert trend.title == "Up by 200 points from the earlier to the later months"
    assert list(trend.series[0].values) == [-100, None, 100]
    assert bars.title == "10 is the most frequent answer (51%)"
    assert sum(bars.series[0].values) == 81
    assert charts.distribution(make_survey("empty"), {}) is None


def test_one_thin_month_at_the_end_is_no_finding():
    survey = make_survey()
    for back in (120, 90, 60, 30):
        make_answers(survey, {10: 40, 8: 20, 0: 20}, at=NOON - timedelta(days=back))
    make_answers(survey, {0: 5}, at=NOON)

    trend = charts.trend("nps", reports.trend(survey, BERLIN))

    assert trend.title == "No clear change between the earlier and the later months"
