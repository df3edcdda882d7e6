"""What the page of a campaign shows: before sending what to look at, afterwards the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import lifecycle, preflight, reports, variants
from campaigns.forms import ScheduleForm, TestForm
from campaigns.models import Campaign
from crm.models import Business, Message, User
from crm.outbox import reasons

LIVE = (Campaign.State.PLANNING, Campaign.State.SENDING)


@dataclass(frozen=True, slots=True)
class Part:
    """One summand of the audience, with what opens the people behind it."""

    label: str
    n: int
    state: str
    reason: str = ""
    hint: str = ""


def before_sending(campaign: Campaign, business: Business, user: User) -> dict[str, Any]:
    include, exclude = list(campaign.include.all()), list(campaign.exclude.all())
    soon = timezone.localtime(timezone.now() + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    flight = preflight.look(campaign, business)
    return {
        "include": include,
        "exclude": exclude,
        "flight": flight,
        "forecast": flight.forecast,
        "audience_problem": "" if flight.forecast else flight.trouble,
        "languages": variants.languages(campaign, business),
        "sender": business.sender,
        "schedule_form": ScheduleForm(initial={"at": campaign.scheduled_at or soon}),
        "test_form": TestForm(initial={"to": user.email}),
        "gives_up": lifecycle.latest_start(campaign),
    }


def report(campaign: Campaign) -> dict[str, Any]:
    counted = reports.delivery(campaign)
    heard = reports.response(campaign)
    sent = counted["sent"] or 1
    done = counted["audience"] - counted["queued"] - counted["sending"]
    return {
        "counted": counted,
        "parts": parts(counted),
        "done": done,
        "response": heard,
        "rates": {"opened": heard.opened / sent, "clicked": heard.clicked / sent},
        "links": reports.links(campaign) if campaign.mailing_id else [],
        "live": campaign.state in LIVE,
        "days": reports.ATTRIBUTION.days,
    }


def parts(counted: dict[str, Any]) -> list[Part]:
    """The summands of the audience that are not zero, in the order of a message's life."""
    hints = {
        "unsure": _("Handed to the mail server, but its answer was lost. Never sent again by itself."),
        "failed": _("The mail server refused them."),
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
