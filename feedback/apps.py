from __future__ import annotations

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "feedback"

    def ready(self) -> None:
        from crm.imports import kinds
        from feedback.imports import AnswersLoader

        kinds.register("answers", AnswersLoader())
