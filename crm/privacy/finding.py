"""Every row about a person: what refers to them, and what refers to that; found from the models alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import CASCADE, Field, ForeignKey, Model, QuerySet

from crm import bulk
from crm.models import Customer


@dataclass(frozen=True, slots=True)
class Way:
    """How a model leads to a customer: "customer", "message__customer" …"""

    model: type[Model]
    path: str
    owned: bool  # The rows go with the customer, rather than only naming them.

    def rows(self, customers: Collection[int]) -> QuerySet[Model]:
        return self.model._base_manager.filter(**{f"{self.path}__in": bulk.numbers(customers)})

    @property
    def depth(self) -> int:
        return self.path.count("__")


def ways() -> list[Way]:
    """All ways to a customer, the farthest first: children are treated before what they hang on."""
    found: list[Way] = []
    seen: set[tuple[type[Model], str]] = set()
    front: list[tuple[type[Model], str, bool]] = [(Customer, "", True)]
    while front:
        parent, path, owned = front.pop(0)
        for model, key in _references(parent):
            way = key.name if not path else f"{key.name}__{path}"
            cascades = owned and key.remote_field.on_delete is CASCADE
            if path and not cascades:
                continue  # Of what hangs on their rows, only what cannot live without.
            if (model, way) in seen or model is Customer:
                continue
            seen.add((model, way))
            found.append(Way(model, way, cascades))
            if cascades and model is not parent and way.count("__") < 4:
                front.append((model, way, cascades))
    return sorted(found, key=lambda way: (-way.depth, way.model._meta.label))


def _references(parent: type[Model]) -> Iterator[tuple[type[Model], ForeignKey[Model, Model]]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy or not model._meta.managed:
            continue
        for field in model._meta.local_fields:
            if isinstance(field, ForeignKey) and field.remote_field.model is parent:
                yield model, field


def texts(model: type[Model]) -> list[Field]:  # type: ignore[type-arg]
    """The columns of a model that hold words."""
    from django.db.models import CharField, JSONField, TextField

    return [
        one for one in model._meta.local_concrete_fields if isinstance(one, CharField | TextField | JSONField)
    ]
