from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "segments"

    def ready(self) -> None:
        from crm import journal
        from crm.signals import import_finished, undone
        from segments.models import ClusterMember, CustomerFeatures, Membership
        from segments.rules import text

        text.connect()
        import_finished.connect(_refresh, dispatch_uid="segments.refresh")
        undone.connect(_refresh, dispatch_uid="segments.refresh_undone")
        journal.derived(CustomerFeatures, Membership, ClusterMember)


def _refresh(**_: Any) -> None:
    """Purchases or answers came or went: describe everyone soon; if this is lost, the night catches up."""
    from segments import refresh

    refresh.request()
