"""What feedback hears."""

from __future__ import annotations

from feedback.models.answer import Answer
from feedback.models.attitude import Attitude
from feedback.models.invitation import Invitation
from feedback.models.survey import Question, Survey

__all__ = ["Answer", "Attitude", "Invitation", "Question", "Survey"]
