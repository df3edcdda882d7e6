"""What feedback hears."""

from __future__ import annotations

from feedback.models.answer import Answer
from feedback.models.asking import Asking, NotAsked
from feedback.models.attitude import Attitude
from feedback.models.closing import ClosingRule, Followed, Reask, ScoreTarget
from feedback.models.invitation import Invitation
from feedback.models.review import Review
from feedback.models.survey import BankQuestion, Question, Survey, SurveyVersion
from feedback.models.theme import ASPECTS, Listener, Listening, Mention, Remark, Theme

__all__ = [
    "ASPECTS",
    "Answer",
    "Asking",
    "Attitude",
    "BankQuestion",
    "ClosingRule",
    "Followed",
    "Invitation",
    "Listener",
    "Listening",
    "Mention",
    "NotAsked",
    "Question",
    "Reask",
    "Remark",
    "Review",
    "ScoreTarget",
    "Survey",
    "SurveyVersion",
    "Theme",
]
