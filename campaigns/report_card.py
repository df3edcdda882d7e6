"""The page of a campaign that was sent: numbers that add up, what people did, what it proved."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import effect, kept, reports, trial_words
from campaigns.models import Campaign, Link, MessageEvent
from crm.models import Business, Message
from crm.outbox import reasons, waiting

LIVE = (Campaign.State.PLANNING, Campaign.State.SENDING)
PART = "report"
FEWEST_PAST, MOST_PAST = 3, 12
Verdict = MessageEvent.Verdict


@dataclass(frozen=True, slots=True)
class Part:
    """One summand of the audience, with what opens the people behind it."""

    label: str
    n: int
    state: str
    reason: str = ""
    hint: str = ""


def build(campaign: Campaign, business: Business) -> dict[str, Any]:
    found = kept.figures(campaign, PART, lambda: count(campaign))
    counted, heard = found.data["counted"], reports.Response.read(campaign, found.data["response"])
    sent = counted["sent"] or 1
    proof = effect.of(campaign)
    return {
        "counted": counted,
        "counted_at": found.counted_at,
        "moving": waiting.why(campaign.mailing, timezone.now()) if campaign.mailing else [],
        "parts": parts(counted),
        "done": counted["audience"] - counted["queued"] - counted["sending"],
        "response": heard,
        "rates": {"opened": heard.opened / sent, "clicked": heard.clicked / sent},
        "links": _links(campaign, found.data["links"]),
        "apart": found.data["apart"],
        "usual": usual(campaign) if counted["sent"] else {},
        "live": campaign.state in LIVE and not (campaign.one_by_one and campaign.mailing_id),
        "days": reports.ATTRIBUTION.days,
        "trial": trial_words.card(campaign, now=timezone.now()) if campaign.mailing_id else None,
        "effect": proof,
        "account": effect.account(campaign, business, counted["sent"], proof),
        "held": counted["held_out"],
    }


def count(campaign: Campaign) -> dict[str, Any]:
    """Everything of the report that is counted over messages and hits."""
    return {
        "counted": reports.delivery(campaign),
        "response": reports.response(campaign).kept,
        "links": {str(one.pk): one.people for one in reports.links(campaign)},  # type: ignore[attr-defined]
        "apart": apart(campaign),
    }


def apart(campaign: Campaign) -> dict[str, int]:
    """Hits that count nowhere, by who they came from; people's opens and clicks are counted above."""
    if campaign.mailing_id is None:
        return {}
    found = MessageEvent.objects.filter(message__mailing=campaign.mailing_id).exclude(verdict=Verdict.HUMAN)
    return dict(found.order_by().values_list("verdict").annotate(n=Count("pk")))


def _links(campaign: Campaign, people: dict[str, int]) -> list[Link]:
    found = list(campaign.links.all())
    for link in found:
        link.people = people.get(str(link.pk), 0)  # type: ignore[attr-defined]
    return sorted(found, key=lambda link: -link.people)  # type: ignore[attr-defined]


def usual(campaign: Campaign) -> dict[str, float]:
    """The medians of the shop's own last campaigns; {} of too few."""
    return kept.figures(campaign, "usual", lambda: _medians(campaign)).data


def _medians(campaign: Campaign) -> dict[str, float]:
    before = Campaign.objects.filter(state=Campaign.State.DONE, started_at__lt=campaign.started_at)
    past = list(before.exclude(pk=campaign.pk).order_by("-started_at")[:MOST_PAST])
    reports.totals(past)
    figures = [one.figures for one in past if one.figures["sent"]]  # type: ignore[attr-defined]
    if len(figures) < FEWEST_PAST:
        return {}
    return {
        "opened": median(one["open"] / one["sent"] for one in figures),
        "clicked": median(one["click"] / one["sent"] for one in figures),
        "n": len(figures),
    }


def parts(counted: dict[str, Any]) -> list[Part]:
    """The summands of the audience that are not zero, in the order of a message's life."""
    hints = {
        "unsure": _("Handed to the mail server, but its answer was lost. Never sent again by itself."),
        "failed": _("The mail server refused them."),
        "held_out": _("Chosen by chance to get nothing, so that the effect can be measured."),
    }
    found = [
        Part(str(state.label), counted[state.value], state.value, hint=hints.get(state.value, ""))
        for state in Message.State
        if state != Message.State.SKIPPED
    ]
    skipped = sorted(counted["skipped"].items(), key=lambda pair: -pair[1])
    found += [
        Part(reasons.label(code), n, Message.State.SKIPPED, code, str(reasons.EXPLANATIONS.get(code, "")))
        for code, n in skipped
    ]
    return [part for part in found if part.n or part.state == Message.State.SENT]
