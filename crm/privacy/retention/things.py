"""What is cleared while the person stays: old conversations, details of mails, rows of files."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from crm.models import (
    Case,
    CaseAttachment,
    CaseMessage,
    Chat,
    DeliveryEvent,
    ImportBatch,
    ImportProblem,
    Message,
    ReceivedMail,
    SandboxMail,
)
from crm.privacy import sweeping

type Beat = Callable[[], object]
NOTHING = {"subject": "", "sender_name": "", "sender_email": "", "search_text": ""}


def cases(before: datetime) -> QuerySet[Case]:
    """Closed ones that nobody touched since and of which words are left."""
    words = Exists(CaseMessage.objects.filter(case=OuterRef("pk")))
    left = ~Q(subject="") | ~Q(sender_email="") | words
    return Case.objects.filter(left, state__in=Case.DONE, changed_at__lt=before)


def clear_cases(found: Collection[Case], _now: datetime, beat: Beat) -> int:
    """The words, files and addresses go; that there was a case, when, and how it ended stays."""
    numbers = [one.pk for one in found]
    beat()
    with transaction.atomic():
        mine = CaseMessage.objects.filter(case__in=numbers)
        names = list(CaseAttachment.objects.filter(message__in=mine).values_list("file", flat=True))
        letters = ReceivedMail.objects.filter(case__in=numbers)
        names += letters.values_list("file", flat=True)
        letters.update(sender="", subject="", file="")
        Chat.objects.filter(case__in=numbers).delete()
        mine.delete()
        Case.objects.filter(pk__in=numbers).update(**NOTHING)
        transaction.on_commit(lambda: _unlink(names))  # Killed before: the chore for files without a row.
    return len(numbers)


def _unlink(names: Collection[str]) -> None:
    for name in names:
        if name:
            Path(settings.MEDIA_ROOT, name).unlink(missing_ok=True)


def mails(before: datetime) -> QuerySet[Message]:
    """Settled messages of then that still say to which address, and with what words."""
    over = Message.objects.exclude(state__in=[Message.State.QUEUED, Message.State.SENDING])
    old = Q(sent_at__lt=before) | Q(sent_at=None, planned_at__lt=before)
    return over.filter(old).filter(~Q(to_email="") | ~Q(context={}) | ~Q(error=""))


def clear_mails(found: Collection[Message], _now: datetime, beat: Beat) -> int:
    """Who got which campaign, when, and what became of it stays."""
    beat()
    numbers = [one.pk for one in found]
    with transaction.atomic():
        SandboxMail.objects.filter(message__in=numbers).delete()
        DeliveryEvent.objects.filter(message__in=numbers).update(to_email="", detail="", raw="")
        Message.objects.filter(pk__in=numbers).update(to_email="", context={}, error="")
    return len(numbers)


def imports(before: datetime) -> QuerySet[ImportBatch]:
    """Imports that ended, of which a copy or cells are left."""
    state = ImportBatch.State
    over = [state.DONE, state.FAILED, state.CANCELLED, state.UNDONE]
    cells = Exists(ImportProblem.objects.filter(batch=OuterRef("pk")).exclude(cells=[]))
    return ImportBatch.objects.filter(~Q(path="") | cells, state__in=over, created_at__lt=before)


def clear_imports(found: Collection[ImportBatch], _now: datetime, beat: Beat) -> int:
    """The counts and reasons stay; the uploaded file, its error file and what rows said go."""
    for batch in found:
        beat()
        listed = batch.counts.get("error_file") or ""
        _unlink([batch.path, listed])
        with transaction.atomic():
            ImportProblem.objects.filter(batch=batch).update(cells=[])
            findings = sweeping.without_samples(batch.findings)
            counts = {**batch.counts, "error_file": None} if listed else batch.counts
            ImportBatch.objects.filter(pk=batch.pk).update(path="", findings=findings, counts=counts)
    return len(found)
