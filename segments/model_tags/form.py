"""Which classes give a tag, and from which limit on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from crm import languages
from crm.forms.look import Look
from crm.templatetags.crm_format import number
from segments.lifecycle import stages
from segments.model_tags import giving
from segments.model_tags.catalogue import CLASSES
from segments.models import ModelTag


class ModelTagsForm(Look, forms.Form):
    """A box and a limit for each class; an empty limit takes what we suggest."""

    def __init__(self, *args: Any, rows: Sequence[ModelTag], **kwargs: Any) -> None:
        self.rows = rows
        self.now = stages.shown()
        self.base_fields = {}  # type: ignore[misc]  # So that `Look` dresses them too.
        for row in rows:
            one = CLASSES[row.code]
            suggested = number(giving.usual(row.code, self.now))
            self.base_fields[f"on_{row.code}"] = forms.BooleanField(
                label=str(one.name), required=False, initial=row.is_on
            )
            self.base_fields[f"limit_{row.code}"] = forms.FloatField(
                label=str(one.unit),
                required=False,
                initial=int(row.limit) if row.limit is not None else None,
                min_value=one.least,
                max_value=one.most,
                help_text=_("Empty: %(number)s, as we suggest.") % {"number": suggested},
                widget=forms.NumberInput(attrs={"step": 1, "placeholder": suggested}),
            )
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        sleeping = self._limit("sleeping", asked)
        if sleeping >= self.now.lost_days:
            text = _("Sleeping must begin before lost, which is after %(days)s.")
            self.add_error("limit_sleeping", text % {"days": languages.days(self.now.lost_days)})
        if self._limit("lost", asked) <= sleeping and "limit_sleeping" not in self.errors:
            self.add_error("limit_lost", _("Lost must come later than sleeping: choose more days."))
        return asked

    def _limit(self, code: str, asked: dict[str, Any]) -> float:
        own = asked.get(f"limit_{code}")
        return giving.usual(code, self.now) if own is None else float(own)

    def limits(self) -> dict[str, float | None]:
        return {row.code: self.cleaned_data[f"limit_{row.code}"] for row in self.rows}

    def save(self) -> list[str]:
        """Keep what was chosen; returns the codes of classes that changed."""
        changed = []
        for row in self.rows:
            on, limit = self.cleaned_data[f"on_{row.code}"], self.cleaned_data[f"limit_{row.code}"]
            if limit != row.limit:
                ModelTag.objects.filter(pk=row.pk).update(limit=limit)
            if on != row.is_on:
                giving.switch(row, on=on)
            if (on, limit) != (row.is_on, row.limit):
                changed.append(row.code)
        return changed
