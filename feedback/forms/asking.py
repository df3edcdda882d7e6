"""When a survey is sent by itself, and what the mail says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.look import Look
from crm.models import Product
from feedback import recall, texts
from feedback.asking.mail import PARTS, default_texts
from feedback.forms.editing import SideBySide, suffix
from feedback.models import Asking, Survey
from segments.models import Segment

LABELS = {
    "subject": _("Subject"),
    "intro": _("Words above the score"),
    "reminder": _("Words of the reminder"),
}


class AskingForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    segment = forms.ChoiceField(label=_("Only this segment"), required=False)
    category = forms.ChoiceField(label=_("Only this category"), required=False)
    sku = forms.CharField(
        label=_("Only this product"),
        required=False,
        help_text=_("Its article number. Empty: all products."),
    )

    class Meta:
        model = Asking
        fields = ("name", "survey", "occasion", "delay_days", "rest_days", "a_day", "remind_after_days")
        labels = {
            "delay_days": _("How many days later"),
            "rest_days": _("Ask nobody more often than every so many days"),
            "a_day": _("At most so many people a day"),
            "remind_after_days": _("Remind once after so many days"),
        }
        help_texts = {
            "rest_days": _("Counted over all surveys. 30 days are the least that people bear."),
            "remind_after_days": _("Only who has not answered. Empty: never."),
            "delay_days": _(
                "After the purchase, or after the case was solved. A purchase that comes with a file up to"
                " 14 days late is asked about all the same, an older one not."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["survey"].queryset = Survey.objects.filter(is_imported=False)  # type: ignore[attr-defined]
        everybody = [("", _("everybody"))]
        segments = list(Segment.objects.order_by("name").values_list("slug", "name")[:500])
        self.fields["segment"].choices = everybody + segments  # type: ignore[attr-defined]
        categories = (
            Product.objects.exclude(category="").order_by("category").values_list("category", flat=True)
        )
        found = [(one, one) for one in categories.distinct()[:500]]
        self.fields["category"].choices = [("", _("all categories")), *found]  # type: ignore[attr-defined]
        self.initial["segment"], self.initial["category"] = self.instance.segment, self.instance.category
        self.initial["sku"] = self.instance.product.sku if self.instance.product else ""

    def clean_rest_days(self) -> int:
        days: int = self.cleaned_data["rest_days"]
        if days < 7:
            raise forms.ValidationError(_("At least 7 days: who is asked too often answers no more."))
        return days

    def clean_sku(self) -> Product | None:
        sku = self.cleaned_data["sku"].strip()
        if not sku:
            return None
        product = Product.objects.filter(sku=sku).first()
        if product is None:
            raise forms.ValidationError(_("There is no product with this article number."))
        return product

    def save(self, commit: bool = True) -> Asking:
        self.instance.segment = self.cleaned_data["segment"]
        self.instance.category = self.cleaned_data["category"]
        self.instance.product = self.cleaned_data["sku"]
        saved: Asking = super().save(commit)
        return saved


class AskingTexts(SideBySide):
    """The words of the mail in each language of the survey."""

    parts = PARTS

    def __init__(self, *args: Any, asking: Asking, shop: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asking = asking
        self.languages = texts.of(asking.survey)
        current = {
            code: {
                **default_texts(code, shop),
                **{part: one for part, one in asking.texts.get(code, {}).items() if one},
            }
            for code in self.languages
        }
        self.add_texts({"subject": 1, "intro": 3, "reminder": 3}, current)

    @property
    def text_rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [
            (str(LABELS[part]), [self[f"{part}_{suffix(code)}"] for code in self.languages])
            for part in self.parts
        ]

    def clean(self) -> dict[str, Any]:
        for part in self.parts:
            for code in self.languages:
                if wrong := recall.unknown(self.written(part, code), ()):
                    said = _("There is nothing called %(name)s that could stand here.") % {"name": wrong[0]}
                    self.add_error(f"{part}_{suffix(code)}", said)
        return self.cleaned_data

    def save(self) -> None:
        self.asking.texts = {
            code: {part: self.written(part, code) for part in self.parts} for code in self.languages
        }
        self.asking.save(update_fields=["texts"])
