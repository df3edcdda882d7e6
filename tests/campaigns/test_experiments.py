from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns import allotting, experiments, lifecycle, tasks, tracking, trial_plan, variants
from campaigns.models import Arm, Experiment, MessageEvent, Variant
from crm.errors import Refusal
from crm.models import Business, Customer, Message
from crm.outbox import sending
from segments.models import Membership, Segment
from tests.campaigns.mails import BROWSER, NOW, caught, make_campaign, make_list, plan
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db


def make_people(count):
    """Many at once."""
    people = [
        Customer(
            first_name="Ada", last_name=f"B{n}", email=f"t{n}@example.com", email_consent="granted"
        ).prepare()
        for n in range(count)
    ]
    Customer.objects.bulk_create(people)
    segment = Segment.objects.create(slug="many", name="Many", kind="static", member_count=count)
    Membership.objects.bulk_create(
        [Membership(segment=segment, customer=one, entered_at=NOW) for one in people]
    )
    return segment


def make_test(segment, *, arms="ab", **fields):
    """A campaign with another subject in each version."""
    campaign = make_campaign(segment)
    experiment = Experiment.objects.create(campaign=campaign, **fields)
    for letter in arms:
        Arm.objects.create(experiment=experiment, letter=letter)
        if letter != "a":
            Variant.objects.create(campaign=campaign, arm=letter, subject=f"Tea {letter.upper()}")
    return campaign, experiment


def sent(campaign):
    """All that may leave has left, at the time of planning."""
    due = Message.objects.filter(mailing=campaign.mailing, state="queued").exclude(arm="*")
    due.update(state="sent", sent_at=NOW)


def click(campaign, letter, count):
    """So many of one version clicked, an hour later."""
    chosen = list(campaign.mailing.messages.filter(arm=letter, state="sent")[:count])
    link = campaign.links.get(position=0)
    MessageEvent.objects.bulk_create(
        MessageEvent(
            message=one,
            kind="click",
            link=link,
            at=NOW + timedelta(hours=1),
            key=f"k{one.pk}",
            verdict="human",
        )
        for one in chosen
    )


def arms_of(campaign):
    rows = campaign.mailing.messages.values_list("arm", "state")
    return {pair: list(rows).count(pair) for pair in set(rows)}


def test_each_person_gets_one_version_and_the_same_one_when_planning_is_repeated(shop):
    segment = make_people(300)
    campaign, _experiment = make_test(segment, share=50)

    campaign = plan(campaign)
    first = dict(campaign.mailing.messages.values_list("customer", "arm"))
    campaign.mailing.messages.filter(pk__in=campaign.mailing.messages.values("pk")[:100]).delete()
    type(campaign).objects.update(state="planning")
    tasks.plan_campaign(campaign.pk)

    assert dict(campaign.mailing.messages.values_list("customer", "arm")) == first
    sizes = [list(first.values()).count(arm) for arm in ("a", "b", "*")]
    assert sum(sizes) == 300
    assert abs(sizes[0] - 75) < 30
    assert abs(sizes[1] - 75) < 30


def test_the_versions_differ_in_what_is_tried(shop):
    campaign, experiment = make_test(make_list(*(make_customer() for _ in range(12))))
    Arm.objects.filter(experiment=experiment, letter="b").update(from_name="Olga of the Teahouse")

    campaign = plan(campaign)
    sending.drain()

    by_subject = {mail["Subject"]: mail["From"] for mail in caught()}
    assert by_subject == {
        "Spring tea": "Teahouse <news@teahouse.example>",
        "Tea B": "Olga of the Teahouse <news@teahouse.example>",
    }


def test_a_version_may_leave_at_another_hour(shop):
    campaign, experiment = make_test(make_list(*(make_customer() for _ in range(8))), kind="time")
    Arm.objects.filter(experiment=experiment, letter="b").update(hours_later=6)

    campaign = plan(campaign)

    times = dict(campaign.mailing.messages.values_list("arm", "not_before"))
    assert times["b"] == NOW + timedelta(hours=6)
    assert Experiment.objects.get().ends_at == NOW + timedelta(hours=30)


def test_the_rest_waits_for_the_winner_also_where_mails_leave_by_the_clock_of_each_reader(shop):
    campaign, _experiment = make_test(make_people(60), share=50)
    campaign.timing = "local"

    campaign = plan(campaign)

    rest = campaign.mailing.messages.filter(arm="*")
    assert rest.exists()
    assert set(rest.values_list("not_before", flat=True)) == {allotting.NEVER}


def test_the_rest_gets_its_version_at_the_chosen_time_where_each_reader_lives(shop):
    people = [make_customer(country="JP" if n % 2 else "US") for n in range(40)]
    campaign, _experiment = make_test(make_list(*people), share=50)
    campaign.timing, campaign.scheduled_at = "local", NOW.replace(hour=9)  # By the shop's clock.
    campaign.save()
    campaign = plan(campaign)
    ends = NOW + timedelta(days=1, hours=3)

    experiments.choose(experiments.of(campaign), "b", now=ends)

    rest = campaign.mailing.messages.filter(arm="B")
    assert rest.exists()
    zones = {"JP": ZoneInfo("Asia/Tokyo"), "US": ZoneInfo("America/New_York")}
    for country, at in rest.values_list("customer__country", "not_before"):
        assert at >= ends - timedelta(hours=1)
        assert at.astimezone(zones[country]).time() == NOW.replace(hour=9).astimezone(shop.zone).time()


def test_a_look_before_the_end_says_not_yet_whatever_the_figures(shop):
    campaign, experiment = make_test(make_people(200))
    campaign = plan(campaign)
    sent(campaign)
    click(campaign, "b", 60)
    experiment = experiments.of(campaign)

    early = experiments.reading(experiment, experiments.count(experiment), now=NOW + timedelta(hours=23))
    experiments.advance(now=NOW + timedelta(hours=23))

    assert early.verdict == "early"
    assert Experiment.objects.get().state == "running"


def test_the_winner_goes_to_the_rest_once(shop):
    campaign, _experiment = make_test(make_people(400), share=50, worth_percent=20, base_percent=5)
    campaign = plan(campaign)
    sent(campaign)
    click(campaign, "a", 3)
    click(campaign, "b", 60)
    after = NOW + timedelta(hours=25)

    decided = experiments.advance(now=after)
    again = experiments.advance(now=after + timedelta(hours=1))

    found = Experiment.objects.get()
    assert (decided, again) == ([campaign.pk], [])
    assert (found.verdict, found.winner, found.figures["did"]) == ("winner", "b", [3, 60])
    rest = campaign.mailing.messages.filter(arm="B")
    assert rest.count() == 400 - sum(found.figures["sent"])
    assert set(rest.values_list("state", "not_before")) == {("queued", after)}
    assert not campaign.mailing.messages.filter(arm="*").exists()
    assert variants.arm_of(rest.first()) == "b"
    assert experiments.count(experiments.of(campaign)).did == [3, 60]


def test_killed_while_deciding_nothing_is_decided_and_nobody_released(shop, monkeypatch):
    campaign, _experiment = make_test(make_people(100), share=50)
    campaign = plan(campaign)
    sent(campaign)
    monkeypatch.setattr(experiments, "_release", lambda *_a: (_ for _ in ()).throw(SystemExit))

    with pytest.raises(SystemExit):
        experiments.advance(now=NOW + timedelta(hours=25))
    monkeypatch.undo()

    assert Experiment.objects.get().state == "running"
    assert campaign.mailing.messages.filter(arm="*").exists()
    assert experiments.advance(now=NOW + timedelta(hours=26)) == [campaign.pk]


@pytest.mark.parametrize(
    ("then", "clicks", "winner", "verdict"),
    [("send", (4, 5), "a", "short"), ("ask", (2, 45), "", "winner"), ("ask", (4, 5), "", "short")],
)
def test_without_a_winner_the_rest_gets_a_and_a_person_is_asked_who_wants_to_be(
    shop, then, clicks, winner, verdict
):
    campaign, _experiment = make_test(make_people(200), share=50, then=then)
    campaign = plan(campaign)
    sent(campaign)
    for letter, count in zip("ab", clicks, strict=True):
        click(campaign, letter, count)

    experiments.advance(now=NOW + timedelta(hours=25))

    found = Experiment.objects.get()
    assert (found.winner, found.verdict) == (winner, verdict)
    if not winner:
        experiments.choose(experiments.of(campaign), "b", now=NOW + timedelta(hours=26))
        assert campaign.mailing.messages.filter(arm="B").exists()
        with pytest.raises(Refusal, match="already"):
            experiments.choose(experiments.of(campaign), "a", now=NOW + timedelta(hours=26))


def test_a_campaign_is_done_only_when_the_rest_got_its_version(shop):
    campaign, _experiment = make_test(make_people(40), share=50)
    campaign = plan(campaign)
    sending.drain()
    lifecycle.settle(now=NOW)
    waiting = type(campaign).objects.get().state

    experiments.advance(now=NOW + timedelta(hours=25))
    Message.objects.filter(arm="A").update(not_before=NOW)
    sending.drain()
    lifecycle.settle(now=NOW)

    assert waiting == "sending"
    assert type(campaign).objects.get().state == "done"
    assert len({mail["To"] for mail in caught()}) == 40


def test_orders_count_where_orders_are_what_counts(shop):
    people = [make_customer() for _ in range(20)]
    campaign, _experiment = make_test(make_list(*people), metric="order")
    campaign = plan(campaign)
    sent(campaign)
    for one in campaign.mailing.messages.filter(arm="b"):
        make_purchase(one.customer, at=NOW + timedelta(hours=2))
    for one in campaign.mailing.messages.filter(arm="a"):
        make_purchase(one.customer, at=NOW + timedelta(hours=25))
        make_purchase(one.customer, at=NOW - timedelta(hours=1))

    counted = experiments.count(experiments.of(campaign))

    assert counted.did == [0, counted.sent[1]]


def test_machines_do_not_win_a_test(shop):
    campaign, _experiment = make_test(make_list(*(make_customer() for _ in range(10))))
    campaign = plan(campaign)
    sent(campaign)
    link = campaign.links.get(position=0)
    for one in campaign.mailing.messages.filter(arm="b"):
        tracking.hear([tracking.Hit(one.pk, NOW + timedelta(hours=1), link.pk, 0, "click", agent="curl/8")])
    tracking.settle(now=NOW + timedelta(hours=2))
    one = campaign.mailing.messages.filter(arm="a").first()
    tracking.hear([tracking.Hit(one.pk, NOW + timedelta(hours=1), link.pk, 0, "click", agent=BROWSER)])
    tracking.settle(now=NOW + timedelta(hours=2))

    assert experiments.count(experiments.of(campaign)).did == [1, 0]


def test_with_two_thousand_customers_and_two_percent_a_click_test_cannot_be_settled():
    found = trial_plan.plan(2000, 2, 1.0, 0.02, 0.01)

    assert (found.needed, found.possible, found.is_enough) == (3826, 1000, False)
    assert found.finding.startswith("This cannot be settled with one sending")
    assert "3,826 people in each version, and you have 1,000" in found.finding
    assert "4 campaigns of this size answer it together" in found.ways[0]
    assert len(found.ways) == 4
    assert trial_plan.plan(8000, 2, 1.0, 0.02, 0.01).is_enough


def test_tests_of_one_idea_are_counted_together(shop):
    segment = make_list(make_customer())
    for n in range(4):
        _campaign, experiment = make_test(
            segment, idea=" First  name in the subject" if n else "first name in the subject"
        )
        figures = {"letters": ["a", "b"], "sent": [1000, 1000], "did": [20, 33], "waiting": 0}
        Experiment.objects.filter(pk=experiment.pk).update(
            state="decided", figures=figures, decided_at=NOW, verdict="alike"
        )

    (found,) = experiments.learned()

    assert (found.idea, len(found.tests), found.people) == ("first name in the subject", 4, 8000)
    assert found.pooled.effect == pytest.approx(0.013, abs=2e-4)
    assert found.is_sure
    assert found.pooled.interval[0] > 0.005


def test_those_held_out_get_a_row_and_no_mail(shop):
    campaign = make_campaign(make_people(400), holdout_percent=25)

    campaign = plan(campaign)

    held = campaign.mailing.messages.filter(state="held_out")
    assert 70 < held.count() < 130
    assert set(held.values_list("reason", flat=True)) == {"held_from_this"}


def test_another_campaign_draws_others(shop):
    segment = make_people(300)
    held = []
    for _ in range(2):
        campaign = plan(make_campaign(segment, holdout_percent=30))
        held.append(
            set(campaign.mailing.messages.filter(state="held_out").values_list("customer", flat=True))
        )

    both = len(held[0] & held[1])

    assert 10 < both < 50  # 27 of 300 by chance.


def test_the_hold_out_of_all_campaigns_turns_each_quarter(shop):
    Business.objects.update(holdout_percent=10)
    quarters = [date(2026, 1, 5), date(2026, 3, 31), date(2026, 4, 1), date(2026, 7, 1), date(2028, 9, 1)]

    held = [{n for n in range(2000) if allotting.is_held_from_all(n, 10, day)} for day in quarters]

    assert held[0] == held[1]
    assert not held[0] & held[2]
    assert not held[2] & held[3]
    assert all(150 < len(one) < 250 for one in held)
    ten = [
        {n for n in range(2000) if allotting.is_held_from_all(n, 10, date(2026 + k // 4, 1 + 3 * (k % 4), 1))}
        for k in range(10)
    ]
    assert len(set.union(*ten)) == 2000  # In ten quarters everybody once.
    campaign = plan(make_campaign(make_people(200)))
    reasons = set(campaign.mailing.messages.filter(state="held_out").values_list("reason", flat=True))
    assert reasons == {"held_from_all"}
