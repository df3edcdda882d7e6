"""The few things that crm announces upwards; losing one delays what others show and breaks nothing."""

from __future__ import annotations

from django.dispatch import Signal

unsubscribed = Signal()  # sender=Message, message=Message, at=datetime
import_finished = Signal()  # sender=ImportBatch, batch=ImportBatch
merged = Signal()  # sender=CustomerMerge, merge=CustomerMerge: several customers became one
undone = Signal()  # sender=Journal, journal=Journal: rows are as they were before
