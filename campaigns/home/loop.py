"""The loop as a picture: eight stations, each with today's number and the page behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.home import attention
from campaigns.models import Campaign, MessageEvent
from crm.models import Message, Purchase
from feedback.models import Answer
from segments.models import CustomerFeatures, Segment

LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Station:
    """`number` is a count, or a share between 0 and 1 when `is_share`; None when there is nothing yet."""

    key: str
    icon: str
    name: str | Promise
    number: float | None
    words: str
    url: str
    is_share: bool = False


def stations(now: datetime) -> list[Station]:
    since = now - LOOK_BACK
    sales = Purchase.objects.filter(bought_at__gte=since, bought_at__lte=now)
    sold = sales.aggregate(n=Count("pk"), known=Count("pk", filter=Q(customer__isnull=False)))
    letter = (
        Campaign.objects.filter(state=Campaign.State.DONE, mailing__isnull=False)
        .order_by("-finished_at")
        .first()
    )
    return [
        Station(
            "collect",
            "shopping-bag",
            gettext_lazy("Collect"),
            sold["n"],
            _("purchases in 30 days"),
            reverse("crm:imports"),
        ),
        Station(
            "clean",
            "sparkles",
            gettext_lazy("Clean"),
            sold["known"] / sold["n"] if sold["n"] else None,
            _("of them with a known customer"),
            reverse("crm:customers") + "?bought=yes",
            is_share=True,
        ),
        Station(
            "analyse",
            "chart-dots",
            gettext_lazy("Analyse"),
            CustomerFeatures.objects.exclude(rfm_recency=None).count(),
            _("customers scored"),
            reverse("segments:rfm"),
        ),
        Station(
            "segment",
            "chart-pie",
            gettext_lazy("Segment"),
            Segment.objects.count(),
            _("segments kept up to date"),
            reverse("segments:segments"),
        ),
        Station(
            "personalise",
            "mail-heart",
            gettext_lazy("Personalise"),
            _mails(since),
            _("personal mails in 30 days"),
            reverse("campaigns:campaigns"),
        ),
        _measure(letter),
        Station(
            "ask",
            "message-question",
            gettext_lazy("Ask"),
            Answer.objects.filter(answered_at__gte=since, answered_at__lte=now).count(),
            _("answers in 30 days"),
            reverse("feedback:surveys"),
        ),
        Station(
            "improve",
            "heart-handshake",
            gettext_lazy("Improve"),
            attention.unhappy(now).count(),
            _("unhappy customers wait for a word"),
            reverse("campaigns:home_unhappy"),
        ),
    ]


def _mails(since: datetime) -> int:
    """Sent by campaigns of the last 30 days, counted along the index by mailing."""
    mailings = Campaign.objects.filter(started_at__gte=since).values("mailing")
    return Message.objects.filter(mailing__in=mailings, state=Message.State.SENT).count()


def _measure(letter: Campaign | None) -> Station:
    """How many of the last campaign's recipients opened it."""
    share, url = None, reverse("campaigns:campaigns")
    if letter and letter.mailing_id:
        url = letter.get_absolute_url()
        sent = Message.objects.filter(mailing=letter.mailing_id, state=Message.State.SENT)
        opens = MessageEvent.objects.filter(message__in=sent, kind=MessageEvent.Kind.OPEN)
        total = sent.count()
        share = opens.aggregate(n=Count("message", distinct=True))["n"] / total if total else None
    words = _("opened the last campaign")
    return Station("measure", "eye-check", gettext_lazy("Measure"), share, words, url, is_share=True)
