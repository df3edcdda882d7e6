"""Forms for rules about answers, and for targets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm import accounts
from crm.forms.look import Look
from crm.models import Business, User
from feedback import thanking
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
            "campaign",
            "thank_days",
            "tells",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("email")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]
        if accounts.is_solo(Business.current()):  # Nobody else could get the case.
            del self.fields["owner"]
        self.fields["theme"].queryset = Theme.objects.filter(is_hidden=False)  # type: ignore[attr-defined]
        segments = Segment.objects.order_by("name").values_list("slug", "name")
        self.fields["segment"] = forms.ChoiceField(
            label=_("Only this segment"),
            required=False,
            choices=[("", "—"), *segments],
            widget=forms.Select(attrs={"class": "form-select"}),
        )
        mails = thanking.choices()
        if self.instance.campaign and self.instance.campaign not in dict(mails):
            mails.append((self.instance.campaign, self.instance.campaign))
        self.fields["campaign"] = forms.ChoiceField(
            label=_("Send a thank-you or a coupon"),
            required=False,
            choices=[("", "—"), *mails],
            widget=forms.Select(attrs={"class": "form-select"}),
            help_text=_(
                "A campaign that goes out one by one. Who has not agreed to marketing mail does not get it."
            ),
        )
        self.fields["thank_days"].required = False
        self.order_fields(self.Meta.fields)

    def clean_thank_days(self) -> int:
        days: int | None = self.cleaned_data["thank_days"]
        if days is not None and days < 1:
            raise forms.ValidationError(_("At least one day."))
        return days or ClosingRule(name="").thank_days

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        low, high = said.get("score_from"), said.get("score_to")
        if low is not None and high is not None and low > high:
            self.add_error("score_to", _("This is below “score from”."))
        if low is None and high is None and not said.get("theme"):
            self.add_error(
                None, _("Say for which scores, or for which topic. Else every answer would be meant.")
            )
        wanted = ("opens_case", "tag", "tells", "campaign")
        if not any(said.get(one) for one in wanted) and said.get("reask_days") is None:
            self.add_error(
                None, _("Say what shall happen: a case, a tag, a mail, a webhook, or asking again.")
            )
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
