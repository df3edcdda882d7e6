"""Who gets a campaign: counted before, decided once, one message row per person of the audience."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from campaigns import allotting, enlisting, timing, variants
from campaigns.models import Campaign, Link
from campaigns.variants import Texts
from crm import bulk, outbox
from crm.errors import Refusal
from crm.models import Business, Customer, CustomerQuerySet, Mailing, Message
from crm.outbox import governor, reasons
from feedback import invitations
from segments import audience
from segments.models import Segment

CHUNK = 1000
State = Campaign.State


@dataclass(frozen=True, slots=True)
class Forecast:
    """How an audience will divide: `people` = `receivers` + the sum of `skipped`."""

    people: int
    receivers: int
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def reasons(self) -> list[tuple[str, str, int]]:
        return [(code, reasons.label(code), n) for code, n in self.skipped.items() if n]

    @property
    def refusal(self) -> str:
        """Why it cannot be sent to anybody, saying who is left out and why; "" when somebody gets it."""
        if self.receivers:
            return ""
        if not self.people:
            return _("Nobody is in the chosen segments. Choose another segment, or change its rule.")
        parts = "; ".join(f"{label}: {n}" for _code, label, n in self.reasons)
        text = ngettext(
            "The one person in the chosen segments cannot be written to. %(why)s.",
            "None of the %(n)s people in the chosen segments can be written to. %(why)s.",
            self.people,
        )
        return text % {"n": self.people, "why": parts}


def people(
    include: Iterable[Segment],
    exclude: Iterable[Segment],
    members: Callable[[Segment], QuerySet[Any]] = audience.numbers,
) -> CustomerQuerySet:
    """Members of any included segment and of no excluded one; `members` gives the numbers of one's."""
    chosen = Q(pk__in=[])
    for segment in include:
        chosen |= Q(pk__in=members(segment))
    found = Customer.objects.filter(chosen)
    for segment in exclude:
        found = found.exclude(pk__in=members(segment))
    return found


def as_of_now(segment: Segment) -> QuerySet[Any]:
    """Members by the rule as it is this moment, before the next refresh."""
    numbers: QuerySet[Any] = audience.live_of(segment).order_by().values("pk")
    return numbers


def forecast(found: CustomerQuerySet, *, per_household: bool = False) -> Forecast:
    """Divide an audience by who can be written to, in one query."""
    cases = enlisting.why(found, per_household=per_household)
    rows = found.annotate(why=cases).order_by().values_list("why")
    divided = {
        why: (n, addresses)
        for why, n, addresses in rows.annotate(n=Count("pk"), a=Count("email", distinct=True))
    }
    reachable, receivers = divided.pop("", (0, 0))
    skipped = {why: n for why, (n, _addresses) in sorted(divided.items())}
    if reachable > receivers:
        skipped[reasons.DUPLICATE_ADDRESS] = reachable - receivers
    return Forecast(reachable + sum(n for n, _addresses in divided.values()), receivers, skipped)


def forecast_live(
    include: Iterable[Segment], exclude: Iterable[Segment], *, per_household: bool = False
) -> Forecast:
    """What would happen if it were sent now."""
    return forecast(people(include, exclude, as_of_now), per_household=per_household)


def plan(campaign: Campaign, *, now: datetime) -> None:
    """Make the messages of a campaign in PLANNING; may be repeated after a crash, and adds nobody twice.

    Nothing leaves before all of it is planned: the mailing is held until the campaign is SENDING.
    """
    try:
        with translation.override(_reader(campaign)):
            said = variants.freeze(campaign, Business.current())
            include, exclude = _up_to_date(campaign, now)
            with transaction.atomic():
                mailing = _enlisted(campaign, said, people(include, exclude), now)
    except (Refusal, ValueError) as problem:
        _give_back(campaign, str(problem))
        return
    if campaign.survey is not None and not campaign.one_by_one:
        invited = Message.objects.filter(mailing=mailing, state=Message.State.QUEUED, customer__isnull=False)
        ids = invited.order_by("pk").values_list("customer_id", flat=True).iterator(chunk_size=2 * CHUNK)
        invitations.invite_many(campaign.survey, campaign.source, ids, at=now)
    bulk.analyze(Message)  # Workers begin at once.
    _begin(campaign, mailing)


def _enlisted(campaign: Campaign, said: Texts, found: CustomerQuerySet, now: datetime) -> Mailing:
    """The mailing with a row for everybody, all of it or nothing; a Refusal where nobody would get it."""
    mailing = outbox.open_mailing(
        campaign.source,
        kind="campaign",
        name=campaign.name,
        purpose=Mailing.Purpose.MARKETING,
        sender=campaign.sender,
        priority=campaign.priority,
        timing=campaign.timing,
        expires_at=None if campaign.one_by_one else now + timedelta(hours=campaign.valid_hours),
    )
    outbox.pause(mailing, gettext_noop("The messages are being prepared."))
    if not campaign.one_by_one:
        _fill(mailing, campaign, found, now)
    Campaign.objects.filter(pk=campaign.pk).update(mailing=mailing)
    Link.objects.bulk_create(
        [Link(campaign=campaign, position=n, url=url) for n, url in enumerate(said.shown_addresses())],
        ignore_conflicts=True,
    )
    return mailing


def _fill(mailing: Mailing, campaign: Campaign, found: CustomerQuerySet, now: datetime) -> None:
    enlisting.enlist(mailing, found, per_household=campaign.one_per_household, now=now)
    queued = mailing.messages.filter(state=Message.State.QUEUED)
    if not queued.exists() and (refusal := forecast(found, per_household=campaign.one_per_household).refusal):
        raise Refusal(refusal)
    timing.spread(mailing, campaign.scheduled_at or now, now=now)
    governor.at_planning(mailing, now)
    allotting.draw(allotting.of(campaign, Business.current(), now=now), mailing)


def _reader(campaign: Campaign) -> str:
    """The language of who wrote the campaign, for what is said to that person."""
    author = campaign.created_by
    return (author.language if author else "") or Business.current().language


def _up_to_date(campaign: Campaign, now: datetime) -> tuple[list[Segment], list[Segment]]:
    """Rebuild the chosen segments and those that their rules ask about, those first."""
    include, exclude = list(campaign.include.all()), list(campaign.exclude.all())
    chosen = {one.slug: one for one in include + exclude}
    asked = set(chosen)
    while asked:
        slugs = {slug for name in asked for slug in audience.slugs_in(chosen[name].rule)} - set(chosen)
        chosen |= {one.slug: one for one in Segment.objects.filter(slug__in=slugs)}
        asked = slugs & set(chosen)
    for segment in audience.in_order(list(chosen.values())):
        if segment.kind == Segment.Kind.RULE:
            audience.rebuild(segment, at=now)
    return include, exclude


@transaction.atomic
def _begin(campaign: Campaign, mailing: Mailing) -> None:
    if Campaign.objects.filter(pk=campaign.pk, state=State.PLANNING).update(state=State.SENDING, error=""):
        outbox.resume(mailing)
        outbox.deliver_soon()
    else:
        outbox.cancel(mailing)


def _give_back(campaign: Campaign, problem: str) -> None:
    """Nothing was sent and nothing was written: the campaign is a draft again and says why."""
    back: dict[str, object] = {"state": State.DRAFT, "error": problem[:300], "started_at": None, "frozen": []}
    Campaign.objects.filter(pk=campaign.pk, state=State.PLANNING, mailing=None).update(**back)
    stopped = Campaign.objects.filter(pk=campaign.pk, state=State.PLANNING)
    stopped.update(state=State.CANCELLED, error=problem[:300])
