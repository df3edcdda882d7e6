"""Answering a survey beside /healthz, and the scores of a million answers by everything at once."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.utils import timezone

from bench import serving
from crm import bulk
from crm.models import Business, Customer, User
from feedback import breakdowns, freshness, invitations
from feedback.models import Answer, Question, Survey
from segments.models import CustomerFeatures, Membership, Segment

ANSWERS = {"small": 1_000_000, "large": 1_000_000}
PER_CUSTOMER = 10
ASKED = 40_000
SHARE = 1 / 3
VISITORS = 50
SECONDS = 3.0
READING = 0.25  # Seconds; people need longer before they ask again.
ROUNDS = 3
REQUESTS = 400
KIND = "application/x-www-form-urlencoded"
SAID = {
    "score": 9, "q-taste": 4, "q-reason": 2, "q-again": [1, 3], "q-wish": "More mugs",
    "comment": "Lovely tea, came on time", "page": "", "shown": "taste,reason,again,wish", "version": 1,
}  # fmt: skip
GROUPS = ("Champions", "Loyal", "Potential", "Sleeping", "At risk", "Lost")


def figures(size: str) -> Iterator[dict[str, Any]]:
    Business.objects.filter(pk=Business.current().pk).update(set_up_at=timezone.now())
    survey = _survey()
    _people(ANSWERS[size] // PER_CUSTOMER)
    people = list(Customer.objects.order_by("pk").values_list("pk", flat=True)[:ASKED])
    invitations.invite_many(survey, "campaign:1", people, at=timezone.now())
    paths = [f"/s/{invitations.token(survey.pk, 'campaign:1', one)}" for one in people]
    yield from _alone(paths[:REQUESTS])
    yield from _together(paths[REQUESTS:])
    _fill(survey, ANSWERS[size])
    yield from _breakdowns(survey)


def _alone(paths: list[str]) -> Iterator[dict[str, Any]]:
    """What one request costs this process, in turns: whoever works beside it troubles all alike."""
    client = Client(SERVER_NAME="127.0.0.1", HTTP_USER_AGENT=serving.AGENT)
    body = urlencode(SAID, doseq=True)
    kinds: dict[str, Callable[[str], Any]] = {
        "healthz": lambda path: client.get("/healthz"),
        "page": client.get,
        "post": lambda path: client.post(path, body, content_type=KIND),
        "thanks": lambda path: client.get(f"{path}?thanks=1"),
    }
    spent = dict.fromkeys(kinds, 0.0)
    for number, path in enumerate(paths):
        for name, ask in kinds.items():
            began = time.thread_time()
            answer = ask(path)
            spent[name] += time.thread_time() - began if number else 0.0
            assert answer.status_code in (200, 303), answer.status_code
    allowed = 1000 * spent["healthz"] / SHARE / (len(paths) - 1)
    for name in ("page", "post", "thanks"):
        value = 1000 * spent[name] / (len(paths) - 1)
        yield {
            "name": f"answer_{name}_cpu",
            "value": round(value, 2),
            "unit": "ms",
            "limit": round(allowed, 2),
        }


def _together(paths: list[str]) -> Iterator[dict[str, Any]]:
    """Requests a second beside /healthz of the same server, and how long 50 visitors at once wait.

    The first is asked by visitors who never rest, the second by such as read a moment.
    """
    count, lock, body = itertools.count(), threading.Lock(), urlencode(SAID, doseq=True)

    def next_path() -> str:
        with lock:
            return paths[next(count) % len(paths)]

    asks: dict[str, serving.Ask] = {
        "healthz": serving.health,
        "page": lambda c: serving.send(c, "GET", next_path()),
        "post": lambda c: serving.send(c, "POST", next_path(), body, kind=KIND, expected=303),
    }
    best = {name: serving.Pace(0.0, float("inf")) for name in asks}
    waits = dict.fromkeys(asks, float("inf"))
    with serving.running() as port:
        paced = partial(serving.pace, port, visitors=VISITORS, seconds=SECONDS)
        for _ in range(ROUNDS):  # In turns, so that a busy moment meets all alike.
            for name, ask in asks.items():
                best[name] = max(best[name], paced(ask), key=lambda one: one.per_second)
                waits[name] = min(waits[name], paced(ask, rest=READING).p95)
    health = best["healthz"].per_second
    yield {"name": "answers_healthz", "value": round(health), "unit": "requests/s", "limit": round(health)}
    for name in ("page", "post"):
        missed = round(health * SHARE / best[name].per_second, 3)
        told = {"per_second": round(best[name].per_second), "p95_without_rest": round(best[name].p95)}
        yield {"name": f"answer_{name}", "value": missed, "unit": "of allowed", "limit": 1, **told}
        yield {"name": f"answer_{name}_p95", "value": round(waits[name]), "unit": "ms", "limit": 150}


def _breakdowns(survey: Survey) -> Iterator[dict[str, Any]]:
    """All scores by everything, as the page of details asks for them: after a change, and again."""
    counted = Answer.objects.counted().filter(survey=survey)

    def every() -> None:
        tables = breakdowns.of(survey, counted, cached=True)
        assert all(breakdowns.groups(survey, tables, way) for way in ("segment", "rfm.group", "channel"))

    cold, warm = [], []
    for _ in range(ROUNDS):
        freshness.forget()
        cold.append(_seconds(every))
        warm.append(_seconds(every))
    yield {"name": "breakdowns_cold", "value": round(min(cold), 2), "unit": "s", "limit": 2}
    yield {"name": "breakdowns_warm", "value": round(1000 * min(warm)), "unit": "ms", "limit": 200}
    owner = User.objects.create_user("bench@example.com", "bench", role=User.Role.OWNER)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    for name, path in (("results", "/feedback/bench/"), ("details", "/feedback/bench/details/")):
        client.get(path)
        took = min(_seconds(lambda path=path: client.get(path)) for _ in range(ROUNDS))  # type: ignore[misc]
        yield {"name": f"page_{name}_warm", "value": round(1000 * took), "unit": "ms", "limit": 200}


def _survey() -> Survey:
    said = {
        code: {"question": "Would you?", "comment": "Why?", "thanks": "Thanks!"} for code in ("en", "zh-hans")
    }
    survey = Survey.objects.create(slug="bench", name="Bench", texts=said)
    asked: list[tuple[str, str, list[str], dict[str, Any]]] = [
        ("taste", "csat", [], {}),
        ("reason", "single", ["Tea", "Coffee", "Cake", "Service"], {"other": True}),
        ("again", "multi", ["Yes", "No", "Maybe"], {}),
        ("wish", "text", [], {}),
    ]
    for position, (key, kind, choices, options) in enumerate(asked):
        texts = {code: {"label": f"About {key}?", "choices": choices} for code in ("en", "zh-hans")}
        Question.objects.create(
            survey=survey, key=key, kind=kind, position=position, options=options, texts=texts
        )
    return survey


def _people(count: int) -> None:
    """Customers with what breakdowns look at: features, and four segments each in a third of them."""
    bulk.write_full(
        Customer,
        (
            {"id": n, "public_id": f"b{n:011}", "email": f"b{n}@e.example", "first_name": "Ada",
             "country": ("DE", "FR", "GB", "CN")[n % 4], "language": ("en", "zh-hans")[n % 2],
             "gender": ("f", "m", "")[n % 3], "source": f"source {n % 7}"}
            for n in range(1, count + 1)
        ),
    )  # fmt: skip
    bulk.write_full(
        CustomerFeatures,
        (
            {"customer_id": n, "as_of": "2026-11-01", "rfm_group": GROUPS[n % 6], "cluster": f"c{n % 5}",
             "stage": ("active", "sleeping", "lost")[n % 3]}
            for n in range(1, count + 1)
        ),
    )  # fmt: skip
    for place in range(4):
        segment = Segment.objects.create(slug=f"bench-{place}", name=f"Bench {place}")
        rows = (
            {"segment_id": segment.pk, "customer_id": n, "entered_at": "2026-01-01 00:00:00+00:00"}
            for n in range(1 + place, count + 1, 3)
        )
        bulk.write_full(Membership, rows)


def _fill(survey: Survey, count: int) -> None:
    end = timezone.now().astimezone(UTC) - timedelta(days=1)
    moments = [(end - timedelta(hours=6 * n)).isoformat(sep=" ") for n in range(2000)]
    channels = ("mail", "link", "qr", "open")
    bulk.write_full(
        Answer,
        (
            {"id": n + ASKED, "survey_id": survey.pk, "customer_id": 1 + n // PER_CUSTOMER, "key": f"b:{n}",
             "score": (n * 7919) % 11, "channel": channels[n % 4], "answered_at": moments[n % 2000]}
            for n in range(count)
        ),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
