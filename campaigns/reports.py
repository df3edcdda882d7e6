"""What became of a campaign, in numbers that add up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Link, MessageEvent
from crm import outbox
from crm.errors import Refusal
from crm.models import Customer, Interaction, Message, Purchase
from crm.outbox import reasons
from crm.outbox.mailings import COUNTED
from feedback import measuring
from feedback.models import Answer, Invitation
from feedback.numerics.scores import Score

ATTRIBUTION = timedelta(days=5)
HEARD = ("opened", "clicked", "unsubscribed", "answered", "bought")
KINDS = {"opened": "open", "clicked": "click"}


def named(slug: str) -> Campaign:
    campaign = Campaign.objects.select_related("mailing", "survey").filter(slug=slug).first()
    if campaign is None:
        raise Refusal(_("There is no campaign “%s”.") % slug)
    return campaign


def delivery(campaign: Campaign) -> dict[str, Any]:
    """audience = queued + sending + sent + failed + unsure + held_out + cancelled + skipped."""
    if campaign.mailing is None:
        return {"audience": 0, **{state.value: 0 for state in COUNTED}, "skipped": {}}
    return outbox.counts(campaign.mailing)


def status(campaign: Campaign) -> dict[str, Any]:
    """For scripts: the state by the name that docs give it."""
    return {"state": campaign.state.upper(), **delivery(campaign)}


@dataclass(frozen=True, slots=True)
class Response:
    """What people did with the mail; people are counted once each, whatever they repeated."""

    opened: int
    clicked: int
    unsubscribed: int
    invited: int
    answered: int
    score: Score | None
    bought: int
    orders: int
    revenue: Decimal
    given: dict[int | None, int]  # How often each score was given.

    @property
    def kept(self) -> dict[str, Any]:
        """As JSON can carry it."""
        names = ("opened", "clicked", "unsubscribed", "invited", "answered", "bought", "orders")
        given = {str(score): n for score, n in self.given.items()}
        return {**{name: getattr(self, name) for name in names}, "revenue": str(self.revenue), "given": given}

    @classmethod
    def read(cls, campaign: Campaign, data: dict[str, Any]) -> Response:
        given = {None if score == "None" else int(score): n for score, n in data["given"].items()}
        score = measuring.score(campaign.survey, given) if campaign.survey else None
        return cls(**{**data, "revenue": Decimal(data["revenue"]), "given": given, "score": score})


def response(campaign: Campaign) -> Response:
    said = dict(
        _heard(campaign)
        .order_by()
        .values_list("kind")
        .annotate(n=Count("customer", distinct=True))
        .filter(kind__in=KINDS.values())
    )
    left = _left(campaign).aggregate(n=Count("customer", distinct=True))["n"]
    bought = purchases(campaign).aggregate(
        people=Count("customer", distinct=True), orders=Count("pk"), net=Sum(F("charged") - F("refunded"))
    )
    invited, answered, score, given = _survey(campaign)
    return Response(
        opened=said.get("open", 0),
        clicked=said.get("click", 0),
        unsubscribed=left,
        invited=invited,
        answered=answered,
        score=score,
        bought=bought["people"],
        orders=bought["orders"],
        revenue=bought["net"] or Decimal(0),
        given=given,
    )


def _heard(campaign: Campaign) -> QuerySet[Interaction]:
    return Interaction.objects.filter(source=campaign.source)


def _left(campaign: Campaign) -> QuerySet[Interaction]:
    """Those who unsubscribed by the link in this mail."""
    by_this_mail = Q(subject=campaign.source) | Q(source=campaign.source)
    return Interaction.objects.filter(by_this_mail, kind="unsubscribe")


def purchases(campaign: Campaign) -> QuerySet[Purchase]:
    """Orders that attribution gives to this mail: likely, not proven, to come from it. Each counts once.

    The last campaign that the person clicked in the five days before; or the campaign's own coupon code.
    """
    return Purchase.objects.counting().filter(
        Q(pk__in=_after_click(campaign).values("pk")) | _by_coupon(campaign)
    )


def _by_coupon(campaign: Campaign) -> Q:
    if not campaign.coupon or campaign.started_at is None:
        return Q(pk__in=[])
    return Q(coupon__iexact=campaign.coupon, bought_at__gte=campaign.started_at)


def coupon_orders(campaign: Campaign) -> QuerySet[Purchase]:
    """Orders with the campaign's coupon, whoever placed them."""
    return Purchase.objects.counting().filter(_by_coupon(campaign))


def _after_click(campaign: Campaign) -> QuerySet[Purchase]:
    clicks = _heard(campaign).filter(kind="click")
    span = clicks.aggregate(first=Min("at"), last=Max("at"))
    if span["first"] is None:
        return Purchase.objects.none()
    within = {
        "customer": OuterRef("customer"),
        "at__lte": OuterRef("bought_at"),
        "at__gte": OuterRef("bought_at") - ATTRIBUTION,
    }
    mine = clicks.filter(**within).order_by("-at").values("at")[:1]
    others = Interaction.objects.filter(kind="click", source__startswith="campaign:", **within)
    found = Purchase.objects.counting().filter(
        customer__in=clicks.values("customer"),
        bought_at__gte=span["first"],
        bought_at__lte=span["last"] + ATTRIBUTION,
    )
    found = found.annotate(clicked_at=Subquery(mine)).filter(clicked_at__isnull=False)
    later = others.exclude(source=campaign.source).filter(at__gt=OuterRef("clicked_at"))
    return found.filter(~Exists(later))


def answers(campaign: Campaign) -> QuerySet[Answer]:
    if campaign.survey_id is None:
        return Answer.objects.none()
    return Answer.objects.counted().filter(survey=campaign.survey_id, invitation__source=campaign.source)


def _survey(campaign: Campaign) -> tuple[int, int, Score | None, dict[int | None, int]]:
    """Invited, answered, and the score by the definition used everywhere."""
    survey = campaign.survey
    if survey is None:
        return 0, 0, None, {}
    invited = Invitation.objects.filter(survey=survey, source=campaign.source).count()
    given = dict(answers(campaign).order_by().values_list("score").annotate(n=Count("pk")))
    score = measuring.score(survey, given)
    return invited, score.n if score else 0, score, given


def links(campaign: Campaign) -> list[Link]:
    """Links of the design with `people`, how many clicked each, most clicked first."""
    clicks = MessageEvent.objects.filter(
        link__campaign=campaign, kind=MessageEvent.Kind.CLICK, verdict="human"
    ).order_by()
    people = dict(clicks.values_list("link").annotate(n=Count("message", distinct=True)))
    found = list(campaign.links.all())
    for link in found:
        link.people = people.get(link.pk, 0)  # type: ignore[attr-defined]
    return sorted(found, key=lambda link: -link.people)  # type: ignore[attr-defined]


def recipients(
    campaign: Campaign, state: str = "", reason: str = "", link: int | None = None
) -> QuerySet[Message]:
    """The messages behind one number of the report."""
    found = Message.objects.filter(mailing=campaign.mailing_id or 0)
    if link is not None:
        clicks = MessageEvent.objects.filter(
            message=OuterRef("pk"), link__position=link, kind="click", verdict="human"
        )
        return found.filter(Exists(clicks))
    if state in KINDS:
        return found.filter(customer__in=_heard(campaign).filter(kind=KINDS[state]).values("customer"))
    if state == "unsubscribed":
        return found.filter(customer__in=_left(campaign).values("customer"))
    if state == "answered":
        return found.filter(customer__in=answers(campaign).values("customer"))
    if state == "bought":
        return found.filter(customer__in=purchases(campaign).values("customer"))
    if state:
        found = found.filter(state=state)
    return found.filter(reason=reason) if reason else found


def why(message: Message) -> str:
    """Why a message was left out or failed, in words; stored in English."""
    if message.reason:
        return reasons.label(message.reason)
    return _(message.error) if message.error else ""


@dataclass(frozen=True, slots=True)
class Mail:
    """One campaign as one person met it."""

    message: Message
    campaign: Campaign
    opened: bool
    clicked: bool
    why: str


def mails_to(customer: Customer, limit: int = 8) -> list[Mail]:
    """The last campaigns to a customer, those not sent too, with three queries."""
    messages = list(
        Message.objects.filter(customer=customer, mailing__kind="campaign").order_by("-planned_at", "-pk")[
            :limit
        ]
    )
    campaigns = {
        one.mailing_id: one for one in Campaign.objects.filter(mailing__in=[m.mailing_id for m in messages])
    }
    sources = [one.source for one in campaigns.values()]
    heard = set(
        Interaction.objects.filter(
            customer=customer, kind__in=("open", "click"), source__in=sources
        ).values_list("source", "kind")
    )
    return [
        Mail(
            message,
            campaign,
            opened=(campaign.source, "open") in heard,
            clicked=(campaign.source, "click") in heard,
            why=why(message),
        )
        for message in messages
        if (campaign := campaigns.get(message.mailing_id))
    ]


def totals(campaigns: list[Campaign]) -> None:
    """Put `audience`, `sent`, `opened` and `clicked` on each campaign of a list, with two queries in all."""
    by_source = {campaign.source: campaign for campaign in campaigns}
    by_mailing = {campaign.mailing_id: campaign for campaign in campaigns if campaign.mailing_id}
    for campaign in campaigns:
        campaign.figures = dict.fromkeys(("audience", "sent", "open", "click"), 0)  # type: ignore[attr-defined]
    rows = Message.objects.filter(mailing__in=by_mailing).order_by().values_list("mailing", "state")
    for mailing, state, n in rows.annotate(n=Count("pk")):
        figures = by_mailing[mailing].figures  # type: ignore[attr-defined]
        figures["audience"] += n
        figures["sent"] += n if state == Message.State.SENT else 0
    said = Interaction.objects.filter(source__in=by_source, kind__in=("open", "click")).order_by()
    for source, kind, n in said.values_list("source", "kind").annotate(n=Count("customer", distinct=True)):
        by_source[source].figures[kind] = n  # type: ignore[attr-defined]
