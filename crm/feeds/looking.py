"""One look into a folder or at an address: claimed, each content imported once, failures told and counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import audit
from crm.errors import Refusal
from crm.feeds import fetching, places
from crm.imports import intake, profiles
from crm.models import AuditEntry, Feed, FeedFile, ImportBatch

LOST: Final = timedelta(minutes=10)
GIVES_UP: Final = 5  # Failures one after the other.
State = Feed.State


def due(now: datetime) -> list[int]:
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - LOST)
    waiting = Feed.objects.filter(free, state=State.ON, next_at__lte=now)
    return list(waiting.order_by("next_at").values_list("pk", flat=True)[:50])


def look(feed_id: int, *, clock: Any = timezone.now) -> list[int]:
    """Look now and begin an import for each new content; their numbers."""
    now = clock()
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - LOST)
    if not Feed.objects.filter(free, pk=feed_id, state=State.ON).update(claimed_at=now, looked_at=now):
        return []
    feed = Feed.objects.get(pk=feed_id)
    begun: list[int] = []
    try:
        problem = _folder(feed, begun, now) if feed.kind == Feed.Kind.FOLDER else _address(feed, begun, now)
    except Refusal as refusal:
        problem = str(refusal)
    except Exception:
        _settle(feed, _("Something unexpected happened."), now)
        raise
    _settle(feed, problem, now)
    return begun


def _folder(feed: Feed, begun: list[int], now: datetime) -> str:
    """Every complete file of the folder; the reason of the last that could not be imported."""
    problem = ""
    for file in places.waiting(places.folder(feed.folder), now=now):
        try:
            batch = bring(feed, file, file.name, now)
        except Refusal as refusal:
            problem = f"{file.name}: {refusal}"
            places.put_away(file, places.ERROR, now=now)
        else:
            begun += [batch] if batch else []
            places.put_away(file, places.DONE, now=now)
    return problem


def _address(feed: Feed, begun: list[int], now: datetime) -> str:
    found = fetching.fetch(feed)
    if found is None:
        return ""
    try:
        if batch := bring(feed, found.path, found.name, now):
            begun.append(batch)
    finally:
        found.path.unlink(missing_ok=True)
    Feed.objects.filter(pk=feed.pk).update(etag=found.etag, last_modified=found.last_modified)
    return ""


def bring(feed: Feed, path: Path, name: str, now: datetime) -> int | None:
    """Queue an ordinary import of the file; None for a content that came before. Refuses what is unclear."""
    options = {"told_preset": feed.preset, "feed": feed.pk}
    batch = intake.take(intake.blocks_of(path), name, feed.content, options=options)
    if FeedFile.objects.filter(feed=feed, sha256=batch.sha256, error="").exists():
        intake.discard(batch)
        return None
    try:
        _understand(batch)
        with transaction.atomic():
            _remember(feed, batch, batch.pk, "", now)
            intake.queue(batch)
            audit.record(None, AuditEntry.Action.IMPORTED, batch, count=batch.total_rows, detail=feed.name)
    except Refusal as refusal:
        _remember(feed, batch, None, str(refusal), now)
        intake.discard(batch)
        raise
    return batch.pk


def _understand(batch: ImportBatch) -> None:
    try:
        intake.understand(batch)
    except intake.OtherKind as other:
        intake.change_kind(batch, other.preset.kind)
    profiles.recall(batch)


def _remember(feed: Feed, batch: ImportBatch, number: int | None, error: str, now: datetime) -> None:
    FeedFile.objects.update_or_create(
        feed=feed,
        sha256=batch.sha256,
        defaults={"name": batch.file_name, "batch_id": number, "error": error[:400], "at": now},
    )


def _settle(feed: Feed, problem: str, now: datetime) -> None:
    """Say how it went; ON → STOPPED after the last failure that is borne."""
    this = Feed.objects.filter(pk=feed.pk)
    this.update(claimed_at=None, next_at=now + timedelta(minutes=feed.every_minutes), error=problem[:400])
    if not problem:
        this.update(failures=0)
        return
    this.update(failures=F("failures") + 1)
    this.filter(state=State.ON, failures__gte=GIVES_UP).update(state=State.STOPPED)


def switch(feed_id: int, state: str) -> None:
    """ON ⇄ OFF, STOPPED → ON by a person; what failed before is forgiven."""
    Feed.objects.filter(pk=feed_id).update(state=state, failures=0, error="", next_at=timezone.now())
