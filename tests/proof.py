"""Provable sending: everything that can go wrong does, and then the books are compared with the other side.

The server refuses, delays, drops the connection before and after the content, by chance; real workers, told
by a real queue as the schedule tells them, are killed with SIGKILL; the queue is emptied; the database
connection is cut; the clock of some workers and of a sweep is an hour ahead. Used in short form by
tests/crm/test_outbox_kill.py and in long form by bench/proof.py.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from celery import Celery
from django.db import connection
from django.db.models import Q
from django.test import override_settings
from django.utils import timezone

from crm import outbox
from crm.models import Customer, Mailing, Message
from crm.outbox import claiming
from tests.processes import alive_in_group, environment, start
from tests.sink import Sink


@dataclass
class Books:
    """What both sides say in the end."""

    counts: dict[str, Any]
    arrived: Counter[str]
    states: dict[str, str]
    kills: int
    lost: int  # Orders that were in the queue when it was emptied.
    workers: int  # Started in all.

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


class Bell:
    """Tells the workers through the queue of this run, as the schedule does every few seconds."""

    def __init__(self, env: dict[str, str], name: str) -> None:
        folders = {"data_folder_in": f"{env['VAR_DIR']}/queue", "data_folder_out": f"{env['VAR_DIR']}/queue"}
        url = env.get("REDIS_URL", "")
        options = {} if url else {**folders, "control_folder": f"{env['VAR_DIR']}/control"}
        Path(folders["data_folder_in"]).mkdir(parents=True, exist_ok=True)
        self.app = Celery("bell", broker=url or "filesystem://", set_as_current=False)
        self.app.conf.broker_transport_options = options
        self.name, self.rung, self.lost = name, 0, 0

    def ring(self) -> None:
        self.rung += 1
        for task in ("dispatch_due", "reclaim_lost") if self.rung % 7 == 1 else ("dispatch_due",):
            self.app.send_task(f"crm.tasks.{task}", queue=self.name)

    def empty(self) -> None:
        """Lose what was told and not heard."""
        for _ in range(5):
            self.ring()
        with self.app.connection_for_write() as connection:
            channel: Any = connection.default_channel
            self.lost += channel.queue_purge(self.name)


@dataclass
class Crew:
    """Workers in processes of their own; who is killed is replaced, at times by one whose clock is ahead."""

    size: int
    env: dict[str, str]
    bell: Bell
    workers: list[subprocess.Popen[str]] = field(default_factory=list)
    started: int = 0
    next_ring: float = 0.0

    def tend(self) -> None:
        self.workers = [one for one in self.workers if one.poll() is None]
        for _ in range(self.size - len(self.workers)):
            ahead = {"CLOCK_AHEAD": "1"} if self.started % 4 == 3 else {}
            self.started += 1
            options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
            quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--concurrency", "1")
            command = ("-m", "celery", "--quiet", "--app", "tests.worker_app", "worker", *quiet)
            env = {**self.env, **ahead}  # It complains when its database goes away.
            self.workers.append(start(*command, "--queues", self.bell.name, env=env, **options))
        if time.monotonic() > self.next_ring:
            self.next_ring = time.monotonic() + 0.3
            self.bell.ring()

    def kill(self) -> None:
        """A worker with all it has, or the process alone that sends for it."""
        self.tend()  # Who was killed a moment ago must not be chosen again.
        victim = random.choice(self.workers)
        sending = [pid for pid in alive_in_group(victim.pid) if pid != victim.pid]
        if sending and random.random() < 0.5:
            with suppress(ProcessLookupError):
                os.kill(random.choice(sending), signal.SIGKILL)
                return
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()

    def dismiss(self, how: int) -> None:
        for one in self.workers:
            with suppress(ProcessLookupError):
                os.killpg(one.pid, how)
        for one in self.workers:
            one.wait(60)


def run(mailing: Mailing, folder: Path, *, workers: int, kills: int, cuts: int, empties: int) -> Books:
    """Send all of this mailing under fire; returns the books."""
    total = mailing.messages.count()
    with override_settings(VAR=folder), Sink("moody", keep=False) as sink:
        env = environment(folder, EMAIL_URL=sink.url)
        bell = Bell(env, f"proof-{os.getpid()}-{mailing.pk}")
        crew = Crew(workers, env, bell)
        events = ["kill"] * kills + ["cut"] * cuts + ["empty"] * empties
        random.shuffle(events)
        moments = sorted(random.sample(range(1, int(total * 0.85)), len(events)))
        try:
            for moment, event in zip(moments, events, strict=True):
                _until(partial(_has_taken, sink, moment), crew, mailing)
                time.sleep(random.random() / 50)
                _strike(event, crew)
                if random.random() < 0.3:
                    claiming.reclaim_lost(timezone.now() + timedelta(hours=1))
            _until(lambda: not _due(mailing), crew, mailing)
            crew.dismiss(signal.SIGTERM)
            _finish(mailing, env)
        finally:
            crew.dismiss(signal.SIGKILL)
            bell.empty()
        arrived = Counter(sink.recipients())
    states = dict(mailing.messages.values_list("to_email", "state"))
    return Books(outbox.counts(mailing), arrived, states, kills, bell.lost, crew.started)


def _has_taken(sink: Sink, n: int) -> bool:
    return sink.file.read_bytes().count(b"\n") >= n


def _due(mailing: Mailing) -> bool:
    in_hand = Q(state=Message.State.SENDING)
    return mailing.messages.filter(
        in_hand | Q(state=Message.State.QUEUED, not_before__lte=timezone.now())
    ).exists()


def _until(reached: Callable[[], bool], crew: Crew, mailing: Mailing) -> None:
    """Keep the workers alive and told until then; a person says go on where a guard stopped the mailing."""
    end = time.monotonic() + 300
    while not reached():
        assert time.monotonic() < end, "the sending does not move"
        crew.tend()
        if Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.PAUSED).exists():
            outbox.resume(mailing)
        time.sleep(0.05)


def _strike(event: str, crew: Crew) -> None:
    if event == "kill":
        crew.kill()
    elif event == "empty":
        crew.bell.empty()
    elif connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def _finish(mailing: Mailing, env: dict[str, str]) -> None:
    """Let a clock run ahead, so that what was to be tried again later comes to its end."""
    claiming.reclaim_lost(timezone.now())
    for hours in range(0, 48, 2):
        if not mailing.messages.filter(state__in=[Message.State.QUEUED, Message.State.SENDING]).exists():
            break
        outbox.resume(mailing)
        start("-m", "tests.drain_process", str(hours), env=env).wait()
    claiming.reclaim_lost(timezone.now() + timedelta(hours=49))
