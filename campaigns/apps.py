from __future__ import annotations

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        from campaigns import finding, mailer, tracking  # Models are loaded only now.
        from campaigns.models import MessageEvent
        from crm import privacy
        from crm.signals import unsubscribed

        finding.register()
        mailer.register()
        privacy.keep(MessageEvent, "agent", unique=("key",))
        unsubscribed.connect(tracking.note_unsubscription, dispatch_uid="campaigns.tracking")
