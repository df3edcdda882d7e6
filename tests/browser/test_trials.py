"""From a draft to a winner: a test is set up, says "not yet", then its finding; and why one got nothing."""

from __future__ import annotations

import re
from datetime import timedelta

from django.utils import timezone

from campaigns import experiments, planning, tracking
from campaigns.models import Campaign, Experiment
from crm.models import Message
from tests.campaigns.mails import BROWSER, make_campaign
from tests.campaigns.test_experiments import make_people


def sent_with_clicks(campaign, share_of_b):
    """Everything that may leave has left a day ago; of version B so many clicked an hour later."""
    then = timezone.now() - timedelta(hours=25)
    Campaign.objects.filter(pk=campaign.pk).update(state="planning", started_at=then)
    campaign.refresh_from_db()
    planning.plan(campaign, now=then)
    mine = Message.objects.filter(mailing__source=campaign.source, state="queued").exclude(arm="*")
    mine.update(state="sent", sent_at=then)
    half = list(mine.values_list("pk", flat=True))[::2]  # What chance draws differs from run to run.
    mine.update(arm="a")
    mine.filter(pk__in=half).update(arm="b")
    chosen = list(mine.model.objects.filter(arm="b")[:share_of_b])
    link = campaign.links.first().pk
    at = then + timedelta(hours=1)
    tracking.hear(tracking.Hit(one.pk, at, link, 0, "click", agent=BROWSER) for one in chosen)
    tracking.settle(now=timezone.now())


def test_a_test_is_set_up_read_once_and_its_winner_sent_to_the_rest(visitor, owner):
    campaign = make_campaign(make_people(300), slug="spring", holdout_percent=10)
    staff = visitor(viewport={"width": 390, "height": 844})
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = staff.page

    # What the list can find out is said while the form is filled in.
    staff.open("/campaigns/spring/")
    page.click("text=Try two versions")
    page.fill("#id_b", "Ada, tea is here")
    page.fill("#id_share", "50")
    page.fill("#id_base_percent", "5")
    page.fill("#id_worth_percent", "40")
    page.wait_for_selector("text=This can be found out")
    page.click("text=Keep the test")
    page.wait_for_selector("text=50 % take part")

    # Before its end it says "not yet".
    sent_with_clicks(campaign, 30)
    Experiment.objects.update(ends_at=timezone.now() + timedelta(hours=1))
    staff.open("/campaigns/spring/")
    assert page.locator("#trial").inner_text().startswith("Not yet")

    # At its end it says what it found, and the rest gets the winner.
    Experiment.objects.update(ends_at=timezone.now() - timedelta(minutes=1))
    experiments.advance(now=timezone.now())
    staff.open("/campaigns/spring/")
    trial = page.locator("#trial")
    assert trial.inner_text().startswith("B did better")
    assert "The rest got version B." in trial.inner_text()
    drawn = trial.locator("[data-chart=interval] .ck-canvas svg")
    drawn.wait_for()
    assert (
        drawn.locator("path[stroke='#0072B2']").count() == 6
    )  # For each of two versions a line with two ends.
    assert drawn.locator("path[fill='#0072B2']").count() == 2
    page.evaluate("document.documentElement.setAttribute('data-bs-theme', 'dark')")
    page.evaluate("document.dispatchEvent(new Event('ck:theme'))")
    trial.locator("path[fill='#56B4E9']").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    # The people behind a number, and why one of them got nothing.
    page.click("text=Recipients")
    page.click("text=All")
    staff.open("/campaigns/spring/recipients/?state=held_out")
    page.locator("tbody tr td:nth-child(3) a").first.click()
    page.wait_for_url(re.compile(r"/outbox/\d+/$"))
    assert "Chosen by chance to get nothing of this campaign" in page.locator("main").inner_text()
    assert staff.problems == []
