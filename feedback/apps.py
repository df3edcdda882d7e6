from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    name = "feedback"

    def ready(self) -> None:
        from crm import outbox, privacy, sensitive, timeline, webhooks
        from crm.audit_trail import follow
        from crm.imports import kinds
        from crm.signals import import_finished, merged, undone
        from feedback import answers, attitudes, finding, freshness, reading, reasking
        from feedback.asking import mail
        from feedback.imports import AnswersLoader
        from feedback.models import (
            Answer,
            Asking,
            Attitude,
            BankQuestion,
            ClosingRule,
            Invitation,
            Question,
            ScoreTarget,
            Survey,
            Theme,
        )

        follow(Survey, "is_imported", "created_at", "version", by={"slug": "slug"})
        follow(Asking, "mark", "created_at")
        follow(BankQuestion, "created_at")
        follow(Question, by={"slug": "survey__slug"})
        follow(ClosingRule, "created_at")
        follow(ScoreTarget, "state", "changed_at", by={"slug": "survey__slug"})
        follow(Theme, "words", "created_at", "is_kept")
        follow(Attitude, "known", "synced_at", "created_at")
        finding.register()
        mail.register()
        sensitive.used_in(attitudes.users_of)
        for signal in (import_finished, undone):
            signal.connect(reading.look_through, dispatch_uid=f"feedback.reading.{id(signal)}")
        for signal in (import_finished, merged, undone):
            signal.connect(freshness.forget, dispatch_uid=f"feedback.freshness.{id(signal)}")
            signal.connect(attitudes.sync_all, dispatch_uid=f"feedback.attitudes.{id(signal)}")
        outbox.register(reasking.KIND, reasking.prepare)
        kinds.register("answers", AnswersLoader())
        timeline.label("answer", answers.labels)
        webhooks.register("answer.followed", _("A rule for answers was carried out"))
        webhooks.register("score.below", _("A score fell below its target"))
        webhooks.register("answer.created", _("A customer answered a survey"))
        numbers_only = privacy.numbers_only
        said = {"values": numbers_only}
        privacy.keep(Answer, "comment", "language", rare=("source",), unique=("key",), changes=said)
        privacy.keep(Invitation, rare=("source",))
