"""Builders of campaigns, and the mails that the sandbox caught."""

from __future__ import annotations

import email
import email.policy
import itertools
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from campaigns import lifecycle, planning, tracking
from campaigns.models import Campaign
from crm.models import SandboxMail
from segments.models import Membership, Segment

_count = itertools.count(1)
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
MJML = """<mjml>
<mj-body>
<mj-section><mj-column>
<mj-text>Hello {{ customer.first_name | default: "there" }}</mj-text>
<mj-button href="https://tea.example/spring?a=1&amp;b=2">Spring tea</mj-button>
<mj-text><a href="https://tea.example/about">About us</a></mj-text>
</mj-column></mj-section>
</mj-body>
</mjml>"""


def design(inner: str) -> str:
    """A design whose third line is the given text."""
    return (
        "<mjml>\n<mj-body>\n"
        f"<mj-section><mj-column><mj-text>{inner}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )


def make_list(*customers, slug="tea-lovers") -> Segment:
    segment = Segment.objects.create(slug=slug, name=slug, kind="static", member_count=len(customers))
    Membership.objects.bulk_create(
        [Membership(segment=segment, customer=one, entered_at=timezone.now()) for one in customers]
    )
    return segment


def make_campaign(*include, exclude=(), **fields) -> Campaign:
    n = next(_count)
    values = {"slug": f"spring-{n}", "name": f"Spring {n}", "subject": "Spring tea", "mjml": MJML}
    campaign = Campaign.objects.create(**{**values, **fields})
    campaign.include.set(include)
    campaign.exclude.set(exclude)
    return campaign


def plan(campaign: Campaign, now=NOW) -> Campaign:
    """Launch a campaign and prepare its messages, as the worker does."""
    lifecycle.launch(campaign, now=now)
    planning.plan(campaign, now=now)
    return Campaign.objects.select_related("mailing", "survey").get(pk=campaign.pk)


BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"


def react(campaign: Campaign, customer, position=None, *, at=NOW, agent=BROWSER, **fields) -> None:
    """Somebody opens the mail, or follows a link of it; and it is judged, as a minute later."""
    message = campaign.mailing.messages.get(customer=customer)
    if position is not None:
        link = campaign.links.get(position=position)
        fields = {"kind": tracking.CLICK, "link_id": link.pk, "place": position, **fields}
    tracking.hear([tracking.Hit(message.pk, at, agent=agent, **fields)])
    tracking.settle(now=at, after=timedelta(0))


def caught() -> list[email.message.EmailMessage]:
    rows = SandboxMail.objects.order_by("id")
    return [email.message_from_bytes(bytes(row.raw), policy=email.policy.default) for row in rows]


def html_of(mail) -> str:
    return mail.get_body(("html",)).get_content()


def text_of(mail) -> str:
    return mail.get_body(("plain",)).get_content()
