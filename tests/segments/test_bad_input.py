"""Shops that no formula was made for: refreshed, asked by every command and looked at on every page."""

from __future__ import annotations

import json
import math
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from segments import audience, lease, refresh, tasks
from segments.models import CustomerFeatures, Membership, ScoringRun, Segment
from tests.crm.importing import bring
from tests.people import make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db
PAGES = ("value", "lapse", "rfm", "clusters", "journey", "tags", "measures", "measures/cohorts",
         "measures/forecast", "predictions", "recommendations")  # fmt: skip
COMMANDS = (
    ("value",), ("lapse",), ("rfm",), ("cluster", "--k=5"), ("propensity", "--target=orders"),
    ("bought_together",), ("evaluate_recommendations",),
)  # fmt: skip
NUMBERS = ("revenue", "average_order", "clv", "expected_orders", "alive_chance", "lapse_chance")


def ago(days):
    return timezone.now() - timedelta(days=days)


def all_equal():
    for _ in range(30):
        make_purchase(make_customer(), 20, at=ago(40))


def one_customer():
    make_purchase(make_customer(), 20, at=ago(40))


def no_purchase():
    for _ in range(3):
        make_customer()


def different(customers=24):
    people = [make_customer() for _ in range(customers)]
    for n, customer in enumerate(people):
        for turn in range(1 + n % 3):
            make_purchase(customer, 10 + n, at=ago(5 + 11 * n - turn))
    return people


def a_huge_amount():
    make_purchase(different()[0], "9999999999.99", at=ago(3))


def more_given_back_than_paid():
    make_refund(make_purchase(different()[0], 10, at=ago(9)), 500, at=ago(8))
    make_refund(make_purchase(make_customer(), 10, at=ago(9)), 500, at=ago(8))


def some_in_the_future():
    make_purchase(different()[0], 20, at=ago(-40_000))


def all_in_the_future():
    for _ in range(3):
        make_purchase(make_customer(), 20, at=ago(-400))


def strict(text):
    def refuse(name):
        raise AssertionError(f"{name} is no number")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize(("shop_of", "where", "said"), [
    (all_equal, "rfm", "Most buyers have equally many orders, so frequency tells few of them apart."),
    (one_customer, "rfm", "Only 1 person has bought so far."),
    (no_purchase, "value", "Nobody has a purchase that counts yet, so no value can be estimated."),
    (a_huge_amount, "value", "One buyer brings 100% of all revenue; look whether an amount is mistyped."),
    (more_given_back_than_paid, "rfm", "1 buyer got back more than they paid."),
    (some_in_the_future, "rfm", "1 purchase is dated after"),
    (all_in_the_future, "rfm", "3 purchases are dated after"),
])  # fmt: skip
def test_a_strange_shop_is_refreshed_answered_and_shown_without_nonsense(
    shop, owner_client, shop_of, where, said
):
    shop_of()
    Segment.objects.create(
        name="All", slug="all", rule={"all": [{"field": "orders", "op": ">=", "value": 0}]}
    )

    refresh.run(None)
    answers = [answer(*command) for command in COMMANDS]
    pages = {name: owner_client.get(f"/segments/{name}/") for name in PAGES}

    rows = CustomerFeatures.objects.values(*NUMBERS)
    numbers = [float(number) for row in rows for number in row.values() if number is not None]
    assert all(math.isfinite(number) for number in numbers)
    chances = [row[name] for row in rows for name in NUMBERS[-2:] if row[name] is not None]
    assert all(0 <= chance <= 1 for chance in chances)
    assert all(float(row["clv"] or 0) >= 0 for row in rows)
    assert all(answers)
    assert {name: page.status_code for name, page in pages.items()} == dict.fromkeys(PAGES, 200)
    assert said in " ".join(pages[where].text.split())
    for page in pages.values():
        assert re.findall(r">[^<>]*\b(?:nan|NaN|inf|Infinity)\b[^<>]*<", page.text) == []


def answer(command, *arguments):
    """One JSON object of real numbers, or one line that says why there is none."""
    out = StringIO()
    try:
        call_command(command, "--json", *arguments, stdout=out, stderr=StringIO())
    except CommandError as refusal:
        return len(str(refusal)) > 20 and "\n" not in str(refusal) and "Error" not in str(refusal)
    return bool(strict(out.getvalue()))


def test_amounts_without_end_are_rejected_line_by_line(tmp_path):
    amounts = ["12.50", "inf", "NaN", "1e400", "9" * 40]
    path = tmp_path / "sales.csv"
    lines = [f"O{n},a@example.com,2026-01-0{n + 1},{amount}" for n, amount in enumerate(amounts)]
    path.write_text("order,email,date,amount\n" + "\n".join(lines))

    found = bring("purchases", path)

    assert (found["created"], found["rejected"]) == (1, 4)
    assert found["charged"] == "12.50"


def test_a_segment_deleted_while_all_are_rebuilt_takes_nothing_with_it(shop):
    make_purchase(make_customer(), 20, at=ago(4))
    rule = {"all": [{"field": "orders", "op": ">=", "value": 1}]}
    for slug in ("a", "b", "c"):
        Segment.objects.create(name=slug, slug=slug, rule=rule)
    refresh.run(None)
    held = Segment.objects.get(slug="b")
    make_purchase(make_customer(), 20, at=ago(3))

    def delete_one(done, total):
        if done == 1:
            audience.delete(Segment.objects.get(slug="b"))

    refresh.run(None, only=["features"])
    audience.rebuild_all(timezone.now(), delete_one)

    assert list(Segment.objects.order_by("slug").values_list("slug", "member_count")) == [("a", 2), ("c", 2)]
    assert audience.rebuild(held) == 0
    assert not Membership.objects.exclude(segment__slug__in=["a", "c"]).exists()


def test_a_worker_killed_before_the_last_step_leaves_every_membership_as_it_was(
    shop, monkeypatch, django_capture_on_commit_callbacks
):
    first = make_customer()
    make_purchase(first, 20, at=ago(4))
    for slug, orders in (("once", 1), ("twice", 2)):
        rule = {"all": [{"field": "orders", "op": "is", "value": orders}]}
        Segment.objects.create(name=slug, slug=slug, rule=rule)
    refresh.run(None)
    before = stays()
    make_purchase(first, 20, at=ago(2))
    run = lease.claim(refresh.request().pk)
    with monkeypatch.context() as patch:
        patch.setattr(lease, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            refresh.run(run)
    after_kill = stays(), CustomerFeatures.objects.get().orders
    long_ago = timezone.now() - lease.STALE - timedelta(seconds=1)
    ScoringRun.objects.filter(pk=run.pk).update(heartbeat_at=long_ago, created_at=long_ago)

    with django_capture_on_commit_callbacks(execute=True):
        tasks.resume_stalled_runs()

    assert after_kill == (before, 1)
    assert stays() == {("once", False), ("twice", True)}


def stays():
    return {(one.segment.slug, one.left_at is None) for one in Membership.objects.select_related("segment")}


def killed(*arguments, **values):
    raise KeyboardInterrupt
