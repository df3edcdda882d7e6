"""What segments thinks."""

from __future__ import annotations

from segments.models.drift import DriftAlarm, DriftReference
from segments.models.features import CustomerFeatures
from segments.models.following import Following, Touched
from segments.models.lifecycle import LifecycleChoice
from segments.models.measures import KeptFigures, ServingCosts, Spending
from segments.models.model_tag import ModelTag
from segments.models.recommending import ProductAffinity, ProductPair, ProductReach, SegmentFavourite
from segments.models.rfm import RfmChoice, RfmMove
from segments.models.run import ClusterMember, ScoringRun
from segments.models.score import CustomerScore, Score
from segments.models.segment import HandPick, Membership, RuleVersion, Segment

__all__ = [
    "ClusterMember",
    "CustomerFeatures",
    "CustomerScore",
    "DriftAlarm",
    "DriftReference",
    "Following",
    "HandPick",
    "KeptFigures",
    "LifecycleChoice",
    "Membership",
    "ModelTag",
    "ProductAffinity",
    "ProductPair",
    "ProductReach",
    "RfmChoice",
    "RfmMove",
    "RuleVersion",
    "Score",
    "ScoringRun",
    "Segment",
    "SegmentFavourite",
    "ServingCosts",
    "Spending",
    "Touched",
]
