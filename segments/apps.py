from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "segments"

    def ready(self) -> None:
        from crm.signals import import_finished
        from segments.rules import text

        text.connect()
        import_finished.connect(_refresh, dispatch_uid="segments.refresh")


def _refresh(**_: Any) -> None:
    """New purchases or answers: describe everyone soon; if this is lost, the night catches up."""
    from segments import refresh

    refresh.request()
