"""Provable sending: everything that can go wrong does, and then the books are compared with the other side.

The server refuses, delays, drops the connection before and after the content, by chance; workers are killed
with SIGKILL; the database connection is cut; nobody is told by a queue (there is none here, as if it were
emptied); the clock of workers and of the sweep jumps ahead by hours. Used by tests/crm/test_outbox_kill.py in
short form and by bench/proof.py in long form.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from crm import outbox
from crm.models import Customer, Mailing, Message
from crm.outbox import claiming
from tests.processes import environment, start
from tests.sink import Sink

type Crew = list[subprocess.Popen[str]]


@dataclass
class Books:
    """What both sides say in the end."""

    counts: dict[str, Any]
    arrived: Counter[str]
    states: dict[str, str]
    kills: int
    restarts: int = 0
    wrong: list[str] = field(default_factory=list)

    def compare(self) -> list[str]:
        """Every sentence that would have to be false."""
        said = self.counts
        parts = said["sent"] + said["failed"] + said["unsure"] + sum(said["skipped"].values())
        wrong = [f"{who} got it {n} times" for who, n in self.arrived.items() if n > 1]
        if parts != said["audience"] or said["queued"] or said["sending"]:
            wrong.append(f"does not add up: {said}")
        for who, state in self.states.items():
            if state == "sent" and who not in self.arrived:
                wrong.append(f"{who}: said to be sent, never arrived")
            if who in self.arrived and state not in {"sent", "unsure"}:
                wrong.append(f"{who}: arrived, but is {state}")
        wrong += [f"{who}: nobody knows this address" for who in self.arrived if who not in self.states]
        return wrong


def enlist(source: str, count: int) -> Mailing:
    """A mailing to so many people, of a kind that only tests know."""
    import_module("tests.mails")
    mailing = outbox.open_mailing(source, kind="plain", name="Proof", purpose="marketing")
    people = Customer.objects.bulk_create(
        (
            Customer(first_name="Ada", email=f"proof{n}@example.com", email_consent="granted").prepare()
            for n in range(count)
        ),
        batch_size=1000,
    )
    drafts = (Message(key=f"customer:{one.pk}", customer=one, to_email=one.email) for one in people)
    outbox.plan(mailing, drafts)
    return mailing


def run(mailing: Mailing, folder: Path, *, workers: int, kills: int, cuts: int) -> Books:
    """Send all of this mailing under fire; returns the books."""
    total = mailing.messages.count()
    with Sink("moody", keep=False) as sink:
        env = environment(folder, EMAIL_URL=sink.url)
        moments = sorted(random.sample(range(1, int(total * 0.85)), kills + cuts))
        events = ["kill"] * kills + ["cut"] * cuts
        random.shuffle(events)
        crew: Crew = []
        restarts = 0
        try:
            for moment, event in zip(moments, events, strict=True):
                restarts += _until(sink, moment, crew, env, workers)
                time.sleep(random.random() / 50)
                _strike(event, crew)
                if random.random() < 0.3:
                    claiming.reclaim_lost(timezone.now() + timedelta(hours=1))
            restarts += _finish(mailing, crew, env)
        finally:
            for one in crew:
                one.kill()
                one.wait()
        arrived = Counter(sink.recipients())
    states = dict(mailing.messages.values_list("to_email", "state"))
    return Books(outbox.counts(mailing), arrived, states, kills, restarts)


def _until(sink: Sink, moment: int, crew: Crew, env: dict[str, str], workers: int) -> int:
    """Keep so many workers alive until so many mails arrived; returns how many were started anew."""
    started, end = 0, time.monotonic() + 120
    while len(sink.file.read_bytes().splitlines()) < moment:
        assert time.monotonic() < end, "the sending does not move"
        started += _man(crew, env, workers)
        time.sleep(0.02)
    return started


def _man(crew: Crew, env: dict[str, str], workers: int, hours: float = 0) -> int:
    crew[:] = [one for one in crew if one.poll() is None]
    missing = workers - len(crew)
    command = ("-m", "tests.drain_process", str(hours))  # A worker whose database went away complains.
    crew += [start(*command, env=env, stderr=subprocess.DEVNULL) for _ in range(missing)]
    return missing


def _strike(event: str, crew: Crew) -> None:
    if event == "kill" and crew:
        victim = random.choice(crew)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    elif connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def _finish(mailing: Mailing, crew: Crew, env: dict[str, str]) -> int:
    """Let the clock of a last worker run ahead, so that what was to be tried again later comes to its end."""
    started = 0
    for one in crew:
        one.wait()
    for hours in range(0, 48, 2):
        waiting = [Message.State.QUEUED, Message.State.SENDING]
        if not mailing.messages.filter(state__in=waiting).exists():
            break
        mailing.refresh_from_db()
        if mailing.state == Mailing.State.PAUSED:  # A guard stopped it: a person says go on.
            outbox.resume(mailing)
        started += _man(crew, env, 1, hours)
        crew[0].wait()
    claiming.reclaim_lost(timezone.now() + timedelta(hours=49))
    return started
