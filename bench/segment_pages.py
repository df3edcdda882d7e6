"""Every page of segments with a full database: the 95th percentile of each, and when it is asked first.

All addresses of `segments.urls` are walked with real objects; those that only take orders answer 405 and are
no pages. `cpu` is the time of this process alone, which says more than the clock on a machine that does
other work.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import URLPattern, reverse

from crm.models import Business, Customer, Product, User
from segments import lease, urls
from segments.clusters import laboratory, naming
from segments.models import CustomerFeatures, ScoringRun, Segment
from segments.predictions import foretelling

ROUNDS = 20
LIMIT = 300
LIST, LARGE, SMALL = "bench-list", "bench-2", "bench-15"  # `bench.segments` made the others.
FILES = {"segment_export", "recommendations_csv"}
COUNTS_ANEW = {"rule_on_day"}  # Describes everybody as of that day, behind a button that says so.


def figures(size: str) -> Iterator[dict[str, Any]]:
    client = Client(SERVER_NAME="127.0.0.1")
    made = {"email": "segments@example.com", "role": User.Role.OWNER}
    owner = User.objects.filter(email=made["email"]).first()
    owner = owner or User.objects.create_user(password="bench", **made)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    known = _objects()
    slowest = 0.0
    for name, address in _addresses(known):
        status, first, _cpu = _asked(client, address)
        if status == 405:
            continue
        assert status in {200, 302}, (address, status)
        times = [_asked(client, address) for _ in range(ROUNDS)]
        clock, cpu = (sorted(one[place] for one in times)[int(ROUNDS * 0.95) - 1] for place in (1, 2))
        slowest = max(slowest, clock)
        yield {
            "name": f"segments_{name}",
            "value": round(clock),
            "unit": "ms",
            "limit": LIMIT,
            "cpu": round(cpu),
            "first": round(first),
        }
    yield {"name": "segment_pages", "value": round(slowest), "unit": "ms", "limit": LIMIT}


def _asked(client: Client, address: str) -> tuple[int, float, float]:
    """Status, and milliseconds by the clock and of this process."""
    began, worked = time.perf_counter(), time.process_time()
    status = client.get(address).status_code
    return status, 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked)


def _objects() -> dict[str, Any]:
    """One real object for each kind of address: large ones."""
    if not Segment.objects.filter(slug=LIST).exists():
        Segment.objects.create(slug=LIST, name="Bench list", kind=Segment.Kind.STATIC)
    buyer = CustomerFeatures.objects.order_by("-orders").values_list("customer_id", flat=True)[0]
    cluster = _run(ScoringRun.Kind.CLUSTER) or _clustered()
    return {
        "slug": LARGE,
        "list": LIST,
        "public_id": Customer.objects.get(pk=buyer).public_id,
        "product": Product.objects.earliest("pk").pk,
        "cluster": cluster.pk,
        "in_cluster": naming.keys(cluster)[0],
        "prediction": (_run(ScoringRun.Kind.PREDICT) or _predicted()).pk,
        "day": Business.current().today() - timedelta(days=1),
    }


def _run(kind: ScoringRun.Kind) -> ScoringRun | None:
    return ScoringRun.objects.filter(kind=kind, state=ScoringRun.State.DONE).first()


def _clustered() -> ScoringRun:
    run = laboratory.prepare(laboratory.DEFAULT_FEATURES, k=None, scaling="standard", seed=1)
    laboratory.run(_claimed(run))
    run.refresh_from_db()
    laboratory.use(run)
    return run


def _predicted() -> ScoringRun:
    run = foretelling.prepare("average_order", ["orders", "recency_days"])
    foretelling.run(_claimed(run))
    return run


def _claimed(run: ScoringRun) -> ScoringRun:
    claimed = lease.claim(run.pk)
    assert claimed is not None
    return claimed


def _addresses(known: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, address) of each pattern, and of pages that show something else by what is asked."""
    for pattern in urls.urlpatterns:
        if pattern.name not in FILES | COUNTS_ANEW:
            yield str(pattern.name), _address(pattern, known) + _question(str(pattern.name), known)
    rfm, people, persona = (reverse(f"segments:{name}") for name in ("rfm", "people", "persona"))
    yield "builder_purchases", reverse("segments:segment_edit", args=[SMALL])
    yield "segment_small", reverse("segments:segment", args=[SMALL])
    yield "rfm_revenue", f"{rfm}?by=revenue"
    yield "people_cell", f"{people}?r=5&f=1"
    yield "people_cluster", f"{people}?cluster={known['in_cluster']}"
    yield "people_segment", f"{people}?segment={LARGE}"
    yield "persona_cluster", f"{persona}?cluster={known['in_cluster']}"
    yield "persona_segment", f"{persona}?segment={LARGE}"
    yield "measures_quarter", reverse("segments:measures") + "?days=90"
    yield "cohorts_week", reverse("segments:cohorts") + "?by=week&show=value"
    yield "forecast_week", reverse("segments:forecast") + "?what=orders&by=week"
    yield "forecast_segment", reverse("segments:forecast") + f"?what={LARGE}"


def _address(pattern: URLPattern, known: dict[str, Any]) -> str:
    name, wanted = str(pattern.name), pattern.pattern.converters
    own = {"list_edit": "list", "list_search": "list", "product_panel": "product"}
    numbers = {"pk": known["prediction"] if name.startswith("prediction") else known["cluster"], "number": 1}
    values = {**known, **numbers}
    if name in own:
        values |= {"slug": known["list"], "pk": known["product"]}
    return reverse(f"segments:{name}", kwargs={one: values[one] for one in wanted})


def _question(name: str, known: dict[str, Any]) -> str:
    return {
        "why": f"?segment={SMALL}",
        "person_find": "?q=ada",
        "list_search": "?q=ada",
        "compare": f"?a={LARGE}&b={SMALL}&c=bench-5",
        "on_day": f"?on={known['day']}",
        "people": "?group=champions",
        "persona": "?group=champions",
        "segment_new": "?start=vip",
    }.get(name, "")
