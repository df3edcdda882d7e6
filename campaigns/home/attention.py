"""What somebody should look at today, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign
from crm import access, analysis_day
from crm.imports import seeing
from crm.models import (
    Business,
    Case,
    Customer,
    Feed,
    ImportBatch,
    Interaction,
    Mailing,
    Message,
    ShopEvent,
    User,
    WebhookEndpoint,
    WorkerHeartbeat,
)
from crm.outbox import mending
from segments.models import CustomerFeatures, DriftAlarm, ScoringRun, Segment

LOOK_BACK = timedelta(days=14)
STALE = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to look at; `level` is danger, warning or info."""

    level: str
    icon: str
    text: str
    url: str
    action: str
    ways: tuple[mending.Way, ...] = ()  # Where what stands behind it can be looked at and mended.


def matters(user: User, business: Business, now: datetime) -> list[Matter]:
    """What this member of staff should look at."""
    may_own = access.may(user, access.Right.OWN)
    return [
        *_program(now),
        *_imports(user, now),
        *_connections(now),
        *_campaigns(business),
        *_refresh(now),
        *_drift(),
        *_age(business, now),
        *_feedback(now),
        *_cases(now),
        *_webhooks(may_own=may_own),
    ]


def unhappy(now: datetime) -> QuerySet[Customer]:
    """Customers whose last low answer of two weeks has no staff note after it."""
    low = Q(metric="nps", number__lte=6) | Q(metric="csat", number__lte=2) | Q(metric="ces", number__lte=3)
    said = Interaction.objects.filter(low, kind="answer", at__gte=now - LOOK_BACK).exclude(customer=None)
    noted = Interaction.objects.filter(customer=OuterRef("customer"), kind="note", at__gte=OuterRef("at"))
    return Customer.objects.filter(pk__in=said.filter(~Exists(noted)).values("customer"))


def _program(now: datetime) -> Iterator[Matter]:
    if not WorkerHeartbeat.anybody_there(now):
        yield Matter(
            "danger",
            "engine-off",
            _("No worker is running: imports, refreshes and mails wait. Start one with “make worker”."),
            reverse("crm:outbox"),
            _("See what waits"),
        )


def _imports(user: User, now: datetime) -> Iterator[Matter]:
    stopped = seeing.visible(user).filter(state=ImportBatch.State.FAILED, created_at__gte=now - LOOK_BACK)
    for batch in stopped[:3]:
        text = _("The import of %(file)s stopped. You can resume it.") % {"file": batch.file_name}
        yield Matter(
            "danger", "database-import", text, reverse("crm:import", args=[batch.pk]), _("Look at it")
        )


def _connections(now: datetime) -> Iterator[Matter]:
    """Watched sources that fail, and messages of shops that could not be worked in."""
    for feed in Feed.objects.exclude(error="").exclude(state=Feed.State.OFF)[:3]:
        level = "danger" if feed.state == Feed.State.STOPPED else "warning"
        text = _("“%(name)s” could not be taken over: %(reason)s") % {"name": feed.name, "reason": feed.error}
        yield Matter(level, "folder", text, reverse("crm:feed", args=[feed.pk]), _("See why"))
    failed = ShopEvent.objects.filter(state=ShopEvent.State.FAILED, received_at__gte=now - LOOK_BACK)
    if count := failed.count():
        text = ngettext(
            "%(n)s message of a shop could not be taken over.",
            "%(n)s messages of shops could not be taken over.",
            count,
        ) % {"n": count}
        yield Matter("warning", "webhook", text, reverse("crm:connections"), _("See why"))


def _campaigns(business: Business) -> Iterator[Matter]:
    for campaign in Campaign.objects.filter(state=Campaign.State.MISSED)[:3]:
        text = _("“%(name)s” missed its time and was not sent.") % {"name": campaign.name}
        yield Matter("danger", "clock-exclamation", text, campaign.get_absolute_url(), _("Decide"))
    for campaign in Campaign.objects.filter(state=Campaign.State.PAUSED).select_related("mailing")[:3]:
        text = _("“%(name)s” is paused.") % {"name": campaign.name}
        if campaign.mailing and campaign.mailing.reason:
            text += f" {_(campaign.mailing.reason)}"
        ways = mending.ways(campaign.mailing) if campaign.mailing else ()
        yield Matter("warning", "player-pause", text, campaign.get_absolute_url(), _("Decide"), ways)
    # Naming the mailings lets both databases count along the index.
    unsure = Message.objects.filter(
        mailing__in=Mailing.objects.values("pk"), state=Message.State.UNSURE
    ).count()
    if unsure:
        text = ngettext(
            "%(n)s message may or may not have arrived.",
            "%(n)s messages may or may not have arrived.",
            unsure,
        ) % {"n": unsure}
        yield Matter("warning", "help-circle", text, reverse("crm:outbox") + "?state=unsure", _("Look at it"))
    if not business.postal_address:
        text = _("Mails must name a postal address, and yours is missing.")
        yield Matter("warning", "map-pin", text, reverse("crm:business"), _("Add it"))
    if settings.MAIL_CONNECTION and not business.from_email:
        text = _("Mails have no sender address yet.")
        yield Matter("warning", "at", text, reverse("crm:business"), _("Add it"))


def _refresh(now: datetime) -> Iterator[Matter]:
    runs = ScoringRun.objects.filter(kind=ScoringRun.Kind.REFRESH)
    last = runs.exclude(state__in=[ScoringRun.State.QUEUED, ScoringRun.State.RUNNING]).first()
    if last and last.state == ScoringRun.State.FAILED:
        text = _("The last refresh stopped: %(reason)s") % {"reason": last.error}
        yield Matter("warning", "refresh-alert", text, reverse("segments:segments"), _("Look at it"))
    elif Customer.objects.exists() and not CustomerFeatures.objects.exists():
        text = _("Your customers are not analysed yet.")
        yield Matter("info", "refresh", text, reverse("segments:segments"), _("Refresh"))
    elif last and last.finished_at and now - last.finished_at > STALE:
        text = _("The last refresh is older than a day and a half.")
        yield Matter("info", "refresh", text, reverse("segments:segments"), _("Refresh"))
    for segment in Segment.objects.exclude(error="")[:3]:
        text = _("The segment “%(name)s” was left as it was: %(reason)s")
        text %= {"name": segment.name, "reason": segment.error}
        yield Matter("warning", "chart-pie", text, segment.get_absolute_url(), _("Look at it"))


def _drift() -> Iterator[Matter]:
    """One line, however much moved: the page tells the rest."""
    if count := DriftAlarm.objects.filter(state=DriftAlarm.State.OPEN).count():
        text = ngettext(
            "%(n)s figure left its usual range.", "%(n)s figures left their usual range.", count
        ) % {"n": count}
        yield Matter("info", "activity", text, reverse("segments:changes"), _("See what changed"))


def _age(business: Business, now: datetime) -> Iterator[Matter]:
    """The question whether to analyse as of that day comes first, and stands on the same page."""
    old = analysis_day.old_sale(business, now)
    if old and not analysis_day.question(business, now):
        text = _("The last sale was on %(day)s. Import newer purchases to see how your shop is doing today.")
        text %= {"day": date_format(old.day, "DATE_FORMAT")}
        yield Matter("info", "calendar-event", text, reverse("crm:import_new"), _("Import a file"))


def _feedback(now: datetime) -> Iterator[Matter]:
    if count := unhappy(now).count():
        text = ngettext(
            "%(n)s unhappy customer of the last two weeks waits for a word from you.",
            "%(n)s unhappy customers of the last two weeks wait for a word from you.",
            count,
        ) % {"n": count}
        yield Matter("info", "mood-sad", text, reverse("campaigns:home_unhappy"), _("See who they are"))


def _cases(now: datetime) -> Iterator[Matter]:
    if count := Case.objects.overdue(now).count():
        text = ngettext("%(n)s case is late.", "%(n)s cases are late.", count) % {"n": count}
        yield Matter("warning", "lifebuoy", text, reverse("crm:cases") + "?folder=late", _("Answer them"))


def _webhooks(*, may_own: bool) -> Iterator[Matter]:
    """For the owners: nobody else may open the page."""
    broken = WebhookEndpoint.objects.filter(state=WebhookEndpoint.State.BROKEN) if may_own else ()
    for endpoint in list(broken)[:3]:
        text = _("The webhook “%(name)s” was switched off after failures.") % {"name": endpoint}
        yield Matter("warning", "webhook", text, reverse("crm:webhook", args=[endpoint.pk]), _("Look at it"))
