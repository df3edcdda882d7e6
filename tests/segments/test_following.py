from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings, strategies

from crm import ledger, merging, privacy
from crm.models import Customer, CustomerTag, Interaction, Product, Purchase, Subscription, Tag
from segments import audience, refresh
from segments.following import follower, noticing, pending
from segments.membership import switching
from segments.models import (
    CustomerFeatures,
    LifecycleChoice,
    Membership,
    ScoringRun,
    Segment,
    Touched,
)
from segments.rules.asks import asks, is_touched
from segments.rules.parsing import parse
from tests.people import make_customer, make_product, make_purchase, make_refund

pytestmark = pytest.mark.django_db
RULES = {
    "twice": {"field": "orders", "op": ">=", "value": 2},
    "big": {"field": "revenue", "op": ">", "value": 60},
    "lately": {"field": "recency_days", "op": "<=", "value": 30},
    "best": {"field": "rfm.group", "op": "in", "value": ["champions", "loyal", "new"]},
    "frequent": {"field": "rfm.frequency", "op": ">=", "value": 3},
    "stage": {"field": "stage", "op": "in", "value": ["loyal", "regained", "active"]},
    "tea": {"did": "purchase", "where": [{"field": "category", "op": "is", "value": "Tea"}], "value": 2},
    "cups": {"did": "purchase", "measure": "sum", "op": "<", "value": 50, "within_days": 90},
    "quiet": {"not": {"did": "purchase", "within_days": 60}},
    "back": {"did": "refund"},
    "signed": {"did": "login", "op": ">=", "value": 2},
    "unhappy": {"field": "nps.last", "op": "<=", "value": 6},
    "tagged": {"field": "tag.VIP", "op": ">", "value": 50},
    "germans": {"field": "country", "op": "is", "value": "Germany"},
    "allowed": {"field": "consent.email", "op": "is", "value": "granted"},
    "listed": {"any": [{"in_segment": "hand"}, {"in_segment": "twice"}]},
    "others": {"not": {"in_segment": "hand"}},
    "boxes": {"field": "subscription.status", "op": "is", "value": "active"},
}
# Worth, chances and clusters are not compared: a refresh of everyone fits its models anew, and who follows
# is described by those of last night. `test_following_values` holds them to these.
DESCRIBED = [
    "orders", "revenue", "average_order", "refunds", "recency_days", "first_bought_on", "last_bought_on",
    "gap_days", "nps_last", "stage", "rfm_recency", "rfm_frequency", "rfm_monetary", "rfm_group", "cluster",
    "as_of",
]  # fmt: skip


def build(people=6):
    """A shop with a segment for each kind of question, refreshed."""
    LifecycleChoice.objects.create(pk=1, active_days=30, lost_days=120, loyal_orders=3)
    Tag.objects.create(name="VIP")
    Segment.objects.create(slug="hand", name="hand", kind="static")
    made = [make_customer(country="Germany" if n % 2 else "France") for n in range(people)]
    for n, one in enumerate(made[:-1]):
        for turn in range(n % 3 + 1):
            buy(one, 20 * turn + n, ("Tea", "Cups")[turn % 2], 10 + 7 * n)
    for name, rule in RULES.items():
        Segment.objects.create(slug=name, name=name, rule={"all": [rule]})
    refresh.run(None)
    return made


def buy(who, ago, category, amount):
    product = make_product(category, category=category)
    return make_purchase(who, amount, at=timezone.now() - timedelta(days=ago, minutes=5), product=product)


def one_of(luck):
    return luck.choice(list(Customer.objects.filter(erased_at=None).order_by("pk")))


def purchase(luck):
    buy(one_of(luck), luck.choice([0, 5, 45, 200]), luck.choice(["Tea", "Cups"]), luck.randint(1, 90))


def refund(luck):
    if sales := list(Purchase.objects.filter(status="completed", refunded=0).order_by("pk")):
        sale = luck.choice(sales)
        make_refund(sale, luck.choice([sale.charged, sale.charged / 2]), at=timezone.now())


def cancel(luck):
    if sales := list(Purchase.objects.order_by("pk")):
        Purchase.objects.filter(pk=luck.choice(sales).pk).update(status="cancelled")


def happen(luck):
    kind = luck.choice(["login", "answer", "open"])
    number = float(luck.randint(0, 10)) if kind == "answer" else None
    key, now = f"{luck.random()}", timezone.now()
    row = Interaction(customer=one_of(luck), kind=kind, at=now, source="test", key=key, number=number)
    row.metric = "nps" if kind == "answer" else ""
    ledger.record([row])


def tag(luck):
    who, vip = one_of(luck), Tag.objects.get(name="VIP")
    if luck.random() < 0.4:
        CustomerTag.objects.filter(customer=who, tag=vip).delete()
    else:
        CustomerTag.objects.update_or_create(
            customer=who, tag=vip, defaults={"weight": luck.choice([10, 90])}
        )


def move(luck):
    who = one_of(luck)
    who.country, who.email_consent = (
        luck.choice(["Germany", "France", ""]),
        luck.choice(["granted", "withdrawn"]),
    )
    who.save()


def put_on_list(luck):
    who, hand = one_of(luck), Segment.objects.get(slug="hand")
    if luck.random() < 0.5:
        audience.add(hand, [who.pk], at=timezone.now())
    else:
        audience.remove(hand, who.pk, at=timezone.now())


def arrive(luck):
    make_customer(country=luck.choice(["Germany", "France"]))


def merge(luck):
    people = list(Customer.objects.filter(erased_at=None).order_by("pk").values_list("pk", flat=True))
    if len(people) > 2:
        merging.merge(luck.sample(people, 2), by=None, at=timezone.now())


def erase(luck):
    if Customer.objects.filter(erased_at=None).count() > 2:
        privacy.erase(one_of(luck), by=None, at=timezone.now())


def vanish(luck):
    if Customer.objects.count() > 2:
        one_of(luck).delete()


def subscribe(luck):
    today = timezone.now().date()
    day = {"started_on": today, "renews_on": today + timedelta(9)}
    Subscription.objects.create(customer=one_of(luck), product=make_product(), amount=5, **day)


def rename(luck):
    Product.objects.filter(category="Cups").update(category="Tea")


STEPS = [
    purchase, purchase, purchase, refund, cancel, happen, tag, move, put_on_list, arrive, merge, erase,
    vanish, subscribe, rename,
]  # fmt: skip


def inside():
    return set(Membership.objects.filter(left_at=None).values_list("segment__slug", "customer_id"))


def described():
    return {row[0]: row for row in CustomerFeatures.objects.values_list("customer_id", *DESCRIBED)}


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    plan=strategies.lists(strategies.sampled_from(STEPS), min_size=15, max_size=30),
    seed=strategies.integers(0, 10**6),
)
def test_who_follows_stands_where_a_refresh_of_everyone_puts_them(shop, plan, seed):
    luck = Random(seed)
    with transaction.atomic():
        build()
        for place, step in enumerate(plan):
            step(luck)
            if place % 3 == 2:
                follower.follow()
        follower.follow()
        assert not Touched.objects.exists()
        followed, features, stays = inside(), described(), Membership.objects.count()
        counts = dict(Segment.objects.values_list("slug", "member_count"))

        refresh.run(None, frozen=True)

        assert features == described()
        assert followed == inside()
        assert stays == Membership.objects.count()  # Nobody left and came back, or the other way round.
        assert counts == dict(Segment.objects.values_list("slug", "member_count"))
        transaction.set_rollback(True)


def test_only_segments_that_ask_about_a_change_are_looked_at(shop):
    build()
    changes = frozenset({"tag"})

    found = {name for name, rule in RULES.items() if is_touched(parse({"all": [rule]}), changes)}

    assert found == {"tagged"}
    assert asks(parse({"all": [RULES["listed"]]})) == {"list", "features"}
    assert is_touched(parse({"all": [RULES["quiet"]]}), frozenset({"new"}))
    assert not is_touched(parse({"all": [RULES["big"]]}), frozenset({"did:login"}))


def killed(*_given):
    raise SystemExit


def test_a_worker_killed_in_the_middle_loses_and_halves_nothing(shop, monkeypatch):
    people = build()
    buy(people[-1], 0, "Tea", 500)
    waiting, before, features = Touched.objects.count(), inside(), described()

    with monkeypatch.context() as patched:
        patched.setattr(switching, "_leave", killed)
        with pytest.raises(SystemExit):
            follower.follow()

    assert (Touched.objects.count(), inside(), described()) == (waiting, before, features)
    assert follower.follow() == 1
    assert ("big", people[-1].pk) in inside()
    assert not Touched.objects.exists()


def test_a_refresh_of_everyone_takes_the_changes_it_saw_and_leaves_later_ones(shop, monkeypatch):
    people = build()
    buy(people[0], 0, "Tea", 5)
    work = audience.rebuild_all

    def late(*given):
        buy(people[1], 0, "Tea", 5)
        return work(*given)

    monkeypatch.setattr(audience, "rebuild_all", late)
    refresh.run(None)

    assert set(Touched.objects.filter(via="c").values_list("number", flat=True)) == {people[1].pk}
    assert follower.follow()
    assert not Touched.objects.exists()


def test_what_a_killed_refresh_had_seen_is_seen_again(shop):
    build()
    make_customer()
    pending.cover()

    assert not follower.follow()

    assert ScoringRun.objects.filter(kind="refresh", state="queued").count() == 1
    assert not pending.freshness(timezone.now()).is_now
    refresh.run(None)
    assert not Touched.objects.exists()


def test_nobody_follows_beside_a_refresh_of_everyone(shop):
    build()
    make_customer()
    ScoringRun.objects.create(kind="refresh", state="running", started_at=timezone.now())

    assert follower.follow() == 0
    assert Touched.objects.exists()


def test_too_much_at_once_is_left_to_a_refresh_of_everyone(shop, monkeypatch):
    build()
    monkeypatch.setattr(pending, "MANY", 2)
    Customer.objects.update(city=F("email"), country="Spain")
    changes = Touched.objects.count()

    assert follower.follow() == 0
    assert Touched.objects.count() == changes
    assert ScoringRun.objects.filter(kind="refresh", state="queued").count() == 1


def test_what_nobody_can_ask_about_touches_nobody(shop):
    people = build()

    ledger.record([Interaction(customer=people[0], kind="note", at=timezone.now(), source="s", key="1")])
    Customer.objects.update(search_text="x", added_at=timezone.now())
    Purchase.objects.update(tax=1)
    Customer.objects.update(country=F("country"))

    assert not Touched.objects.exists()


def test_triggers_stand_once_and_come_back(shop):
    noticing.install()
    assert noticing.is_complete()

    noticing.uninstall()
    assert not noticing.is_complete()
    make_customer()
    assert not Touched.objects.exists()

    noticing.install()
    make_customer()
    assert list(Touched.objects.values_list("what", "via")) == [("new", "c")]


def test_following_many_takes_no_more_queries_than_following_few(shop):
    build()
    asked = []

    for count in (2, 30):
        for _ in range(count):
            buy(make_customer(), 0, "Tea", 5)
        with CaptureQueriesContext(connection) as queries:
            assert follower.follow() == count
        asked.append(len(queries))

    assert asked[0] == asked[1]


def test_it_tells_until_when_segments_are_up_to_date(shop):
    now = timezone.now()
    assert pending.freshness(now) == pending.Freshness(None, is_now=False)
    build()
    assert pending.freshness(now).is_now

    make_customer()
    before = pending.freshness(now)
    follower.follow(clock=lambda: now)

    assert not before.is_now
    assert before.at >= now
    assert pending.freshness(now).is_now
