from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "segments"

    def ready(self) -> None:
        from django.db.models import Q

        from crm import field_kinds, journal, sensitive, tag_names, tagging, timeline
        from crm.merging import carry
        from crm.models import CustomerTag
        from crm.signals import import_finished, merged, undone
        from segments import list_tools, own_fields, service
        from segments.model_tags import words
        from segments.model_tags.catalogue import CLASSES
        from segments.models import (
            ClusterMember,
            CustomerFeatures,
            CustomerScore,
            Membership,
            ProductAffinity,
            ProductPair,
            ProductReach,
            RfmMove,
            SegmentFavourite,
        )
        from segments.rfm import moves
        from segments.rules import text

        text.connect()
        list_tools.register()
        tagging.reasons(words.say)
        tag_names.register(one.name for one in CLASSES.values())
        service.register()
        sensitive.used_in(own_fields.users_of)
        field_kinds.breaks_in(own_fields.broken_by)
        import_finished.connect(_refresh, dispatch_uid="segments.refresh")
        undone.connect(_refresh, dispatch_uid="segments.refresh_undone")
        import_finished.connect(_recommend, dispatch_uid="segments.recommend")
        undone.connect(_recommend, dispatch_uid="segments.recommend_undone")
        merged.connect(_refresh, dispatch_uid="segments.refresh_merged")
        carry(Membership, Q(segment__kind="static"))
        journal.derived(CustomerFeatures, CustomerScore, Membership, ClusterMember, RfmMove)
        journal.derived_where(CustomerTag, "source", CustomerTag.Source.MODEL)
        journal.derived(ProductAffinity, ProductPair, ProductReach, SegmentFavourite)
        _notice_changes(self)
        _follow_for_audit()
        timeline.word(moves.KIND, moves.said)
        _speak_for_privacy()


def _follow_for_audit() -> None:
    from crm.audit_trail import follow
    from segments.models import (
        HandPick,
        LifecycleChoice,
        ModelTag,
        RfmChoice,
        Segment,
        ServingCosts,
        Spending,
    )

    follow(Segment, "member_count", "refreshed_at", "error", "created_at", by={"slug": "slug"})
    follow(LifecycleChoice)
    follow(ModelTag, "found", "was_given", "tag", by={"code": "code"})
    follow(Spending)
    follow(ServingCosts)
    follow(HandPick, by={"slug": "segment__slug"})
    follow(RfmChoice, "cuts", "cut_on", "compared_from")


def _speak_for_privacy() -> None:
    from crm import privacy
    from segments.following import pending
    from segments.models import CustomerFeatures, CustomerScore

    privacy.keep(CustomerFeatures)  # Figures, and names of groups.
    privacy.keep(CustomerScore)
    privacy.lastly(pending.forget)


def _refresh(**_: Any) -> None:
    """Purchases or answers came or went: follow now; if this is lost, the next beat does."""
    from segments.following import follower

    follower.soon()


def _notice_changes(app: AppConfig) -> None:
    from django.db.models.signals import post_migrate, pre_migrate

    pre_migrate.connect(_forget_triggers, sender=app)
    post_migrate.connect(_make_triggers, sender=app)


def _make_triggers(**_: Any) -> None:
    from segments.following import noticing

    noticing.install()


def _forget_triggers(plan: Sequence[Any] = (), **_: Any) -> None:
    """No table can be copied or dropped while a trigger names it."""
    from segments.following import noticing

    if plan:
        noticing.uninstall()


def _recommend(**_: Any) -> None:
    """Purchases came or went: recommend by them soon; if this is lost, the night catches up."""
    from segments.recommending import affinities

    affinities.request()
