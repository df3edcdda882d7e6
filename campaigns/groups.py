"""Who opened and clicked, by segment, mail service, language, hour and device."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, ExtractHour, Lower, StrIndex, Substr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import kept
from campaigns.models import Campaign, MessageEvent
from crm.models import Business, Message
from segments.models import Membership, Segment

MOST = 12
KINDS = {
    "segment": gettext_lazy("Segment"),
    "domain": gettext_lazy("Mail service"),
    "language": gettext_lazy("Language"),
    "hour": gettext_lazy("Hour"),
    "device": gettext_lazy("Device"),
}
# In this order: an iPad says Mac OS too, and Android tablets say Android.
DEVICES = (
    ("service", re.compile(r"imageproxy|mailproxy|ggpht", re.IGNORECASE)),
    ("tablet", re.compile(r"ipad|tablet|kindle|silk|android(?!.*mobile)", re.IGNORECASE)),
    ("phone", re.compile(r"iphone|android|mobile|windows phone", re.IGNORECASE)),
    ("computer", re.compile(r"windows|macintosh|x11|linux|cros", re.IGNORECASE)),
)
DEVICE_NAMES = {
    "phone": gettext_lazy("Phone"),
    "tablet": gettext_lazy("Tablet"),
    "computer": gettext_lazy("Computer"),
    "service": gettext_lazy("Mail service that hides the device"),
    "other": gettext_lazy("Unknown"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """People of one group; `sent` is None where only readers can be counted. `url` leads to them."""

    key: str
    label: str
    sent: int | None
    opened: int
    clicked: int

    @property
    def rate(self) -> float | None:
        return self.clicked / self.sent if self.sent else None


def rows(campaign: Campaign, kind: str, business: Business) -> kept.Figures:
    """Kept figures: a list under "rows"."""
    return kept.figures(campaign, f"by.{kind}", lambda: counted(campaign, kind, business))


def counted(campaign: Campaign, kind: str, business: Business) -> dict[str, Any]:
    count: Callable[..., list[dict[str, Any]]] = globals()[f"_by_{kind}"]
    return {"rows": count(campaign, business)}


def read(figures: kept.Figures, kind: str) -> list[Row]:
    return [Row(label=_label(kind, one["key"]), **one) for one in figures.data["rows"]]


def _label(kind: str, key: str) -> str:
    if kind == "device":
        return str(DEVICE_NAMES[key])
    if kind == "hour":
        return f"{int(key):02}:00"
    if kind == "segment":
        found = Segment.objects.filter(slug=key).first()
        return found.name if found else key
    return key or _("Not known")


def of(messages: QuerySet[Message], kind: str, key: str) -> QuerySet[Message]:
    """The people of one group."""
    if kind == "domain":
        return messages.annotate(domain=DOMAIN).filter(domain=key)
    if kind == "language":
        return messages.filter(Q(customer__language=key))
    if kind == "segment":
        inside = Membership.objects.filter(segment__slug=key, left_at=None, customer=OuterRef("customer"))
        return messages.filter(Exists(inside))
    return messages


DOMAIN = Lower(Substr("to_email", StrIndex(F("to_email"), Value("@")) + 1), output_field=CharField())


def _heard(kind: str) -> Exists:
    events = MessageEvent.objects.filter(message=OuterRef("pk"), kind=kind, verdict="human")
    return Exists(events)


def _sent(campaign: Campaign) -> QuerySet[Message]:
    mine = Message.objects.filter(mailing=campaign.mailing_id or 0, state=Message.State.SENT)
    return mine.annotate(opened=_heard("open"), clicked=_heard("click"))


def _grouped(messages: QuerySet[Any], key: Any) -> list[dict[str, Any]]:
    found = (
        messages.annotate(group=key)
        .order_by()
        .values("group")
        .annotate(n=Count("pk"), o=Count("pk", filter=Q(opened=True)), c=Count("pk", filter=Q(clicked=True)))
    )
    return [
        {"key": str(one["group"] or ""), "sent": one["n"], "opened": one["o"], "clicked": one["c"]}
        for one in found.order_by("-n", "group")[:MOST]
    ]


def _by_domain(campaign: Campaign, _business: Business) -> list[dict[str, Any]]:
    return _grouped(_sent(campaign), DOMAIN)


def _by_language(campaign: Campaign, _business: Business) -> list[dict[str, Any]]:
    return _grouped(_sent(campaign), Coalesce("customer__language", Value("")))


def _by_segment(campaign: Campaign, _business: Business) -> list[dict[str, Any]]:
    """Of the segments whose people got it, the largest; somebody may stand in several."""
    people = _sent(campaign)
    found = (
        Membership.objects.filter(left_at=None, customer__in=people.values("customer"))
        .order_by()
        .values("segment__slug")
        .annotate(n=Count("pk"))
        .order_by("-n", "segment__slug")[:MOST]
    )
    answer = []
    for one in found:  # A dozen at most.
        counted = of(people, "segment", one["segment__slug"]).aggregate(
            o=Count("pk", filter=Q(opened=True)), c=Count("pk", filter=Q(clicked=True))
        )
        row = {"key": one["segment__slug"], "sent": one["n"], "opened": counted["o"], "clicked": counted["c"]}
        answer.append(row)
    return answer


def _hits(campaign: Campaign) -> QuerySet[MessageEvent]:
    return MessageEvent.objects.filter(
        message__mailing=campaign.mailing_id or 0, verdict="human", kind__in=("open", "click")
    ).order_by()


def _by_hour(campaign: Campaign, business: Business) -> list[dict[str, Any]]:
    hours = _hits(campaign).annotate(hour=ExtractHour("at", tzinfo=business.zone))
    found: Counter[tuple[int, str]] = Counter()
    for hour, kind, n in hours.values_list("hour", "kind").annotate(n=Count("message", distinct=True)):
        found[hour, kind] = n
    return [
        {"key": str(hour), "sent": None, "opened": found[hour, "open"], "clicked": found[hour, "click"]}
        for hour in range(24)
    ]


def device_of(agent: str) -> str:
    return next((name for name, pattern in DEVICES if pattern.search(agent)), "other")


def _by_device(campaign: Campaign, _business: Business) -> list[dict[str, Any]]:
    found: Counter[tuple[str, str]] = Counter()
    hits = _hits(campaign).values_list("agent", "kind").annotate(n=Count("message", distinct=True))
    for agent, kind, n in hits:
        found[device_of(agent), kind] += n
    return [
        {"key": name, "sent": None, "opened": found[name, "open"], "clicked": found[name, "click"]}
        for name in DEVICE_NAMES
        if found[name, "open"] or found[name, "click"]
    ]
