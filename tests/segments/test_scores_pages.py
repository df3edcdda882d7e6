from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from crm.models import Customer, WorkerHeartbeat
from crm.templatetags.crm_format import compact
from segments import audience, lease, refresh, since_refresh
from segments.clusters import laboratory, naming
from segments.models import CustomerFeatures, ScoringRun, Segment
from segments.numerics.rfm import CutPoints
from segments.rfm import grid
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db


def shop_of(count: int) -> None:
    for n in range(1, count + 1):
        customer = make_customer(last_name=f"Buyer {n:02}")
        for _ in range(1 + n // 4):
            make_purchase(customer, 10 * n, at=datetime(2026, 6, n, 12, tzinfo=UTC))
    refresh.run(None)


def clustered(**fields) -> ScoringRun:
    run = lease.claim(
        laboratory.prepare(["orders", "revenue"], **{"k": 2, "scaling": "standard", "seed": 1, **fields}).pk
    )
    laboratory.run(run)
    return ScoringRun.objects.get(pk=run.pk)


def test_the_grid_shows_each_cell_with_its_people(staff_client, shop, django_assert_max_num_queries):
    shop_of(12)

    with django_assert_max_num_queries(20):
        page = staff_client.get("/segments/rfm/").content.decode()

    cell = CustomerFeatures.objects.get(customer__last_name="Buyer 12")
    assert f"/segments/people/?r={cell.rfm_recency}&amp;f={cell.rfm_frequency}" in page
    assert "12 buyers in 25 cells" in page
    assert page.count('<td class="ck-heat-') == 25
    assert "Customers as of" in page


def test_the_grid_is_coloured_by_revenue_on_request(staff_client, shop):
    shop_of(12)

    counts = staff_client.get("/segments/rfm/").content
    revenue = staff_client.get("/segments/rfm/?by=revenue").content

    assert counts != revenue
    assert b"Large: revenue in EUR" in revenue


def test_few_buyers_and_none_are_said_in_plain_words(staff_client, shop):
    nobody = staff_client.get("/segments/rfm/").content
    shop_of(3)

    few = staff_client.get("/segments/rfm/").content

    assert b"Nobody to group yet" in nobody
    assert b"Only 3 people have bought so far" in few


@pytest.mark.parametrize("query", ["group=champions", "r=5&f=5", "r=5", "f=1"])
def test_the_people_behind_a_number_are_as_many_as_the_number(staff_client, shop, query):
    shop_of(12)
    wanted = dict(part.split("=") for part in query.split("&"))
    names = {"group": "rfm_group", "r": "rfm_recency", "f": "rfm_frequency"}
    inside = CustomerFeatures.objects.filter(**{names[key]: value for key, value in wanted.items()})

    page = staff_client.get(f"/segments/people/?{query}").content.decode()

    shown = {row.customer.last_name for row in inside if row.customer.last_name in page}
    assert len(shown) == inside.count() == page.count("/customers/") - page.count('"/customers/"')


@pytest.mark.parametrize("query", ["?group=kings", "?r=9&f=1", "?r=x", "?run=99&number=0", "?run=x&number=y"])
def test_a_number_that_does_not_exist_is_not_found(staff_client, shop, query):
    assert staff_client.get(f"/segments/people/{query}").status_code == 404


def test_long_lists_have_pages_and_few_queries(staff_client, shop, django_assert_max_num_queries):
    CustomerFeatures.objects.bulk_create(
        CustomerFeatures(customer=make_customer(), as_of="2026-06-15", orders=1, revenue=n, rfm_group="new")
        for n in range(120)
    )

    since_refresh.is_large()  # Asked once a minute.
    with django_assert_max_num_queries(10):
        first = staff_client.get("/segments/people/?group=new")
    second = staff_client.get(f"/segments/people/?group=new&after={first.context['page'].next}")

    seen = [row.revenue for page in (first, second) for row in page.context["page"]]
    assert seen == [120 - n for n in range(1, 101)]


def test_in_a_large_shop_the_people_of_a_segment_are_counted_and_drawn_once(staff_client, shop, monkeypatch):
    monkeypatch.setattr(since_refresh, "LIVE_UP_TO", 0)
    monkeypatch.setattr(audience, "LARGE", 1)
    shop_of(8)
    Segment.objects.create(
        slug="buyers", name="Buyers", rule={"all": [{"field": "orders", "op": ">", "value": 0}]}
    )
    Customer.objects.create(first_name="Nobody")
    refresh.run(None)
    buyers = Segment.objects.get().member_count
    people, card = "/segments/people/?segment=buyers", "/segments/persona/?segment=buyers"
    drawn = staff_client.get(card).context["some"]
    listed = staff_client.get(people).context
    CustomerFeatures.objects.filter(customer=drawn[0].customer_id).delete()

    assert listed["count"] == len(listed["page"].rows) == buyers > 0
    assert staff_client.get(people).context["count"] == buyers
    assert [one.pk for one in staff_client.get(card).context["some"]] == [one.pk for one in drawn[1:]]


def test_one_press_makes_the_group_a_segment_and_opens_a_campaign(staff_client, shop):
    shop_of(12)

    answer = staff_client.post("/segments/from/", {"group": "champions", "next": "campaign"})
    staff_client.post("/segments/from/", {"group": "champions", "next": "campaign"})

    segment = Segment.objects.get()
    assert answer.headers["Location"] == f"/campaigns/new/?segment={segment.slug}"
    assert segment.rule == {"all": [{"field": "rfm.group", "op": "is", "value": "champions"}]}
    assert segment.member_count == CustomerFeatures.objects.filter(rfm_group="champions").count() > 0


def test_refreshing_shows_its_progress_until_it_is_done(
    staff_client, shop, django_capture_on_commit_callbacks
):
    make_purchase(make_customer())

    waiting = staff_client.post("/segments/refresh/now/", headers={"HX-Request": "true"}).content.decode()
    ScoringRun.objects.update(state="running", progress={"step": "rfm", "done": 1, "of": 2})
    WorkerHeartbeat.objects.create(name="one", seen_at=timezone.now())
    midway = staff_client.get("/segments/refresh/", headers={"HX-Request": "true"}).content.decode()
    ScoringRun.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post("/segments/refresh/now/")
    done = staff_client.get("/segments/refresh/", headers={"HX-Request": "true"}).content.decode()

    assert "No worker is running" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    assert f'value="{round(100 * 1.5 / len(refresh.STEPS))}"' in midway
    assert "<html" not in midway
    assert "every 1s" not in done
    assert CustomerFeatures.objects.get().orders == 1


def test_a_refresh_that_failed_says_so(staff_client, shop):
    ScoringRun.objects.create(
        kind="refresh", state="failed", error="The disk is full", finished_at=timezone.now()
    )

    page = staff_client.get("/segments/rfm/").content.decode()

    assert "The disk is full" in page


def test_a_clustering_is_started_watched_read_and_used(
    staff_client, shop, django_capture_on_commit_callbacks
):
    shop_of(12)
    wish = {"features": ["orders", "revenue"], "k": "2", "scaling": "standard", "seed": "1"}

    with django_capture_on_commit_callbacks(execute=True):
        answer = staff_client.post("/segments/clusters/start/", wish)
    run = ScoringRun.objects.get(kind="cluster")
    page = staff_client.get(f"/segments/clusters/{run.pk}/").content.decode()
    used = staff_client.post(f"/segments/clusters/{run.pk}/use/", follow=True).content.decode()

    assert answer.headers["Location"] == f"/segments/clusters/{run.pk}/"
    assert run.parameters["seed"] == 1
    assert "12 customers were grouped" in page
    assert (page.count('data-chart="line"'), page.count('data-chart="profile"')) == (2, 1)
    assert f"/segments/people/?run={run.pk}&amp;number=0" in page
    assert "Use this clustering" in page
    assert "12 customers now carry a cluster" in used
    assert set(CustomerFeatures.objects.values_list("cluster", flat=True)) == set(naming.keys(run))


def test_the_people_of_a_cluster_are_listed(staff_client, shop):
    shop_of(12)
    run = clustered()

    counts = [
        staff_client.get(f"/segments/people/?run={run.pk}&number={n}").context["count"] for n in range(2)
    ]

    assert counts == [one["size"] for one in run.result["clusters"]]


def test_a_waiting_clustering_says_that_no_worker_is_there(staff_client, shop):
    run = laboratory.prepare(["orders"], k=None, scaling="standard", seed=1)

    page = staff_client.get(f"/segments/clusters/{run.pk}/", headers={"HX-Request": "true"}).content.decode()

    assert "No worker is running" in page
    assert "every 1s" in page


def test_too_little_data_is_explained(staff_client, shop, django_capture_on_commit_callbacks):
    shop_of(4)
    wish = {"features": ["orders"], "k": "auto", "scaling": "standard", "seed": "1"}

    with django_capture_on_commit_callbacks(execute=True):
        place = staff_client.post("/segments/clusters/start/", wish).headers["Location"]
    page = staff_client.get(place).content.decode()

    assert "Clusters need at least 10 customers" in page


def test_a_wish_that_makes_no_sense_comes_back_with_the_reason(staff_client, shop):
    answer = staff_client.post("/segments/clusters/start/", {"k": "77", "scaling": "standard", "seed": "1"})

    assert answer.status_code == 422
    assert "Choose at least one feature" in answer.content.decode()
    assert not ScoringRun.objects.exists()


def test_the_list_of_clusterings_needs_few_queries(staff_client, shop, django_assert_max_num_queries):
    shop_of(12)
    laboratory.use(clustered())
    for seed in range(2, 15):
        laboratory.prepare(["orders"], k=None, scaling="none", seed=seed)

    with django_assert_max_num_queries(17):
        page = staff_client.get("/segments/clusters/").content.decode()

    assert "In use" in page
    assert page.count("seed") >= 4


def test_names_are_in_the_language_of_whoever_reads(staff_client, shop):
    shop_of(12)
    run = clustered()
    laboratory.use(run)

    plain = staff_client.get(f"/segments/clusters/{run.pk}/").content.decode()
    chinese = staff_client.get(
        f"/segments/clusters/{run.pk}/", headers={"Accept-Language": "zh-hans"}
    ).content.decode()

    with translation.override("en"):
        english = naming.names(run)
    with translation.override("zh-hans"):
        names = naming.names(run)
    assert [name for name in english if name not in plain or name in chinese] == []
    assert [name for name in names if name not in chinese] == []


def test_cut_points_are_explained_without_the_scores_that_ties_left_empty():
    cuts = CutPoints((5, 5, 20, 40), (1, 1, 1, 3), (10, 20, 30, 40))

    measures = grid.explain(cuts, ["€10", "€20", "€30", "€40"])

    recency, frequency, money = (levels for _, levels in measures)
    assert recency == [
        (5, "up to 5 days ago"),
        (3, "6 to 20 days ago"),
        (2, "21 to 40 days ago"),
        (1, "more than 40 days ago"),
    ]
    assert frequency == [(5, "4 or more"), (4, "2 to 3"), (1, "one")]
    assert money[0] == (5, "more than €40")
    assert money[-1] == (1, "up to €10")


def test_visitors_see_no_scores(client, shop):
    for path in ("rfm/", "people/?group=new", "clusters/", "refresh/"):
        assert client.get(f"/segments/{path}").status_code == 302


def test_the_admin_shows_what_was_calculated(owner_client, shop):
    shop_of(12)
    laboratory.use(clustered())

    for model in ("segment", "membership", "customerfeatures", "scoringrun", "clustermember"):
        assert owner_client.get(f"/admin/segments/{model}/").status_code == 200

    assert owner_client.get("/admin/segments/customerfeatures/add/").status_code == 403
    assert Customer.objects.count() == 12


def test_an_old_last_sale_is_said_and_a_fresh_one_is_not(staff_client, shop):
    old = make_purchase(make_customer(), 10, at=timezone.now() - timedelta(days=400))
    refresh.run(None)

    late = staff_client.get("/segments/day/panel/").content.decode()
    make_purchase(old.customer, 10, at=timezone.now() - timedelta(days=2))
    refresh.run(None)

    assert "The last sale in your data was on" in late
    assert "The last sale" not in staff_client.get("/segments/day/panel/").content.decode()


def test_who_and_what_the_grid_leaves_out_is_said(staff_client, shop):
    shop_of(3)
    make_customer(first_name="Never")
    make_purchase(None, "5.00")
    refresh.run(None)

    page = staff_client.get("/segments/rfm/").content.decode()

    assert 'href="/customers/?bought=never">1 customer without a purchase that counts' in page
    assert "1 purchase of somebody unknown" in page


@pytest.mark.parametrize(("language", "words"), [("en", "7.7K"), ("zh-hans", "7658")])
def test_revenue_in_a_cell_is_short_in_every_language(language, words):
    with translation.override(language):
        assert compact(7658.13) == words
