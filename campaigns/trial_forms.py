"""The forms of a test and of measuring a campaign."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from campaigns import gallery
from campaigns.models import Arm, Campaign, Experiment, Variant
from crm.errors import Refusal
from crm.forms.look import Look
from crm.models import Business

Kind = Experiment.Kind
OTHERS = ("b", "c")
COPY = "copy"  # No key of a design.


class ExperimentForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """One thing that differs, in two or three versions; `kind` is chosen before."""

    class Meta:
        model = Experiment
        fields = ["metric", "idea", "share", "hours", "base_percent", "worth_percent", "then"]
        widgets = {
            "base_percent": forms.NumberInput(attrs={"step": "0.01"}),
            "worth_percent": forms.NumberInput(attrs={"step": "0.01"}),
        }

    def __init__(self, *args: Any, campaign: Campaign, kind: str, business: Business, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign, self.kind = campaign, kind
        for letter in OTHERS:
            self.fields[letter] = self._field(letter, business)
        self.fields["b"].required = True
        self._remember()
        for name in [*OTHERS, *self.fields]:  # Look dressed only those that were there.
            widget = self.fields[name].widget
            is_select = isinstance(widget, forms.Select)
            widget.attrs.setdefault("class", "form-select" if is_select else "form-control")

    def _field(self, letter: str, business: Business) -> forms.Field:
        label = _("Version %s") % letter.upper()
        if self.kind == Kind.TIME:
            return forms.IntegerField(
                label=_("Version %s: so many hours later") % letter.upper(),
                min_value=1,
                max_value=167,
                required=False,
            )
        if self.kind == Kind.CONTENT:
            ours = gallery.choices(business.language, get_language() or "")
            designs = [(one.key, one.name) for one in chain(gallery.own(), *ours.values())]
            kept = self.campaign.variants.filter(arm=letter, language="").exclude(mjml="").exists()
            first = ("kept", _("The design as it is kept")) if kept else ("", "–")
            copy = (COPY, _("The campaign's own design, to be changed by hand"))
            return forms.ChoiceField(label=label, choices=[first, copy, *designs], required=False)
        most = 120 if self.kind == Kind.SENDER else 200
        return forms.CharField(label=label, max_length=most, required=False)

    def _remember(self) -> None:
        """What the versions say now."""
        said = {one.arm: one for one in self.campaign.variants.filter(language="", arm__in=OTHERS)}
        arms = {one.letter: one for one in Arm.objects.filter(experiment__campaign=self.campaign)}
        for letter in OTHERS:
            variant, arm = said.get(letter), arms.get(letter)
            kept = {
                Kind.SUBJECT: variant.subject if variant else "",
                Kind.CONTENT: "kept" if variant and variant.mjml else "",
                Kind.SENDER: arm.from_name if arm else "",
                Kind.TIME: arm.hours_later or "" if arm else "",
            }
            self.initial.setdefault(letter, kept[Kind(self.kind)])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        said = [str(data.get(letter)) for letter in OTHERS if data.get(letter)]
        if self.kind == Kind.SUBJECT:
            said.append(self.campaign.subject)
        if len(set(said)) < len(said) and not {*said} <= {"kept", COPY}:
            self.add_error("b", _("Two versions are the same, so there is nothing to find out."))
        if data.get("base_percent", 0) + data.get("worth_percent", 0) > 100:
            self.add_error("worth_percent", _("Together with the usual share this is more than everybody."))
        return data

    @property
    def arms(self) -> int:
        """How many versions are written by now, A included."""
        values = (self[letter].value() for letter in OTHERS)
        return max(2, 1 + sum(1 for value in values if value))

    @transaction.atomic
    def store(self) -> Experiment:
        """Keep the test; refused when the campaign is no draft any more."""
        if not Campaign.objects.filter(pk=self.campaign.pk, state=Campaign.State.DRAFT).update(error=""):
            raise Refusal(self.campaign.why_fixed)
        data = {name: self.cleaned_data[name] for name in self.Meta.fields}
        experiment, _made = Experiment.objects.update_or_create(
            campaign=self.campaign, defaults={**data, "kind": self.kind}
        )
        experiment.arms.all().delete()
        Arm.objects.create(experiment=experiment, letter="a")
        for letter in OTHERS:
            self._version(experiment, letter, self.cleaned_data.get(letter))
        return experiment

    def _version(self, experiment: Experiment, letter: str, said: Any) -> None:
        mine = self.campaign.variants.filter(arm=letter)
        if said != "kept":
            mine.delete()
        if not said:
            return
        own = {Kind.SENDER: {"from_name": said}, Kind.TIME: {"hours_later": said}}.get(Kind(self.kind), {})
        Arm.objects.create(experiment=experiment, letter=letter, **own)
        if self.kind == Kind.SUBJECT:
            Variant.objects.create(campaign=self.campaign, arm=letter, subject=said)
        elif self.kind == Kind.CONTENT and said != "kept":
            chosen = gallery.find(said)
            mjml = chosen.mjml if chosen else self.campaign.mjml
            Variant.objects.create(campaign=self.campaign, arm=letter, mjml=mjml)


@transaction.atomic
def remove(campaign: Campaign) -> None:
    """Take the test away again; everybody gets version A."""
    if not Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.DRAFT).update(error=""):
        raise Refusal(campaign.why_fixed)
    Experiment.objects.filter(campaign=campaign).delete()
    campaign.variants.exclude(arm="a").delete()


class MeasuringForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """How a campaign is measured. Who is held out is settled by the sending; the rest may change later."""

    class Meta:
        model = Campaign
        fields = ["holdout_percent", "effect_days", "coupon", "cost", "utm", "is_public"]
        help_texts = {
            "holdout_percent": gettext_lazy(
                "So many of 100, chosen by chance, get nothing. What they buy is what would have come anyway."
            ),
            "coupon": gettext_lazy("Orders with it count as brought by this campaign; its discount as cost."),
            "cost": gettext_lazy("Pictures, texts, an agency: what it cost besides sending."),
            "is_public": gettext_lazy("Anybody can read it there; what is personal is left out."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.mailing_id:
            self.fields["holdout_percent"].disabled = True
            self.fields["holdout_percent"].help_text = _("Settled when it was sent.")

    def store(self) -> None:
        Campaign.objects.filter(pk=self.instance.pk).update(**self.cleaned_data)
