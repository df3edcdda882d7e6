"""An unhappy customer: case, solved, asked again, back; her segment and the next campaign follow."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from crm.models import Case, Interaction, Message
from crm.outbox import sending
from feedback import reasking, telling
from feedback.models import Answer, ClosingRule, Invitation, Reask
from segments import refresh
from segments.models import Segment
from tests.campaigns.mails import make_campaign
from tests.feedback.surveys import make_invitation, make_survey, path_of
from tests.people import make_customer

pytestmark = pytest.mark.django_db(transaction=True)
UNHAPPY = {"all": [{"field": "nps.last", "op": "<=", "value": 6}]}


def days_pass(days):
    """Everything that happened so far happened so many days earlier."""
    span = timedelta(days=days)
    for model, *names in (
        (Answer, "answered_at", "begun_at"),
        (Invitation, "asked_at", "expires_at"),
        (Interaction, "at"),
        (Case, "opened_at", "solved_at"),
        (Reask, "due_at"),
    ):
        for name in names:
            model.objects.filter(**{f"{name}__isnull": False}).update(**{name: F(name) - span})


def members():
    refresh.run(None, only=("features", "segments"))
    return set(
        Segment.objects.get(slug="unhappy")
        .memberships.filter(left_at=None)
        .values_list("customer__email", flat=True)
    )


def audience(page):
    """Who would get the next campaign, as its page says."""
    page.goto("/campaigns/sorry/")
    return int(page.locator("main strong.ck-big").first.inner_text())


def say(customer, score, comment):
    page = customer.page
    page.check(f"input[name=score][value='{score}']", force=True)
    page.fill("textarea[name=comment]", comment)
    page.click("button.ck-send")
    page.wait_for_selector(".ck-thanks")
    telling.tell_news()


def test_an_unhappy_customer_is_looked_after_asked_again_and_back(visitor, owner, clerk):
    survey = make_survey()
    ann = make_customer(first_name="Ann", last_name="Reed", email="ann@example.com")
    bob = make_customer(first_name="Bob", last_name="Hill", email="bob@example.com")
    segment = Segment.objects.create(slug="unhappy", name="Unhappy", kind="rule", rule=UNHAPPY)
    make_campaign(segment, slug="sorry", name="We are sorry")
    links = {one: path_of(make_invitation(survey, one, at=timezone.now())) for one in (ann, bob)}
    staff = visitor(viewport={"width": 1280, "height": 900})
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = staff.page

    # A rule: bad answers go to Olga and are asked again a week after they were solved.
    page.goto("/feedback/closing/new/")
    page.fill("input[name=name]", "Look after")
    page.fill("input[name=score_to]", "6")
    page.select_option("select[name=owner]", str(owner.pk))
    page.fill("input[name=reask_days]", "7")
    page.click("main form button.btn-primary")
    page.wait_for_url("**/feedback/closing/")
    assert ClosingRule.objects.get().reask_days == 7

    # Two are unhappy.
    customer = visitor(viewport={"width": 390, "height": 800})
    for one in (ann, bob):
        customer.page.goto(links[one])
        say(customer, 2, "The parcel came late.")
    assert members() == {"ann@example.com", "bob@example.com"}
    assert audience(page) == 2

    # Olga finds Ann's case, answers and solves it.
    page.goto("/service/")
    page.click("a:has-text('Unhappy: 2'):near(:text('Ann Reed'))")
    page.wait_for_url(re.compile(r"/service/\d+/$"))
    case = Case.objects.get(customer=ann)
    page.goto(f"/service/{case.pk}/")
    page.wait_for_selector("text=The parcel came late.")
    page.fill("#answer textarea", "We are sorry. A new one is on its way.")
    page.click("text=Send and solve")
    page.wait_for_selector("button[value=reopen]")
    case.refresh_from_db()
    assert (case.owner, case.state) == (owner, "solved")

    # Six days later nothing happens, eight days later she is asked again; Bob's case still waits.
    days_pass(6)
    assert reasking.ask_due(timezone.now()) == 0
    days_pass(2)
    assert reasking.ask_due(timezone.now()) == 1
    sending.drain()
    message = Message.objects.get(key__startswith="reask:")
    assert (message.to_email, message.state) == ("ann@example.com", "sent")
    page.goto(f"/outbox/{message.pk}/")
    page.wait_for_load_state("networkidle")
    link = page.frame_locator("iframe").first.locator("a[href*='/s/']").first.get_attribute("href")
    customer.page.goto(link)
    say(customer, 9, "All is well now.")

    # She is content again: the page says so, she leaves the segment, and the next campaign passes her by.
    staff.open("/feedback/recovery/")
    looked_after = page.locator("tr", has_text="Somebody looked after them").locator("td")
    nobody_did = page.locator("tr", has_text="Nobody did").locator("td")
    assert looked_after.nth(0).inner_text() == nobody_did.nth(0).inner_text() == "1"
    assert looked_after.nth(2).inner_text().startswith("1 (100")
    assert nobody_did.nth(1).inner_text() == "0"
    assert members() == {"bob@example.com"}
    assert audience(page) == 1
    assert staff.problems == []
    assert customer.problems == []
