"""Sending against a bare SMTP loop, and the memory of a long mailing against a short one."""

from __future__ import annotations

import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import django
from django.conf import settings

from crm.memory import peak_mb

MESSAGES = 5000
FEW, MANY = 1000, 100_000


def figures(size: str) -> Iterator[dict[str, Any]]:
    from tests.sink import Sink

    with Sink(keep=False) as sink:
        _use(sink.options)
        raw = _plan("speed", MESSAGES)
        before = _bare(sink.port, raw)
        ours = _drain(MESSAGES)
        bare = (before + _bare(sink.port, raw)) / 2
        yield {"name": "send", "value": round(ours, 2), "unit": "s", "limit": round(bare, 2)}
        few, many = (_memory(sink.url, count) for count in (FEW, MANY))
        yield {"name": "send_memory", "value": many, "unit": "MB", "limit": few}


def _use(options: dict[str, object]) -> None:
    settings.MAIL_CONNECTION = options
    settings.ALLOW_LOCAL_LINKS = True


def _plan(slug: str, count: int) -> bytes:
    """A campaign with so many messages waiting; returns the first of them as it will leave."""
    from campaigns import mailer, variants
    from campaigns.models import Campaign, Link
    from crm import outbox
    from crm.models import Business, Customer, Message
    from crm.outbox import mime

    design = files("campaigns.gallery").joinpath("offer.en.mjml").read_text()
    mailing = outbox.open_mailing(f"bench:{slug}", kind="campaign", name=slug, purpose="marketing")
    subject = 'Something for you, {{ customer.first_name | default: "friend" }}'
    campaign = Campaign.objects.create(slug=slug, name=slug, subject=subject, mjml=design, mailing=mailing)
    said = variants.texts(campaign, Business.current()).shown_addresses()
    Link.objects.bulk_create(Link(campaign=campaign, position=n, url=url) for n, url in enumerate(said))
    people = Customer.objects.bulk_create(
        (
            Customer(
                first_name=f"Ada {n}",
                last_name="Byron",
                email=f"{slug}{n}@example.com",
                email_consent="granted",
            ).prepare()
            for n in range(count)
        ),
        batch_size=2000,
    )
    drafts = (Message(key=f"customer:{one.pk}", customer=one, to_email=one.email) for one in people)
    assert outbox.plan(mailing, drafts) == count
    first = mailing.messages.select_related("customer", "mailing").order_by("id")[0]
    return mime.assemble(first, mailer.campaign_mails(mailing)(first), now=first.planned_at).raw


def _drain(count: int) -> float:
    from crm.outbox import sending

    started = time.perf_counter()
    sent = sending.drain(seconds=900)
    seconds = time.perf_counter() - started
    assert sent == count, f"{sent} of {count} messages were sent: {sending.trouble()}"
    return seconds


def _bare(port: int, raw: bytes) -> float:
    """The limit: smtplib, one ready message, one connection."""
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="bench") as server:
        for n in range(MESSAGES):
            server.sendmail("shop@example.com", [f"speed{n}@example.com"], raw)
    return time.perf_counter() - started


def _memory(url: str, count: int) -> float:
    """Peak memory in MB of a process that sends so many messages."""
    _plan(f"memory{count}", count)
    environment = {**os.environ, "EMAIL_URL": url, "ALLOW_LOCAL_LINKS": "1"}
    command = [sys.executable, "-m", "bench.send", str(count)]
    run = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return float(run.stdout)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    _drain(int(sys.argv[1]))
    print(peak_mb())
