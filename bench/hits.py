"""What comes back from mails: the endpoints beside /healthz, judging anew, and the report of many hits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from django.utils import timezone

from campaigns import links, tracking
from campaigns.models import Campaign, Link, MessageEvent
from crm import bulk, outbox
from crm.models import Business, Customer, Interaction, Message, User

HITS = {"small": 1_000_000, "large": 10_000_000}
PER_MESSAGE = 5
PIECE = 100_000  # Messages whose hits are written at once.
REQUESTS = 1500
ROUNDS = 40
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
MACHINE = "Barracuda Sentinel (EE)"


def figures(size: str) -> Iterator[dict[str, Any]]:
    Business.objects.filter(pk=Business.current().pk).update(set_up_at=timezone.now())
    owner = User.objects.create_user("bench@example.com", "bench", role=User.Role.OWNER)
    messages = HITS[size] // PER_MESSAGE
    campaign = _campaign(messages)
    yield from _endpoints(campaign)
    _fill(campaign, messages)
    tracking.judge_all()
    _forget_machines()
    done, seconds = _timed(tracking.judge_all)
    assert done.changed == messages, done
    limit = 60 * HITS[size] / HITS["small"]
    yield {"name": "judge_hits", "value": round(seconds, 1), "unit": "s", "limit": limit}
    yield {"name": "report_with_hits", "value": _report(owner, campaign), "unit": "ms", "limit": 300}


def _campaign(count: int) -> Campaign:
    now = timezone.now()
    mailing = outbox.open_mailing("campaign:1", kind="campaign", name="Bench", purpose="marketing")
    fixed = {"slug": "bench", "name": "Bench", "subject": "Bench", "mjml": "<mjml><mj-body/></mjml>"}
    campaign = Campaign.objects.create(
        **fixed, state="done", mailing=mailing, started_at=now - timedelta(days=3), finished_at=now
    )
    Link.objects.bulk_create(
        Link(campaign=campaign, position=n, url=f"https://t.example/{n}") for n in (0, 1)
    )
    first = bulk.next_id(Customer)
    bulk.write_full(
        Customer,
        (
            {
                "id": first + n,
                "public_id": f"b{n:011}",
                "email": f"b{n}@e{n % 9}.example",
                "first_name": "Ada",
            }
            for n in range(count)
        ),
    )
    sent_at = (now - timedelta(days=3)).isoformat(sep=" ")
    start = bulk.next_id(Message)
    bulk.write_full(
        Message,
        (
            {
                "id": start + n, "mailing_id": mailing.pk, "key": f"c{n}", "customer_id": first + n,
                "to_email": f"b{n}@e{n % 9}.example", "state": "sent", "sent_at": sent_at,
            }
            for n in range(count)
        ),
    )  # fmt: skip
    return campaign


def _fill(campaign: Campaign, count: int) -> None:
    """Five hits of each message an hour later, one of them of a machine; all waiting to be judged."""
    MessageEvent.objects.all().delete()
    first = campaign.mailing.messages.order_by("pk").values_list("pk", flat=True)[0]  # type: ignore[union-attr]
    at = timezone.now().astimezone(UTC) - timedelta(days=2)
    places = list(campaign.links.values_list("pk", flat=True))
    moments = [(at + timedelta(minutes=n)).isoformat(sep=" ") for n in range(PER_MESSAGE)]
    kinds = [("open", None), ("click", places[0]), ("open", None), ("click", places[1]), ("open", None)]

    def rows(numbers: range) -> Iterator[dict[str, Any]]:
        for n in numbers:
            for k, (kind, link) in enumerate(kinds):
                yield {
                    "message_id": first + n, "kind": kind, "link_id": link, "at": moments[k],
                    "key": f"{n}:{k}", "agent": MACHINE if k == 4 else AGENT, "network": "198.51.100.0/24",
                    "signal": "",
                }  # fmt: skip

    for start in range(0, count, PIECE):
        bulk.write_full(MessageEvent, rows(range(start, min(start + PIECE, count))))


def _forget_machines() -> None:
    """As if older rules had taken each machine, one hit in five, for a person."""
    MessageEvent.objects.filter(verdict="machine").update(verdict="human", signal="")
    MessageEvent.objects.update(rules=1)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _endpoints(campaign: Campaign) -> Iterator[dict[str, Any]]:
    """One client asks for health, clicks and pixels in turn, so that a busy machine troubles all alike."""
    client = Client(SERVER_NAME="127.0.0.1", HTTP_USER_AGENT=AGENT)
    ids = list(Message.objects.order_by("pk").values_list("pk", flat=True)[:REQUESTS])
    spent = {"health": 0.0, "click": 0.0, "open": 0.0}
    for pk in ids:
        paths = {
            "health": "/healthz",
            "click": _path(links.click_url(campaign.pk, pk, 0)),
            "open": _path(links.open_url(pk)),
        }
        for name, path in paths.items():
            began = time.thread_time()  # What this process computes: others may be at work beside it.
            client.get(path)
            spent[name] += time.thread_time() - began
    assert MessageEvent.objects.count() == 2 * len(ids)
    limit = 1000 * spent["health"] / len(ids) / 0.4
    for name in ("click", "open"):
        value = 1000 * spent[name] / len(ids)
        yield {"name": f"{name}_endpoint", "value": round(value, 2), "unit": "ms", "limit": round(limit, 2)}


def _path(url: str) -> str:
    return urlsplit(url).path


def _report(owner: User, campaign: Campaign) -> int:
    """95th percentile of the page, figures kept by the worker's own schedule."""
    from campaigns import tasks

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    assert Interaction.objects.filter(source=campaign.source).exists()
    address = campaign.get_absolute_url()
    client.get(address)  # The worker counts before anybody looks.
    times = []
    for _round in range(ROUNDS):
        tasks.count_ahead()
        answer, seconds = _timed(lambda: client.get(address))
        assert answer.status_code == 200
        times.append(seconds)
    return round(1000 * sorted(times)[int(ROUNDS * 0.95) - 1])
