"""How long the main pages take with a full database: the slowest 95th percentile."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import batched
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, Link, MessageEvent
from crm import outbox
from crm.models import Customer, Message, Purchase, User
from segments import audience
from segments.models import Segment

ROUNDS = 40
LIMIT = 250
RECIPIENTS = 20_000
PANEL = re.compile(r'hx-get="([^"]+)"[^>]*hx-trigger="load')
RULE = {
    "all": [
        {"field": "consent.email", "op": "is", "value": "granted"},
        {"field": "orders", "op": ">=", "value": 2},
    ]
}


def figures(size: str) -> Iterator[dict[str, Any]]:
    client = Client(SERVER_NAME="127.0.0.1")
    owner = User.objects.create_user("bench@example.com", "bench", role=User.Role.OWNER)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    pages = {
        "customers": _lists(),
        "customer": _customers(),
        "segment": [_segment()] * ROUNDS,
        "report": [_report()] * ROUNDS,
        "home": ["/"] * (ROUNDS // 4),
    }
    slowest = {name: max(_measured(client, addresses)) for name, addresses in pages.items()}
    for name, value in slowest.items():
        yield {"name": f"page_{name}", "value": round(value), "unit": "ms", "limit": LIMIT}
    worst = max(value for name, value in slowest.items() if name != "home")
    yield {"name": "pages", "value": round(worst), "unit": "ms", "limit": LIMIT}


def _measured(client: Client, addresses: list[str]) -> list[float]:
    """95th percentile in ms of the page, and of each panel that it loads by itself."""
    first = client.get(addresses[0])  # Templates are compiled once.
    panels = [url for url in PANEL.findall(first.content.decode()) if url.startswith("/")]
    times: dict[str, list[float]] = {"": [], **{url: [] for url in panels}}
    for address in addresses:
        times[""].append(_milliseconds(client, address))
    for url in panels:
        _milliseconds(client, url)
        times[url] = [_milliseconds(client, url) for _ in range(ROUNDS // 4)]
    return [sorted(one)[int(len(one) * 0.95) - 1] for one in times.values()]


def _milliseconds(client: Client, address: str) -> float:
    began = time.perf_counter()
    answer = client.get(address)
    seconds = time.perf_counter() - began
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return 1000 * seconds


def _lists() -> list[str]:
    queries = [
        "",
        "?q=ada",
        "?q=person77",
        "?country=China",
        "?consent=reachable",
        "?bought=yes",
        "?sort=newest",
    ]
    queries += ["?q=grove&country=France", "?bought=never", "?consent=withdrawn&sort=newest"]
    return [f"/customers/{query}" for query in queries] * (ROUNDS // 10)


def _customers() -> list[str]:
    """Those with the longest history and some others."""
    buyers = Purchase.objects.order_by("-id").values_list("customer__public_id", flat=True)[: ROUNDS // 2]
    others = Customer.objects.order_by("id").values_list("public_id", flat=True)[: ROUNDS // 2]
    return [reverse("crm:customer", args=[one]) for one in (*buyers, *others)]


def _segment() -> str:
    segment = Segment.objects.create(slug="bench", name="Came twice", rule=RULE)
    audience.rebuild(segment, at=timezone.now())
    return segment.get_absolute_url()


def _report() -> str:
    """A finished campaign that many opened and clicked."""
    now = timezone.now()
    mailing = outbox.open_mailing("campaign:bench", kind="campaign", name="Bench", purpose="marketing")
    campaign = Campaign.objects.create(
        slug="bench",
        name="Bench",
        subject="Bench",
        mjml="<mjml><mj-body></mj-body></mjml>",
        state=Campaign.State.DONE,
        mailing=mailing,
        started_at=now - timedelta(days=9),
        finished_at=now - timedelta(days=9),
    )
    link = Link.objects.create(campaign=campaign, position=0, url="https://example.com/")
    people = Customer.objects.contactable().order_by("id")[:RECIPIENTS]
    sent_at = now - timedelta(days=9)
    for some in batched(people.iterator(2000), 2000):
        messages = Message.objects.bulk_create(
            Message(
                mailing=mailing,
                key=f"customer:{one.pk}",
                customer=one,
                to_email=one.email,
                state=Message.State.SENT,
                sent_at=sent_at,
            )
            for one in some
        )
        opened = [
            MessageEvent(message=one, kind="open", at=sent_at, key=f"o{one.pk}") for one in messages[::2]
        ]
        clicked = [
            MessageEvent(message=one, kind="click", link=link, at=sent_at, key=f"c{one.pk}")
            for one in messages[::8]
        ]
        MessageEvent.objects.bulk_create([*opened, *clicked])
    return campaign.get_absolute_url()
