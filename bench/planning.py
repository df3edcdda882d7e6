"""Planning a campaign to many, without two segments and with a hold-out, against the bare statement."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

PEOPLE = {"small": 100_000, "large": 1_000_000}
BARE = """INSERT INTO crm_message (mailing_id, key, customer_id, to_email, state, reason, error, context,
  priority, not_before, attempts, claimed_by, planned_at, provider_id, arm)
SELECT %s, 'customer:' || id, id, email, 'queued', '', '', '{{}}', 5, {now}, 0, '', {now}, '', ''
FROM crm_customer WHERE email_consent = 'granted' AND email <> '' AND suppressed_at IS NULL"""


def figures(size: str) -> Iterator[dict[str, Any]]:
    from campaigns import lifecycle, planning
    from campaigns.models import Campaign
    from crm import outbox, tasks
    from crm.models import Business
    from segments.models import Segment

    _people(PEOPLE[size])
    Business.objects.filter(pk=Business.current().pk).update(
        postal_address="1 Road", from_email="a@b.example"
    )
    design = files("campaigns.gallery").joinpath("offer.en.mjml").read_text()
    campaign = Campaign.objects.create(
        slug="plan", name="Plan", subject="Tea", mjml=design, holdout_percent=10, state="planning"
    )
    rules = {
        "all": {"field": "city", "op": "in", "value": ["A", "B", "C"]},
        "one": {"field": "city", "op": "is", "value": "A"},
        "two": {"field": "country", "op": "is", "value": "FR"},
    }
    made = {
        name: Segment.objects.create(slug=name, name=name, kind=Segment.Kind.RULE, rule={"all": [rule]})
        for name, rule in rules.items()
    }
    campaign.include.set([made["all"]])
    campaign.exclude.set([made["one"], made["two"]])
    mailing = outbox.open_mailing("bench:bare", kind="campaign", name="bare", purpose="marketing")
    now = timezone.now()
    planning._up_to_date(campaign, now)  # Segments follow by themselves; it is not planning's work.
    assert tasks  # A worker has them at hand; reading the modules is not planning's work either.
    bare = min(_bare(mailing.pk) for _ in range(2))
    began = time.perf_counter()
    planning.plan(campaign, now=now)
    ours = time.perf_counter() - began
    counted = outbox.counts(Campaign.objects.get(pk=campaign.pk).mailing or mailing)
    assert counted["held_out"] > 0
    assert Campaign.objects.get(pk=campaign.pk).state == lifecycle.State.SENDING
    told = {"audience": counted["audience"], "held_out": counted["held_out"]}
    yield {"name": "planning", "value": round(ours, 3), "unit": "s", "limit": round(bare, 3), **told}


def _people(count: int) -> None:
    from crm.models import Customer

    Customer.objects.bulk_create(
        (
            Customer(
                first_name="Ada",
                email=f"plan{n}@example.com",
                email_consent="granted",
                city="ABCC"[n % 4],
                country="FR" if n % 10 == 0 else "DE",
            ).prepare()
            for n in range(count)
        ),
        batch_size=5000,
    )


def _bare(mailing: int) -> float:
    """The limit; taken back again."""
    now = "now()" if connection.vendor == "postgresql" else "datetime('now')"
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BARE.format(now=now), [mailing])
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    return seconds
