"""From which day analysis looks back, and from when on somebody counts as sleeping or lost."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import analysis_day
from crm.forms.look import Look
from crm.models import Business
from segments.lifecycle import stages
from segments.models import LifecycleChoice


class AnalysisForm(Look, forms.Form):
    mode = forms.ChoiceField(
        label=_("Analyse as of"), choices=Business.AnalyseAsOf.choices, widget=forms.RadioSelect
    )
    on = forms.DateField(
        label=_("Which day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Only for “Another day”. What was sold after it is left out of all scores."),
    )

    def __init__(self, *args: Any, business: Business, **kwargs: Any) -> None:
        chosen = {"mode": business.analyse_as_of, "on": business.analyse_on}
        super().__init__(*args, initial=chosen, **kwargs)
        self.business = business
        self.latest = analysis_day.last_sale(business)
        labels = {code: str(label) for code, label in Business.AnalyseAsOf.choices}
        if self.latest:
            day = date_format(self.latest, "DATE_FORMAT")
            labels[analysis_day.Mode.LAST_SALE] = gettext("The day of the last sale, now %(day)s") % {
                "day": day
            }
        self.fields["mode"].choices = list(labels.items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        mode, on = asked.get("mode"), asked.get("on")
        if mode == analysis_day.Mode.LAST_SALE and self.latest is None:
            self.add_error("mode", _("There is no sale to a known customer yet."))
        if mode == analysis_day.Mode.FIXED and "on" not in self.errors:
            if on is None:
                self.add_error("on", _("Which day? Please choose one."))
            elif on > self.business.today():
                self.add_error("on", _("This day has not come yet."))
        return asked


class StagesForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """Each field may stay empty: then the rhythm of the shop decides."""

    class Meta:
        model = LifecycleChoice
        fields = ["active_days", "lost_days", "lost_gaps", "loyal_orders"]
        labels = {
            "active_days": _("Somebody counts as active for … days after a purchase"),
            "lost_days": _("Somebody counts as lost after … days without a purchase"),
            "lost_gaps": _("Or lost after … times the usual days between two purchases"),
            "loyal_orders": _("Somebody counts as loyal from … orders on, while active"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.suggested = stages.shown(LifecycleChoice(pk=1))
        for name in ("active_days", "lost_days", "loyal_orders"):
            number = getattr(self.suggested, name)
            self.fields[name].widget.attrs["placeholder"] = number
            self.fields[name].help_text = gettext("Empty: %(number)d, as we suggest.") % {"number": number}

        usual = self.suggested.usual_days
        self.fields["lost_gaps"].help_text = (
            gettext("The usual days are %(days)d now, and move with your customers. Empty: the days count.")
            % {"days": round(usual)}
            if usual
            else gettext("Not possible yet: too few customers came back to know the usual days.")
        )

    def clean_lost_gaps(self) -> float | None:
        gaps: float | None = self.cleaned_data["lost_gaps"]
        if gaps and not self.suggested.usual_days:
            raise forms.ValidationError(
                _("Too few customers came back to know the usual days: choose days instead.")
            )
        return gaps

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        active, lost, gaps = (asked.get(name) for name in ("active_days", "lost_days", "lost_gaps"))
        if lost and gaps:
            self.add_error("lost_gaps", _("Choose one of the two: days, or times the usual days."))
        if gaps and active and round(gaps * (self.suggested.usual_days or 0)) <= active:
            self.add_error("lost_gaps", _("Lost must come later than active: choose more."))
        if active and lost and lost <= active:
            self.add_error("lost_days", _("Lost must come later than active: choose more days."))
        return asked
