from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F, Sum

from campaigns import effect, experiments, worked
from campaigns.demo import loading, remembering, removing, rescue
from campaigns.models import Campaign, Experiment
from crm import outbox, subscriptions
from crm.models import (
    Business,
    Case,
    Customer,
    DeliveryEvent,
    Interaction,
    Message,
    Purchase,
    Subscription,
    User,
)
from feedback.models import Answer, NotAsked, Review, Theme
from segments import refresh
from segments.models import CustomerFeatures, Membership, ScoringRun, Segment
from tests.people import make_customer

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def portrait():
    """What can be compared of two loads."""
    return (
        list(
            Customer.objects.order_by("external_id").values_list(
                "external_id", "email", "created_on", "custom"
            )
        ),
        list(
            Purchase.objects.order_by("number").values_list(
                "number", "charged", "refunded", "bought_at", "status"
            )
        ),
        list(
            Message.objects.order_by("mailing__name", "customer__external_id").values_list(
                "state", "reason", "sent_at"
            )
        ),
        list(
            Answer.objects.order_by("answered_at", "customer__external_id").values_list(
                "score", "comment", "values", "answered_at"
            )
        ),
    )


def test_the_same_day_gives_the_same_shop_and_another_seed_another_one():
    shops = []

    for seed in (2, 2, 3):
        loading.load(NOW, count=120, seed=seed)
        shops.append(portrait())
        removing.remove(keep_user=None)

    assert shops[0] == shops[1]
    assert shops[0] != shops[2]


def test_people_buy_between_joining_and_yesterday():
    loading.load(NOW, count=120)

    known = Purchase.objects.exclude(customer=None)
    assert known.count() > 500
    assert not known.filter(bought_at__date__lt=F("customer__created_on")).exists()
    assert not Purchase.objects.filter(bought_at__gt=NOW).exists()
    assert Purchase.objects.filter(customer=None).exists()
    assert Purchase.objects.exclude(refunded=0).exists()


def test_an_order_adds_up():
    loading.load(NOW, count=60)

    for one in Purchase.objects.annotate(sum=Sum("lines__amount")):
        assert one.charged == one.sum - one.discount + one.shipping


def test_addresses_belong_to_nobody_and_everything_is_marked_as_invented():
    loading.load(NOW, count=200)

    for email in Customer.objects.exclude(email="").values_list("email", flat=True):
        assert email.split("@")[1] in {"example.com", "example.org", "example.net"}
    assert not Customer.objects.filter(is_demo=False).exists()
    assert not Segment.objects.filter(is_demo=False).exists()
    assert "invented" in Business.current().postal_address


def test_the_numbers_of_past_campaigns_add_up_and_only_the_willing_were_written_to():
    loading.load(NOW, count=200)

    assert Campaign.objects.filter(state="done").count() == 7
    for campaign in Campaign.objects.filter(state="done"):
        counts = outbox.counts(campaign.mailing)
        skipped = sum(counts["skipped"].values())
        assert counts["audience"] == counts["sent"] + counts["failed"] + counts["held_out"] + skipped
        assert counts["sent"] > 0
    unwilling = Customer.objects.filter(email_consent="unknown")
    assert not Message.objects.filter(
        customer__in=unwilling, state="sent", mailing__purpose="marketing"
    ).exists()


def test_answers_are_in_the_ledger():
    loading.load(NOW, count=200)

    answers = Interaction.objects.filter(kind="answer")
    assert answers.count() == Answer.objects.count() > 20
    assert set(answers.values_list("metric", flat=True)) <= {"nps", "csat", "ces"}
    assert Answer.objects.filter(language="zh-hans").exclude(comment="").exists()


def test_a_test_of_subjects_has_a_winner_that_went_to_the_rest_and_hold_outs_have_an_effect():
    loading.load(NOW, count=1500)

    alike, won = Experiment.objects.order_by("pk")
    rest = Message.objects.filter(mailing=won.campaign.mailing, arm="B")
    assert alike.verdict in {"alike", "short"}
    assert (won.verdict, won.winner) == ("winner", "b")
    assert won.figures == asdict(experiments.count(won)) | {"waiting": rest.count()}
    assert rest.count() > 100
    assert set(rest.values_list("state", flat=True)) <= {"sent", "failed"}
    assert min(rest.exclude(sent_at=None).values_list("sent_at", flat=True)) >= won.ends_at
    found = effect.together(list(effect.with_hold_out()))
    assert len(found.rows) == 3
    assert found.is_sure
    assert found.lift.effect > 0


def test_effects_show_by_segment_as_the_segments_were_on_the_day_of_each_mail(monkeypatch):
    loading.load(NOW, count=700)
    refresh.run(None)
    monkeypatch.setattr(remembering.timezone, "now", lambda: NOW)

    remembering.remember()

    campaign = Campaign.objects.get(slug="for-the-weekend")
    groups = worked.count(campaign, now=NOW)["groups"]
    assert {"conversion", "revenue", "retention"} <= groups["may-be-written-to"]["cells"].keys()
    stays = Membership.objects.filter(segment__slug="bought-lately")
    assert stays.filter(left_at__isnull=False).exists()
    came = Counter(entered.date() for entered in stays.values_list("entered_at", flat=True))
    assert len(came) > remembering.WEEKS  # Week by week, so that no usual week looks like a leap.
    for customer, entered, left in stays.filter(entered_at__lt=campaign.started_at).values_list(
        "customer", "entered_at", "left_at"
    ):
        bought = Purchase.objects.filter(customer=customer, bought_at__lt=entered).latest("bought_at")
        assert (entered - bought.bought_at).days <= 31
        assert left is None or left > entered


def test_bad_answers_became_cases_that_were_answered_and_people_were_asked_again():
    loading.load(NOW, count=900)

    cases = Case.objects.filter(channel="answer")
    assert cases.filter(state="solved").exclude(first_response_at=None).count() > 5
    assert not cases.filter(opened_at__lt=NOW - rescue.FRESH * 2).exclude(state="solved").exists()
    again = Answer.objects.filter(source__startswith="reask:")
    assert again.exists()
    assert again.filter(customer__in=cases.values("customer")).count() == again.count()
    assert Review.objects.filter(state="shown", is_verified=True).exists()
    assert NotAsked.objects.filter(reason="resting").exists()
    assert DeliveryEvent.objects.filter(kind="hard").count() == Message.objects.filter(state="failed").count()
    assert not Message.objects.filter(state="queued").exists()


def test_renewals_stand_at_their_subscription():
    loading.load(NOW, count=600)

    for one in Subscription.objects.all():
        paid = subscriptions.renewals(one)
        assert paid.count() >= 1
        assert paid.last().bought_at.date() == one.started_on
        assert (one.renews_on >= NOW.date()) == (one.state != "cancelled")
    assert set(Subscription.objects.values_list("state", flat=True)) >= {"active", "cancelled"}


def test_somebody_can_sign_in_but_a_known_password_never_joins_real_accounts():
    loading.load(NOW, count=20)

    assert User.objects.get(email="owner@example.com").check_password("closeknit-demo")


def test_a_shop_with_an_account_gets_no_second_owner(owner):
    loading.load(NOW, count=20)

    assert not User.objects.filter(email="owner@example.com").exists()
    assert Business.current().name == "Teahouse"


def test_production_gets_no_known_password(settings):
    settings.PRODUCTION = True

    loading.load(NOW, count=20)

    assert not User.objects.exists()


def test_the_command_loads_refreshes_and_loads_only_once():
    first, second = StringIO(), StringIO()

    call_command("load_demo", "--customers", "150", "--json", stdout=first)
    call_command("load_demo", "--customers", "150", "--json", stdout=second)

    assert json.loads(first.getvalue())["already_loaded"] is False
    assert json.loads(second.getvalue()) == {**json.loads(first.getvalue()), "already_loaded": True}
    assert CustomerFeatures.objects.count() == 150
    assert Segment.objects.get(slug="may-be-written-to").member_count > 50
    assert ScoringRun.objects.filter(kind="cluster", is_live=True).count() == 1
    assert Theme.objects.exists()


def test_the_command_refuses_a_place_with_real_customers():
    make_customer()

    with pytest.raises(CommandError) as refused:
        call_command("load_demo", "--json")

    assert refused.value.returncode == 1
    assert Customer.objects.count() == 1
