"""What works in the background now, and what is planned next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from crm import outbox
from crm.imports import seeing
from crm.models import ImportBatch, User
from segments.models import ScoringRun


@dataclass(frozen=True, slots=True)
class Work:
    """One running or waiting piece of work; `of` is 0 where its size is not known."""

    icon: str
    name: str
    state: str
    url: str
    done: int = 0
    of: int = 0
    is_moving: bool = True


def works(user: User) -> list[Work]:
    """What goes on now, of that which this member of staff may see."""
    return [*_imports(user), *_calculations(), *_campaigns()]


def _imports(user: User) -> Iterator[Work]:
    states = [ImportBatch.State.QUEUED, ImportBatch.State.RUNNING]
    for one in seeing.visible(user).filter(state__in=states)[:5]:
        url, total = reverse("crm:import", args=[one.pk]), one.total_rows or 0
        name = _("Import of %(file)s") % {"file": one.file_name}
        yield Work("database-import", name, one.get_state_display(), url, one.next_row, total)


def _calculations() -> Iterator[Work]:
    states = [ScoringRun.State.QUEUED, ScoringRun.State.RUNNING]
    for one in ScoringRun.objects.filter(state__in=states)[:5]:
        progress = one.progress or {}
        step = str(progress.get("step", "")) or one.get_state_display()
        done, of = progress.get("done") or 0, progress.get("of") or 0
        yield Work("refresh", one.get_kind_display(), step, reverse("segments:segments"), done, of)


def _campaigns() -> Iterator[Work]:
    states = Campaign.State
    busy = [states.PLANNING, states.SENDING, states.PAUSED, states.SCHEDULED]
    for one in Campaign.objects.filter(state__in=busy).select_related("mailing").order_by("scheduled_at")[:5]:
        state, done, of = one.get_state_display(), 0, 0
        if one.state == states.SCHEDULED and one.scheduled_at:
            when = date_format(localtime(one.scheduled_at), "SHORT_DATETIME_FORMAT")
            state = _("Planned for %(when)s") % {"when": when}
        elif one.mailing:
            counts = outbox.counts(one.mailing)
            of = counts["audience"]
            done = of - counts["queued"] - counts["sending"]
        moving = one.state in {states.PLANNING, states.SENDING}
        yield Work("send", one.name, state, one.get_absolute_url(), done, of, moving)
