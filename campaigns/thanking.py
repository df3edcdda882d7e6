"""Campaigns that go out one by one: to whom a rule for answers gives a thank-you or a coupon.

Rules leave a mark (`Followed.thanks`); it is worked off here, so that feedback need not know campaigns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from campaigns import enlisting
from campaigns.models import Campaign
from crm import outbox
from crm.models import Customer, Message
from crm.outbox import governor, reasons
from feedback import acting, invitations
from feedback.models import Followed

BATCH = 500
STALE = timedelta(days=7)  # Thanks that come later are none.
State, Thanks = Campaign.State, Followed.Thanks


def choices() -> list[tuple[str, str]]:
    """Campaigns that a rule may name, with their state where they are not switched on."""
    found = Campaign.objects.filter(one_by_one=True).exclude(state=State.CANCELLED).order_by("name", "pk")
    return [
        (one.slug, one.name if one.state == State.SENDING else f"{one.name} ({one.get_state_display()})")
        for one in found
    ]


@transaction.atomic
def send_waiting(*, now: datetime) -> int:
    """Plan the mails that rules gave away; returns how many will leave. What is switched off waits a week."""
    Followed.objects.filter(thanks=Thanks.WAITING, at__lt=now - STALE).update(thanks=Thanks.DONE)
    running = Campaign.objects.filter(one_by_one=True, state=State.SENDING, mailing__isnull=False)
    campaigns = {one.slug: one for one in running.select_related("mailing", "survey")}
    waiting = Followed.objects.filter(thanks=Thanks.WAITING, rule__campaign__in=list(campaigns))
    claimed = waiting.select_for_update(of=("self",), skip_locked=True).order_by("pk")
    rows = list(claimed.select_related("rule", "answer__survey")[:BATCH])
    Followed.objects.filter(pk__in=[one.pk for one in rows]).update(thanks=Thanks.DONE)
    by_campaign: defaultdict[str, list[Followed]] = defaultdict(list)
    for one in rows:
        if acting.fits(one.rule, one.answer):  # It may have been corrected since.
            by_campaign[one.rule.campaign].append(one)
    planned = sum(_plan(campaigns[slug], some, now) for slug, some in by_campaign.items())
    if planned:
        outbox.deliver_soon()
    return planned


def _plan(campaign: Campaign, rows: Sequence[Followed], now: datetime) -> int:
    mailing = campaign.mailing
    assert mailing is not None
    people = Customer.objects.filter(pk__in=[one.answer.customer_id for one in rows], erased_at=None)
    known = {one.pk: one for one in people.annotate(why=enlisting.why(people, per_household=False))}
    got = _last_got(campaign, known.values())
    drafts = []
    for one in rows:
        person = known.get(one.answer.customer_id or 0)
        if person is None:
            continue
        reason: str = person.why  # type: ignore[attr-defined]
        last = got.get(person.email)
        if not reason and last is not None and last > now - timedelta(days=one.rule.thank_days):
            reason = reasons.THANKED
        if not reason:
            got[person.email] = now
        drafts.append(
            Message(
                key=f"answer:{one.answer_id}",
                customer=person,
                to_email=person.email,
                state=Message.State.SKIPPED if reason else Message.State.QUEUED,
                reason=reason,
                planned_at=now,
                not_before=now,
            )
        )
    outbox.plan(mailing, drafts)
    governor.at_planning(mailing, now)
    receivers = [one.customer_id for one in drafts if not one.reason and one.customer_id]
    if campaign.survey is not None:
        invitations.invite_many(campaign.survey, campaign.source, receivers, at=now)
    return len(receivers)


def _last_got(campaign: Campaign, people: Iterable[Customer]) -> dict[str, datetime]:
    """When each address was last given this mail, whoever of those who share it."""
    addresses = [one.email for one in people if one.email]
    given = Message.objects.filter(mailing=campaign.mailing_id or 0, to_email__in=addresses)
    given = given.exclude(state__in=[Message.State.SKIPPED, Message.State.CANCELLED, Message.State.FAILED])
    return dict(given.order_by("planned_at").values_list("to_email", "planned_at"))
