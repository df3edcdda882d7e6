"""Forms for rules about answers, and for targets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.look import Look
from crm.models import User
from feedback.models import ClosingRule, ScoreTarget, Theme
from segments.models import Segment


class RuleForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ClosingRule
        fields = (
            "name",
            "survey",
            "score_from",
            "score_to",
            "theme",
            "segment",
            "opens_case",
            "owner",
            "due_hours",
            "reask_days",
            "tag",
            "tells",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("email")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]
        self.fields["theme"].queryset = Theme.objects.filter(is_hidden=False)  # type: ignore[attr-defined]
        segments = Segment.objects.order_by("name").values_list("slug", "name")
        self.fields["segment"] = forms.ChoiceField(
            label=_("Only this segment"),
            required=False,
            choices=[("", "—"), *segments],
            widget=forms.Select(attrs={"class": "form-select"}),
        )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        low, high = said.get("score_from"), said.get("score_to")
        if low is not None and high is not None and low > high:
            self.add_error("score_to", _("This is below “score from”."))
        if low is None and high is None and not said.get("theme"):
            self.add_error(
                None, _("Say for which scores, or for which topic. Else every answer would be meant.")
            )
        wanted = ("opens_case", "tag", "tells")
        if not any(said.get(one) for one in wanted) and said.get("reask_days") is None:
            self.add_error(None, _("Say what shall happen: a case, a tag, a webhook, or asking again."))
        return said


class TargetForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ScoreTarget
        fields = ("goal", "days")

    def clean_goal(self) -> int:
        goal: int = self.cleaned_data["goal"]
        if not -100 <= goal <= 100:
            raise forms.ValidationError(_("A score lies between −100 and 100."))
        return goal

    def clean_days(self) -> int:
        days: int = self.cleaned_data["days"]
        if not 7 <= days <= 730:
            raise forms.ValidationError(_("Please give 7 to 730 days."))
        return days
