from __future__ import annotations

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        from campaigns import finding, mailer, thanking, tracking  # Models are loaded only now.
        from campaigns.models import Campaign, MailTemplate, MessageEvent, Snippet, Variant
        from crm import privacy
        from crm.audit_trail import follow
        from crm.signals import unsubscribed
        from feedback import thanking as thanks

        follow(
            Campaign,
            "mailing",
            "error",
            "frozen",
            "started_at",
            "finished_at",
            "created_by",
            "created_at",
            by={"slug": "slug"},
        )
        follow(Variant, "updated_at", by={"slug": "campaign__slug"})
        follow(Snippet, "updated_at", by={"pk": "pk"})
        follow(MailTemplate, "updated_at", by={"pk": "pk"})
        finding.register()
        mailer.register()
        thanks.offered_by(thanking.choices)
        privacy.keep(MessageEvent, "agent", "network", "method", "signal", unique=("key",))
        unsubscribed.connect(tracking.note_unsubscription, dispatch_uid="campaigns.tracking")
