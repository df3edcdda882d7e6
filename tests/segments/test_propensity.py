from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm import masking
from crm.models import Customer, CustomField, Interaction, Mailing, Message
from segments import audience, lease, refresh
from segments.clusters.columns import VALUE, Column
from segments.models import CustomerScore, Score, ScoringRun, Segment
from segments.numerics.prediction import learners
from segments.predictions import card, foretelling, kept_scores, mail_targets, propensity, words

pytestmark = pytest.mark.django_db
KINDS = {"loyal": "yes_no", "twin": "yes_no", "visits": "number", "plan": "choice", "spend": "number"}


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(learners, "LEARNERS", ("linear", "tree"))


def bring(people=300, seed=3, yes=None):
    """Customers whose loyalty follows visits and plan; `twin` repeats it; the last 20 are not known."""
    rng = np.random.default_rng(seed)
    for key, kind in KINDS.items():
        choices = ["gold", "basic"] if key == "plan" else []
        CustomField.objects.create(key=key, label=key.title(), kind=kind, choices=choices)
    visits, gold = rng.integers(0, 20, people), rng.random(people) < 0.4
    chance = 1 / (1 + np.exp(-(visits - 10 + 4 * gold) / 2.5))
    loyal = rng.random(people) < chance if yes is None else np.arange(people) < yes
    rows = []
    for n in range(people):
        custom = {"visits": int(visits[n]), "plan": "gold" if gold[n] else "basic"}
        custom["spend"] = float(10 * visits[n] + 5 * gold[n] + rng.normal())
        if n < people - 20:
            custom |= {"loyal": bool(loyal[n]), "twin": bool(loyal[n])}
        rows.append(Customer(first_name=f"C{n}", custom=custom))
    return Customer.objects.bulk_create(rows)


def run_propensity(*arguments):
    out = StringIO()
    call_command("propensity", "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())


def finished(target="custom.loyal", features=("custom.visits", "custom.plan")):
    run = lease.claim(foretelling.prepare(target, features).pk)
    foretelling.run(run)
    run.refresh_from_db()
    return run


def test_a_yes_or_no_is_foretold_and_its_copy_left_out(shop):
    bring()

    found = run_propensity("--target", "custom.Loyal")

    assert (found["kind"], found["n"]) == ("class", 280)
    assert [one["name"] for one in found["models"]] == ["logistic regression", "decision tree"]
    assert found["left_out"]["custom.twin"] == "copy"
    assert not any("twin" in name or "loyal" in name for name in found["features"])
    best = found["models"][0]
    assert found["best"] == best["name"]
    assert best["auc"] > 0.85
    assert best["brier"] < 0.16
    assert best["f1"] == pytest.approx(
        2 * best["precision"] * best["recall"] / (best["precision"] + best["recall"])
    )
    assert (best["r2"], best["mae"]) == (None, None)
    assert found["top_decile_lift"] > 1.5


def test_a_number_is_foretold_from_the_features_named(shop):
    bring()

    found = run_propensity("--target", "custom.spend", "--features", "custom.visits,custom.plan")

    best = found["models"][0]
    assert (found["kind"], found["n"], found["best"]) == ("number", 300, "linear regression")
    assert best["r2"] > 0.99
    assert best["mae"] < 1.2
    assert best["auc"] is None


def test_what_cannot_be_foretold_is_refused_with_the_reason(shop):
    bring(yes=12)

    for arguments, reason in (
        (["--target", "custom.loyal"], "is yes for 12 customers and no for 268"),
        (["--target", "custom.plan"], "neither a number nor a yes or no"),
        (["--target", "custom.nothing"], "neither a number nor a yes or no"),
        (["--target", "custom.loyal", "--features", "shoe"], "shoe"),
        (["--target", "custom.spend", "--features", "custom.spend"], "at least one feature"),
        (["--target", "mail.opened"], "known of 0 customers only"),
    ):
        with pytest.raises(CommandError, match=reason):
            run_propensity(*arguments)


def test_who_opens_is_learned_from_the_weeks_after_a_mail_only(shop):
    people = bring(people=30)
    ids = np.array([one.pk for one in people])
    since = shop.today() - timedelta(days=60)
    start = datetime.combine(since, datetime.min.time(), timezone.get_current_timezone())
    mailing = Mailing.objects.create(source="campaign:1", kind="campaign", name="May", purpose="marketing")
    for n, person in enumerate(people[:4]):
        sent = start + timedelta(days=10 if n else -5)
        Message.objects.create(mailing=mailing, key=f"c:{n}", customer=person, state="sent", sent_at=sent)
    for n, days in ((1, 12), (2, 8), (3, -3)):
        at = start + timedelta(days=days)
        Interaction.objects.create(customer=people[n], kind="open", at=at, source="t", key=f"o{n}")

    found = mail_targets.happened("mail.opened", ids, since)

    np.testing.assert_array_equal(found[:5], [np.nan, 1, 0, 0, np.nan])


def test_a_prediction_is_kept_as_a_score_that_rules_ask_for_and_the_night_renews(shop, staff_client):
    people = bring()
    run = finished()

    staff_client.post(f"/segments/predictions/{run.pk}/keep/", {"name": "Will be loyal"})

    score = Score.objects.get()
    values = dict(CustomerScore.objects.values_list("customer_id", "value"))
    assert (score.key, len(values)) == ("will_be_loyal", 300)
    ids, said = kept_scores.said_by(run)
    assert values == pytest.approx(dict(zip(ids.tolist(), said.tolist(), strict=True)))
    rule = {"all": [{"field": "score.will_be_loyal", "op": ">=", "value": 0.7}]}
    segment = Segment.objects.create(slug="loyal", name="Loyal", rule=rule)
    audience.rebuild(segment)
    assert audience.members(segment).count() == sum(one >= 0.7 for one in values.values()) > 20

    Customer.objects.filter(pk=people[0].pk).update(custom={"visits": 19, "plan": "gold"})
    newcomer = Customer.objects.create(first_name="New", custom={"visits": 0, "plan": "basic"})
    refresh.run(None, only=["features", "scores"])

    values = dict(CustomerScore.objects.values_list("customer_id", "value"))
    assert values[people[0].pk] > 0.85
    assert values[newcomer.pk] < 0.15
    panel = staff_client.get(f"/segments/customer/{newcomer.public_id}/").content.decode()
    assert "Will be loyal" in panel
    assert "Lowered by:" in panel
    assert "Visits" in panel
    with masking.applied():  # Own fields are masked for analysts, so a reason must not tell them either.
        said_of = words.of_customer(newcomer)[0]
    assert (said_of.raised, said_of.lowered) == ([], [])
    refused = staff_client.post(f"/segments/predictions/{run.pk}/delete/", follow=True).content.decode()
    assert "asks for this prediction" in refused
    segment.delete()
    staff_client.post(f"/segments/predictions/{run.pk}/delete/")
    assert not CustomerScore.objects.exists()
    assert not ScoringRun.objects.filter(kind="predict").exists()


def test_the_pages_ask_show_and_stop(shop, staff_client):
    empty = staff_client.get("/segments/predictions/").content.decode()
    bring()

    bad = staff_client.post("/segments/predictions/start/", {"target": "custom.plan"})
    asked = staff_client.post("/segments/predictions/start/", {"target": "custom.loyal"})
    waiting = staff_client.get(asked["Location"]).content.decode()
    staff_client.post(asked["Location"] + "cancel/")
    stopped = staff_client.get(asked["Location"]).content.decode()
    run = finished(features=())
    page = staff_client.get(f"/segments/predictions/{run.pk}/?margin=10&cost=2").content.decode()
    wrong = staff_client.get(f"/segments/predictions/{run.pk}/?margin=-1&cost=2").content.decode()
    listed = staff_client.get("/segments/predictions/").content.decode()

    assert "No predictions yet" in empty
    assert "Learned from: " in listed  # Two about the same are told apart.
    assert re.search(r"and \d+ more", listed)
    assert "Best: " in listed
    assert bad.status_code == 422
    assert "Waiting for a worker" in waiting
    assert "stopped before its end" in stopped
    assert "so nothing would be foretold from it: Twin" in page
    assert page.count("data-csv-button") == 4
    assert "Whom does it pay to contact?" in page
    assert "invalid-feedback" in wrong


def test_profit_is_that_worked_out_by_hand():
    result = {"customers": 200, "parts": [[50, 0.9, 0.8], [50, 0.2, 0.1]]}

    found = card.profit(result, 10, 4, "EUR")

    # The first hundred: 80 successes × 10 − 100 × 4; the second: 10 × 10 − 400.
    assert (found.contacts, found.profit, found.everybody) == (100, 400, 100)


def test_purchases_are_not_foretold_from_what_says_the_same(shop):
    bring(people=2)

    question = propensity.ask("revenue")

    assert "custom.visits" in question.features
    assert not {"orders", "average_order", "clv", "rfm.group"} & set(question.features)


def test_a_field_that_nobody_answered_leaves_the_middle_customer_unknown_there(recwarn):
    columns = [Column("age"), Column("country", VALUE, "Ireland"), Column("country", VALUE, "France")]
    values = np.array([[np.nan, 1.0, 0.0], [np.nan, 1.0, 0.0], [np.nan, 0.0, 1.0]])

    middle = propensity.typical(columns, values)

    assert np.isnan(middle[0])
    assert middle[1:].tolist() == [1.0, 0.0]
    assert not recwarn.list


def test_what_a_prediction_looks_at_most_is_told_with_its_way(shop, staff_client):
    bring()
    run = finished(features=("custom.visits", "custom.plan", "custom.spend"))

    weights = run.result["weights"]
    page = staff_client.get(f"/segments/predictions/{run.pk}/").text

    strengths = [one["strength"] for one in weights]
    assert strengths == sorted(strengths, reverse=True)
    assert {one["feature"]: one.get("way") or one["top"] for one in weights} == {
        "custom.visits": "up", "custom.spend": "up", "custom.plan": "custom.plan=gold",
    }  # fmt: skip
    assert "It looks most at: Visits" in page
    assert "Visits:\nthe more, the higher" in page
    assert "Plan: gold:\nhighest" in page


def test_what_is_no_better_than_guessing_is_told_as_such(shop, staff_client):
    bring()
    for key in ("lucky", "dice"):
        CustomField.objects.create(key=key, label=key.title(), kind={"lucky": "yes_no"}.get(key, "number"))
    people = sorted(Customer.objects.all(), key=lambda one: one.custom["visits"])
    for place, one in enumerate(people):  # Of those with about as many visits, as many are lucky as not.
        one.custom |= {"lucky": place % 2 == 0, "dice": place * 37 % 100}
    Customer.objects.bulk_update(people, ["custom"])

    runs = [finished(target, ["custom.visits"]) for target in ("custom.lucky", "custom.dice", "custom.spend")]
    pages = [staff_client.get(f"/segments/predictions/{run.pk}/").text for run in runs]

    assert ["hardly better than guessing" in page for page in pages] == [True, True, False]


def test_a_shop_without_mails_is_offered_its_own_yes_or_no_first(shop, staff_client):
    before = staff_client.get("/segments/predictions/").context["form"]["target"].value()
    bring(people=3)

    after = staff_client.get("/segments/predictions/").context["form"]["target"].value()

    assert (before, after) == (None, "custom.loyal")
