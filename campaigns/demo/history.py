"""From imagined letters and answers to the rows that real ones would have left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from numpy.random import Generator

from campaigns.demo import designs, trials
from campaigns.demo.letters import LETTERS, REST, Letter, Sending
from campaigns.demo.people import Person
from campaigns.models import Campaign, Link, MailTemplate, MessageEvent
from crm import ledger
from crm.consent import email_hash
from crm.models import Consent, Customer, Interaction, Mailing, Message, Suppression
from feedback.models import Survey
from segments.models import Segment

MONTH, ASKED_ON = 30, 3  # By hand, so many days ago and every month before.
NOBODY_THERE = "550 5.1.1 This mailbox does not exist"
AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
)
TEMPLATES = (
    (
        "Letter about something new",
        "Headline, a few lines, one button.",
        "The new harvest has landed",
        designs.HARVEST,
    ),
    ("Ask for a rating", "One question with a row of scores to click.", "One question", designs.RECOMMEND),
    (
        "We miss you",
        "For people who have not come for a while.",
        "It has been quiet without you",
        designs.MISS_YOU,
    ),
    ("Plain letter", "An empty frame in the shop's colours.", "", designs.PLAIN),
)


def make_templates(now: datetime) -> None:
    MailTemplate.objects.bulk_create(
        MailTemplate(
            name=name,
            description=words,
            subject=subject,
            mjml=mjml,
            language="en",
            is_demo=True,
            updated_at=now,
        )
        for name, words, subject, mjml in TEMPLATES
    )


def make_draft(segments: dict[str, Segment], now: datetime) -> None:
    """A campaign that only waits to be sent."""
    draft = Campaign.objects.create(
        slug="long-evenings",
        name="Something warm for long evenings",
        subject='Something warm, {{ customer.first_name | default: "for you" }}',
        preheader="Teas and coffees for long evenings",
        mjml=designs.WINTER_TABLE,
        created_at=now - timedelta(hours=20),
        is_demo=True,
    )
    draft.include.add(segments["loyal-regulars"])
    draft.exclude.add(segments["unhappy"])


def keep_letter(
    letter: Letter, sendings: Sequence[Sending], segments: dict[str, Segment], surveys: dict[str, Survey]
) -> Campaign:
    """Campaign, mailing, messages, events and ledger of one letter."""
    sent = [one.sent_at for one in sendings if one.sent_at]
    start = min(sent) - timedelta(seconds=40)
    campaign = Campaign(
        slug=letter.slug,
        name=letter.name,
        subject=letter.subject,
        mjml=letter.mjml,
        coupon=letter.coupon,
        holdout_percent=letter.held,
        effect_days=letter.days,
        survey=surveys.get(letter.survey),
        state=Campaign.State.DONE,
        scheduled_at=start,
        started_at=start,
        finished_at=max(sent) + timedelta(seconds=5),
        created_at=start - timedelta(days=2),
        is_demo=True,
    )
    campaign.save()
    campaign.mailing = Mailing.objects.create(
        source=f"campaign:{campaign.pk}",
        kind="campaign",
        name=letter.name,
        purpose=Mailing.Purpose.MARKETING,
        state=Mailing.State.CLOSED,
        is_demo=True,
    )
    campaign.save(update_fields=["mailing"])
    campaign.include.add(segments[letter.segment])
    messages = [_message(campaign.mailing, sending, start) for sending in sendings]
    Message.objects.bulk_create(messages, batch_size=2000)
    if letter.trial:
        trials.begin(campaign, letter.trial)
    pairs = list(zip(messages, sendings, strict=True))
    _keep_events(campaign, letter, pairs)
    if letter.trial:
        trials.decide(campaign, pairs)
    return campaign


def _message(mailing: Mailing, sending: Sending, planned_at: datetime) -> Message:
    customer = sending.person.customer
    failed, waits = sending.state == Message.State.FAILED, sending.arm == REST
    return Message(
        mailing=mailing,
        key=f"customer:{customer.pk}",
        customer=customer,
        to_email=customer.email,
        state=Message.State.QUEUED if waits else sending.state,
        reason=sending.reason,
        error=NOBODY_THERE if failed else "",
        arm=sending.arm,
        attempts=0 if sending.reason else 1,
        sent_at=sending.sent_at,
        planned_at=planned_at,
        not_before=planned_at,
    )


def _keep_events(campaign: Campaign, letter: Letter, pairs: list[tuple[Message, Sending]]) -> None:
    links = [Link(campaign=campaign, position=n, url=url) for n, url in enumerate(letter.links)]
    Link.objects.bulk_create(links)
    events = [event for message, sending in pairs for event in _events(message, sending, links)]
    MessageEvent.objects.bulk_create(events, batch_size=4000)
    ledger.record(
        Interaction(
            customer_id=event.message.customer_id,
            kind=event.kind,
            at=event.at,
            source=f"campaign:{campaign.pk}",
            key=_ledger_key(event),
            subject=campaign.slug,
            title=campaign.name,
            properties={"url": event.link.url} if event.link else {},
        )
        for event in events
    )
    _keep_leavers(campaign, [sending for _, sending in pairs if sending.left_at])


def _events(message: Message, sending: Sending, links: list[Link]) -> Iterator[MessageEvent]:
    kinds = MessageEvent.Kind
    if sending.opened_at:
        key = f"open:{message.pk}"
        yield MessageEvent(message=message, kind=kinds.OPEN, at=sending.opened_at, key=key, **_by(message))
    for at, place in sending.clicks:
        key = f"click:{message.pk}:{place}"
        yield MessageEvent(
            message=message, kind=kinds.CLICK, link=links[place], at=at, key=key, **_by(message)
        )
    if sending.left_at:
        key = f"unsubscribe:{message.pk}"
        yield MessageEvent(
            message=message, kind=kinds.UNSUBSCRIBE, at=sending.left_at, key=key, **_by(message)
        )


def _by(message: Message) -> dict[str, str]:
    """Read by a person, with one of the usual programs."""
    return {"verdict": MessageEvent.Verdict.HUMAN, "agent": AGENTS[(message.customer_id or 0) % len(AGENTS)]}


def _ledger_key(event: MessageEvent) -> str:
    return f"{event.kind}:{event.message_id}" + (f":{event.link.position}" if event.link else "")


def _keep_leavers(campaign: Campaign, sendings: Sequence[Sending]) -> None:
    """Who unsubscribed left evidence, and a block of the address."""
    consents, blocks = [], []
    for sending in sendings:
        customer, at = sending.person.customer, sending.left_at
        assert at is not None
        source = f"campaign:{campaign.pk}"
        consents.append(Consent(customer=customer, action="withdrawn", source=source, at=at))
        blocks.append(Suppression(email_hash=email_hash(customer.email), reason="unsubscribed", at=at))
        customer.suppressed_at = at
    Consent.objects.bulk_create(consents)
    Suppression.objects.bulk_create(blocks, ignore_conflicts=True)
    for sending in sendings:  # Everybody at that address.
        Customer.objects.filter(email=sending.person.customer.email).update(
            email_consent=Customer.EmailConsent.WITHDRAWN, suppressed_at=sending.left_at
        )


def keep_consents(people: Sequence[Person], zone: ZoneInfo) -> None:
    """The first yes or no of everybody, given at the till or the checkout."""
    rows = []
    for person in people:
        customer = person.customer
        if customer.email_consent != Customer.EmailConsent.UNKNOWN:
            said_no = customer.email_consent == Customer.EmailConsent.WITHDRAWN and not customer.suppressed_at
            at = datetime.combine(person.joined, time(10), zone)
            action = "withdrawn" if said_no else "granted"
            wording = "" if said_no else "Yes, write to me about new harvests and offers."
            rows.append(Consent(customer=customer, action=action, source="till", wording=wording, at=at))
    Consent.objects.bulk_create(rows)


def invitations(
    rng: Generator, people: Sequence[Person], posted: dict[str, list[Sending]], today: date, zone: ZoneInfo
) -> Iterator[tuple[Person, str, str, datetime, float]]:
    """(person, survey, source, asked at, chance to answer): by two letters, and by hand every month."""
    for letter in LETTERS:
        for sending in posted[letter.slug] if letter.survey else []:
            if sending.sent_at:
                chance = 0.42 if sending.opened_at else 0.0
                yield sending.person, letter.survey, letter.slug, sending.sent_at, chance
    for month in range(12):
        day = today - timedelta(days=ASKED_ON + MONTH * month)
        at = datetime.combine(day, time(16), zone)
        near = [one for one in people if one.joined < day < one.until and one.customer.email]
        for place in rng.choice(len(near), min(100, len(near)), replace=False).tolist():
            survey = "recommend" if place % 2 else "last-order"
            yield near[place], survey, f"staff:{day}", at, 0.5
