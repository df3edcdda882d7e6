"""The loop as a picture: eight stations, each with today's number and the page behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.home import attention
from campaigns.models import Campaign, MessageEvent
from crm.models import Message, Purchase
from feedback.models import Answer
from segments.models import CustomerFeatures, Segment

LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Station:
    """`number` is a count, or a share between 0 and 1 when `is_share`; None when there is nothing yet."""

    icon: str
    name: str | Promise
    number: float | None
    words: str
    url: str
    is_share: bool = False


def stations(now: datetime) -> list[Station]:
    return [*_knowing(now - LOOK_BACK, now), *_speaking(now - LOOK_BACK), *_listening(now - LOOK_BACK, now)]


def _knowing(since: datetime, now: datetime) -> list[Station]:
    sales = Purchase.objects.filter(bought_at__gte=since, bought_at__lte=now)
    sold = sales.aggregate(n=Count("pk"), known=Count("pk", filter=Q(customer__isnull=False)))
    known = sold["known"] / sold["n"] if sold["n"] else None
    buyers = reverse("crm:customers") + "?bought=yes"
    scored = CustomerFeatures.objects.exclude(rfm_recency=None).count()
    lists, rfm, files = reverse("segments:segments"), reverse("segments:rfm"), reverse("crm:imports")
    words = _("of them with a known customer")
    bought = ngettext("purchase in 30 days", "purchases in 30 days", sold["n"])
    kept = Segment.objects.count()
    return [
        Station("shopping-bag", gettext_lazy("Collect"), sold["n"], bought, files),
        Station("sparkles", gettext_lazy("Clean"), known, words, buyers, is_share=True),
        Station(
            "chart-dots",
            gettext_lazy("Analyse"),
            scored,
            ngettext("customer scored", "customers scored", scored),
            rfm,
        ),
        Station(
            "chart-pie",
            gettext_lazy("Segment"),
            kept,
            ngettext("segment kept up to date", "segments kept up to date", kept),
            lists,
        ),
    ]


def _speaking(since: datetime) -> list[Station]:
    done = Campaign.objects.filter(state=Campaign.State.DONE, mailing__isnull=False)
    page, sent = reverse("campaigns:campaigns"), _mails(since)
    words = ngettext("personal mail in 30 days", "personal mails in 30 days", sent)
    return [
        Station("mail-heart", gettext_lazy("Personalise"), sent, words, page),
        _measure(done.order_by("-finished_at").first()),
    ]


def _listening(since: datetime, now: datetime) -> list[Station]:
    said = Answer.objects.counted().filter(answered_at__gte=since, answered_at__lte=now).count()
    waiting = attention.unhappy(now).count()
    words = ngettext("unhappy customer waits for a word", "unhappy customers wait for a word", waiting)
    who = reverse("campaigns:home_unhappy")
    return [
        Station(
            "message-question",
            gettext_lazy("Ask"),
            said,
            ngettext("answer in 30 days", "answers in 30 days", said),
            reverse("feedback:surveys"),
        ),
        Station("heart-handshake", gettext_lazy("Improve"), waiting, words, who),
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
        opens = MessageEvent.objects.filter(message__in=sent, kind=MessageEvent.Kind.OPEN, verdict="human")
        total = sent.count()
        share = opens.aggregate(n=Count("message", distinct=True))["n"] / total if total else None
    words = _("opened the last campaign")
    return Station("eye-check", gettext_lazy("Measure"), share, words, url, is_share=True)
