"""The mail as it was sent, with the number of people who clicked beside each link."""

from __future__ import annotations

import html
import re

from campaigns import placeholders, variants
from campaigns.links import END, MIDDLE, PIXEL, START, TRAP
from campaigns.models import Campaign
from campaigns.variants import Key
from crm import outbox
from crm.models import Business, Customer, Message

LINK = re.compile(
    f'(<a\\b[^<>]*?\\bhref="){START}(\\d+)(?:{MIDDLE}[^{END}]*)?{END}("[^<>]*>)(.*?)(</a>)',
    re.IGNORECASE | re.DOTALL,
)
BADGE = (
    '<span style="display:inline-block;margin:0 4px;padding:1px 7px;border-radius:9px;background:#0b5cad;'
    'color:#fff;font:700 12px/18px Arial,sans-serif;text-decoration:none">{}</span>'
)


def drawn(campaign: Campaign, people: dict[int, int], business: Business, key: Key) -> str:
    """HTML of one text of the campaign as nobody in particular gets it; `people` by position of the link."""
    texts = variants.texts(campaign, business)
    chosen = texts.chosen(key if key in texts.sources else (variants.FIRST, ""))
    values = placeholders.Values(business, survey=campaign.survey, source="map").of(
        placeholders.sample_customer(), outbox.unsubscribe_url(Message()), language=chosen.language
    )
    body = chosen.mail.html.render(values).replace(PIXEL, "").replace(TRAP, "")

    def badge(found: re.Match[str]) -> str:
        place = int(found[2])
        position = chosen.places[place] if place < len(chosen.places) else place
        number = BADGE.format(html.escape(str(people.get(position, 0))))
        return f"{found[1]}#{found[3]}{found[4]}{number}{found[5]}"

    body = LINK.sub(badge, body)
    return re.sub(f"{START}[^{END}]*{END}", "#", body)


def versions(campaign: Campaign, business: Business) -> list[tuple[Key, str]]:
    """The texts there are, with what they are called."""
    texts = variants.texts(campaign, business)
    return [(key, variants.label(key).removesuffix(": ") or "A") for key in texts.sources]


def archived(campaign: Campaign, business: Business) -> tuple[str, str]:
    """(subject, HTML) for the public archive: everything personal is empty, and links count nothing."""
    texts = variants.texts(campaign, business)
    chosen = texts.chosen((variants.FIRST, ""))
    values = placeholders.Values(business, survey=None, source="archive").of(
        Customer(pk=0), business.website or "#", language=chosen.language
    )
    rendered = chosen.mail.render({**values, "survey_link": "", "coupon": ""})
    return rendered.subject, rendered.html
