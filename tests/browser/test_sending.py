"""A person pauses, goes on and cancels while a worker sends to a slow server; the figures tell of it."""

from __future__ import annotations

import signal
import time

from django.utils import timezone

from campaigns import lifecycle, planning
from campaigns.models import Campaign
from crm import outbox
from crm.outbox import single
from tests.campaigns.mails import make_campaign
from tests.campaigns.test_experiments import make_people
from tests.processes import environment
from tests.proof import Bell, Crew
from tests.sink import Sink

PEOPLE = 150


def test_a_person_pauses_goes_on_and_cancels_while_a_worker_sends(visitor, owner, tmp_path, monkeypatch):
    monkeypatch.setattr(single, "_dispatch", lambda: None)  # Else tasks run here, and not in the worker.
    campaign = make_campaign(make_people(PEOPLE), slug="spring")
    now = timezone.now()
    lifecycle.launch(campaign, now=now)
    planning.plan(campaign, now=now)
    mailing = Campaign.objects.select_related("mailing").get().mailing
    staff = visitor(viewport={"width": 390, "height": 844})
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = staff.page

    with Sink("sleepy", keep=False) as sink:
        env = environment(tmp_path, EMAIL_URL=sink.url)
        crew = Crew(1, env, Bell(env, f"browser-{mailing.pk}"))

        def arrived() -> int:
            return len(sink.recipients())

        def wait_for(n: int) -> None:
            end = time.monotonic() + 300
            while arrived() < n:
                assert time.monotonic() < end, f"{n} mails did not arrive"
                crew.tend()
                time.sleep(0.05)

        def rest() -> int:
            """How many had arrived once the one in hand was out; the worker is told to go on all the same."""
            time.sleep(1)
            before = arrived()
            for _ in range(20):
                crew.tend()
                time.sleep(0.1)
            assert arrived() == before
            return before

        try:
            staff.open("/campaigns/spring/")
            wait_for(3)
            page.click("text=Pause")
            page.wait_for_selector("text=Paused. Mails already in hand may still arrive.")
            paused = rest()
            assert paused < PEOPLE

            page.click("text=Go on")
            page.wait_for_selector("text=The sending goes on.")
            wait_for(paused + 3)

            page.click("form[action$='/cancel/'] button")
            page.wait_for_selector("text=Cancelled. Whoever had not got it yet will not get it.")
            sent = rest()
        finally:
            crew.dismiss(signal.SIGTERM)

    counts = outbox.counts(mailing)
    assert (counts["sent"], counts["cancelled"]) == (sent, PEOPLE - sent)
    assert paused < sent < PEOPLE
    staff.open("/campaigns/spring/")
    assert page.locator(".badge", has_text="Cancelled").count() == 1
    assert staff.problems == []
