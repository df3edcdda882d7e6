from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import design
from campaigns.forms_words import WORDS, Worded
from campaigns.models import Campaign, MailTemplate, Variant
from campaigns.rendering import Sources
from crm import slugs
from crm.errors import Refusal
from crm.models import Business, Sender, User
from feedback.models import Survey
from segments.models import Segment

# What stands where a campaign's short name stands in an address.
PAGES = frozenset(
    {"new", "templates", "preview", "audience", "people", "design", "pictures", "snippets", "customer"}
    | {"home", "demo", "proof", "calendar", "visual", "worked", "words", "text"}
)


class CampaignForm(Worded, forms.ModelForm):  # type: ignore[type-arg]
    """Everything a draft holds. The design is tried out before it is kept."""

    include = forms.ModelMultipleChoiceField(
        Segment.objects.all(),
        label=gettext_lazy("Send to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    exclude = forms.ModelMultipleChoiceField(
        Segment.objects.all(),
        label=gettext_lazy("But not to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Campaign
        fields = [
            "name",
            "subject",
            "preheader",
            "include",
            "exclude",
            "one_per_household",
            "one_by_one",
            "survey",
            "mjml",
            "text",
        ]
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            "subject": forms.TextInput(attrs={"class": "form-control", "data-preview-source": ""}),
            "preheader": forms.TextInput(attrs={"class": "form-control", "data-preview-source": ""}),
            "survey": forms.Select(attrs={"class": "form-select", "data-preview-source": ""}),
            "text": forms.Textarea(attrs={"class": "form-control", "rows": 6}),
            "one_per_household": forms.CheckboxInput(attrs={"class": "form-check-input"}),
            "one_by_one": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }
        help_texts = {
            "name": gettext_lazy("Only you see it."),
            "preheader": gettext_lazy("Stands beside the subject in many inboxes."),
            "survey": gettext_lazy("For {{ survey_row }} or {{ survey_link }} in the design."),
            "text": gettext_lazy("Leave it empty and it is made from the design."),
        }

    def __init__(self, *args: Any, business: Business, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.business = business
        survey = self.fields["survey"]
        assert isinstance(survey, forms.ModelChoiceField)
        survey.queryset = Survey.objects.filter(state=Survey.State.OPEN, is_imported=False)
        survey.empty_label = _("No survey")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("mjml") and data.get("subject"):
            written = Sources(
                data["subject"], data["mjml"], data.get("preheader") or "", data.get("text") or ""
            )
            has_survey = data.get("survey") is not None
            if problem := design.problem_in(written, has_survey=has_survey, business=self.business):
                self.add_error("mjml", problem)
        return data

    @transaction.atomic
    def store(self, user: User) -> Campaign:
        """Keep the draft; refused when it is no draft any more."""
        data = dict(self.cleaned_data)
        include, exclude = data.pop("include"), data.pop("exclude")
        campaign: Campaign = self.instance
        if campaign.pk is None:
            slug = free_slug(data["name"])
            campaign = Campaign.objects.create(slug=slug, created_by=user, **data)
        elif not Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.DRAFT).update(error="", **data):
            raise Refusal(campaign.why_fixed)
        campaign.include.set(include)
        campaign.exclude.set(exclude)
        return campaign


class VariantForm(Worded, forms.ModelForm):  # type: ignore[type-arg]
    """One text of a campaign: in another language."""

    class Meta:
        model = Variant
        fields = ["subject", "preheader", "mjml", "text"]
        widgets = {
            "subject": forms.TextInput(attrs={"class": "form-control", "data-preview-source": ""}),
            "preheader": forms.TextInput(attrs={"class": "form-control", "data-preview-source": ""}),
            "text": forms.Textarea(attrs={"class": "form-control", "rows": 6}),
        }
        help_texts = {"text": gettext_lazy("Leave it empty and it is made from the design.")}

    def __init__(self, *args: Any, business: Business, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.business = business
        self.fields["subject"].required = self.fields["mjml"].required = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("mjml") and data.get("subject"):
            written = Sources(
                data["subject"], data["mjml"], data.get("preheader") or "", data.get("text") or ""
            )
            has_survey = self.instance.campaign.survey_id is not None
            if problem := design.problem_in(written, has_survey=has_survey, business=self.business):
                self.add_error("mjml", problem)
        return data

    @transaction.atomic
    def store(self) -> Variant:
        """Keep the text; refused when the campaign is no draft any more."""
        variant: Variant = self.instance
        draft = Campaign.objects.filter(pk=variant.campaign_id, state=Campaign.State.DRAFT)
        if not draft.update(error=""):
            raise Refusal(variant.campaign.why_fixed)
        values = {**self.cleaned_data, "updated_at": timezone.now(), "follows": self.mode == WORDS}
        same = variant.campaign.variants.filter(arm=variant.arm, language=variant.language)
        if not same.update(**values):
            Variant.objects.create(
                campaign=variant.campaign, arm=variant.arm, language=variant.language, **values
            )
        return same.get()


class TemplateForm(Worded, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = MailTemplate
        fields = ["name", "description", "subject", "language", "mjml"]
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control"}),
            "description": forms.TextInput(attrs={"class": "form-control"}),
            "subject": forms.TextInput(attrs={"class": "form-control", "data-preview-source": ""}),
            "language": forms.Select(
                choices=[("en", "English"), ("zh-hans", "简体中文")], attrs={"class": "form-select"}
            ),
        }

    def __init__(self, *args: Any, business: Business, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.business = business

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("mjml"):
            written = Sources(data.get("subject") or "", data["mjml"])
            if problem := design.problem_in(written, has_survey=True, business=self.business):
                self.add_error("mjml", problem)
        return data


class ScheduleForm(forms.Form):
    """A moment in the shop's time zone."""

    at = forms.DateTimeField(
        label=gettext_lazy("Send at"),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": "form-control"}, format="%Y-%m-%dT%H:%M"
        ),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )


class TestForm(forms.Form):
    to = forms.EmailField(
        label=gettext_lazy("Send a test to"), widget=forms.EmailInput(attrs={"class": "form-control"})
    )


class DeliveryForm(forms.ModelForm):  # type: ignore[type-arg]
    """By whom, how urgent and when each person gets it."""

    class Meta:
        model = Campaign
        fields = ["sender", "timing", "priority", "valid_hours"]
        widgets = {
            "sender": forms.Select(attrs={"class": "form-select"}),
            "timing": forms.RadioSelect(attrs={"class": "form-check-input"}),
            "priority": forms.Select(attrs={"class": "form-select"}),
            "valid_hours": forms.NumberInput(attrs={"class": "form-control", "min": 1, "max": 720}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sender = self.fields["sender"]
        assert isinstance(sender, forms.ModelChoiceField)
        sender.queryset = Sender.objects.filter(is_active=True).defer("secret", "dkim_key", "hook_secret")
        sender.empty_label = _("The usual sender")

    def clean_valid_hours(self) -> int:
        hours: int = self.cleaned_data["valid_hours"]
        if not 1 <= hours <= 720:
            raise forms.ValidationError(_("Between 1 and 720 hours."))
        return hours


def free_slug(name: str) -> str:
    """A short name that no campaign has yet."""
    return slugs.free_slug(name, Campaign.objects.all(), otherwise="campaign", reserved=PAGES)
