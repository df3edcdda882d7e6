"""From a handful of customers to clusters, a rule, and a segment with exactly its people, by hand."""

from __future__ import annotations

import re

from segments import refresh
from segments.models import Membership, ScoringRun, Segment
from tests.people import make_customer, make_purchase


def test_a_clustering_becomes_a_segment_with_the_people_its_rule_claims(visitor, owner):
    for number in range(14):
        make_purchase(make_customer(), 10 + number % 5)
        regular = make_customer()
        for _ in range(5 + number % 2):
            make_purchase(regular, 200 + number % 7)
    refresh.run(None)
    staff = visitor(viewport={"width": 1280, "height": 900})
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = staff.page

    # Two features, two clusters.
    page.goto("/segments/clusters/")
    page.uncheck("input[value=recency_days]")
    page.select_option("select[name=k]", "2")
    page.click("main button:has-text('Find clusters')")
    page.wait_for_url(re.compile(r"/segments/clusters/\d+/$"))
    page.wait_for_selector("#rules")
    page.wait_for_selector("[data-chart=profile] svg")
    dashed = page.locator("[data-chart=profile] svg path[stroke-dasharray]")
    assert dashed.count() >= 2  # Beside the line of the average: lines are told apart without colour.
    assert page.locator("[data-chart=ranking] svg pattern").count() >= 1  # Bars of a pair: one is hatched.
    run = ScoringRun.objects.get(kind="cluster")

    # The rule of the second cluster becomes a segment.
    claimed = run.result["clusters"][1]["claimed"]
    rule = page.locator("#rules li").nth(1)
    assert f"{claimed} customers" in rule.inner_text()
    rule.locator("button").click()
    page.wait_for_url(re.compile(r"/segments/s/[^/]+/$"))
    page.wait_for_selector(f"text=exactly the {claimed} customers")
    segment = Segment.objects.get()
    assert segment.rule == run.result["clusters"][1]["rule"]
    assert Membership.objects.filter(segment=segment, left_at=None).count() == claimed > 0

    # Using the clustering gives everybody a cluster.
    page.goto(f"/segments/clusters/{run.pk}/")
    page.click("text=Use this clustering")
    page.wait_for_selector("text=28 customers now carry a cluster")
    assert ScoringRun.objects.get(pk=run.pk).is_live
    assert staff.problems == []
