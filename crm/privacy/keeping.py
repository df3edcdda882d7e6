"""What an erasure keeps of rows that refer to a person. A model that nobody speaks for is deleted.

Apps speak in AppConfig.ready(), naming the columns that lose their content:

    privacy.keep(Answer, "comment", changes={"values": numbers_only})
    privacy.also(journal.forget)             # Called with the customers' numbers; returns how many rows.
    privacy.lastly(noticing.forget)          # The same, after everything else.
    privacy.sweep_whole(WebhookDelivery)     # A row that mentions the person loses all its texts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

type Change = Callable[[Any], Any]
type Hook = Callable[[Collection[int]], int]


@dataclass(frozen=True, slots=True)
class Kept:
    """`blank` columns lose their content, `rare` ones only where no other person's row says the same;
    `changed` ones become what a function makes of them, `unique` ones a text of their own."""

    blank: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    changed: Mapping[str, Change] = field(default_factory=dict)


_kept: dict[type[Model], Kept] = {}
_hooks: dict[str, Hook] = {}
_last: dict[str, Hook] = {}
_whole: set[type[Model]] = set()


def keep(
    model: type[Model],
    *blank: str,
    rare: Collection[str] = (),
    unique: Collection[str] = (),
    changes: Mapping[str, Change] | None = None,
) -> None:
    """Keep the rows of this model without what names the person."""
    _kept[model] = Kept(blank, tuple(rare), tuple(unique), changes or {})


def also(hook: Hook, name: str = "") -> Hook:
    """Let `hook(customer numbers)` clear what no foreign key leads to; it returns how many rows that were."""
    _hooks[name or f"{hook.__module__}.{hook.__name__}"] = hook
    return hook


def lastly(hook: Hook) -> Hook:
    """The same once all else is emptied: for what is noted of that emptying itself."""
    _last[f"{hook.__module__}.{hook.__name__}"] = hook
    return hook


def sweep_whole(*models: type[Model]) -> None:
    """Rows of these that mention an erased person lose all their texts, not only the mention."""
    _whole.update(models)


def policy(model: type[Model]) -> Kept | None:
    return _kept.get(model)


def hooks() -> dict[str, Hook]:
    return dict(_hooks)


def last_hooks() -> dict[str, Hook]:
    return dict(_last)


def is_swept_whole(model: type[Model]) -> bool:
    return model in _whole


def numbers_only(values: Any) -> Any:
    """Of a JSON object what counts: numbers and yes/no, no words."""
    if not isinstance(values, dict):
        return {}
    return {key: value for key, value in values.items() if isinstance(value, bool | int | float)}


def _speak_for_crm() -> None:
    from crm.models import (
        AuditEntry,
        Case,
        ImportProblem,
        Interaction,
        Message,
        PrivacyRequest,
        Purchase,
        PurchaseLine,
        Refund,
        RememberedAnswer,
        WebhookDelivery,
    )

    keep(Purchase, "number", rare=("channel", "coupon", "currency"), unique=("key",))
    keep(PurchaseLine, unique=("fingerprint",))
    keep(Refund, "number", unique=("key",))
    keep(
        Interaction,
        "title",
        rare=("kind", "source", "subject", "metric"),
        unique=("key",),
        changes={"properties": numbers_only},
    )
    nothing: dict[str, Change] = {"context": lambda _old: {}}
    cleared = ("to_email", "error", "claimed_by", "provider_id")
    keep(Message, *cleared, rare=("reason",), unique=("key",), changes=nothing)
    wishes: dict[str, Change] = {"proposal": lambda _old: {}}
    keep(PrivacyRequest, "answer", rare=("source",), changes=wishes)
    words = ("subject", "sender_name", "sender_email", "language", "search_text")
    keep(Case, *words, rare=("category",), unique=("source",))
    sweep_whole(AuditEntry, ImportProblem, RememberedAnswer, WebhookDelivery)


_speak_for_crm()
