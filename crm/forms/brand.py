from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crm import colors, pictures
from crm.errors import Refusal
from crm.forms.look import Look
from crm.models import Brand, Business
from crm.models.brand import COLOR

FOOTER = "#5f656c"  # The small print of our designs.


class BrandForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """Logo, colours, font, footer and where else one finds the shop."""

    brand_color = forms.CharField(
        label=_("Brand colour"), validators=[COLOR], widget=forms.TextInput(attrs={"type": "color"})
    )
    picture = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("JPEG, PNG, GIF or WebP, at most 10 MB. A wide one on a clear ground looks best."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/gif,image/webp"}),
    )
    no_logo = forms.BooleanField(label=_("Show the name instead of the logo"), required=False)

    class Meta:
        model = Brand
        fields = ["background", "text_color", "font", "footer"]
        widgets = {
            "background": forms.TextInput(attrs={"type": "color"}),
            "text_color": forms.TextInput(attrs={"type": "color"}),
        }

    def __init__(self, *args: Any, business: Business, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.business = business
        self.initial["brand_color"] = business.brand_color
        for network, name in Brand.NETWORKS:
            field = forms.URLField(
                label=name, required=False, max_length=300, assume_scheme="https", widget=forms.URLInput
            )
            field.widget.attrs["class"] = "form-control"
            self.fields[f"social_{network}"] = field
            self.initial[f"social_{network}"] = self.instance.social.get(network, "")
        self.order_fields(["picture", "no_logo", "brand_color", "background", "text_color", "font", "footer"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, said in self._unreadable(data):
            self.add_error(name, said)
        if upload := data.get("picture"):
            try:
                self.instance.logo = pictures.take_upload(upload, alt=self.business.name)
            except Refusal as refusal:
                self.add_error("picture", str(refusal))
        elif data.get("no_logo"):
            self.instance.logo = None
        return data

    def _unreadable(self, data: dict[str, Any]) -> Iterator[tuple[str, str]]:
        ink, ground = data.get("text_color", ""), data.get("background", "")
        if colors.known(ink) and not colors.readable(ink, colors.WHITE):
            yield "text_color", str(_("Too light to be read on white. Please take a darker colour."))
        if colors.known(ground) and not colors.readable(FOOTER, ground):
            yield (
                "background",
                str(_("The small print could not be read on it. Please take a lighter colour.")),
            )

    @transaction.atomic
    def save(self, commit: bool = True) -> Brand:
        data = self.cleaned_data
        given = {network: data[f"social_{network}"] for network, _name in Brand.NETWORKS}
        self.instance.social = {network: url for network, url in given.items() if url}
        Business.objects.filter(pk=self.business.pk).update(brand_color=data["brand_color"])
        brand: Brand = super().save(commit)
        return brand
