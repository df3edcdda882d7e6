"""The words of a design as fields of a form, one or two for each of its slots."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import extras, placeholders, slot_products, slot_words, slots
from campaigns.slot_products import Products
from campaigns.slots import Kind, Slot
from crm.models import Picture

WORDS, LAYOUT = "words", "layout"
MOST_PICTURES = 200
LONGEST_LINE = 200
LABELS = {
    "eyebrow": gettext_lazy("Small line above the headline"),
    "headline": gettext_lazy("Headline"),
    "lead": gettext_lazy("Sentence below the headline"),
    "body": gettext_lazy("Text"),
    "picture": gettext_lazy("Picture"),
    "button": gettext_lazy("Button"),
    "closing": gettext_lazy("Text at the end"),
    "code_label": gettext_lazy("Line above the code"),
    "code": gettext_lazy("Code"),
    "code_until": gettext_lazy("Line below the code"),
    "note_1_title": gettext_lazy("First box: headline"),
    "note_1": gettext_lazy("First box: text"),
    "note_2_title": gettext_lazy("Second box: headline"),
    "note_2": gettext_lazy("Second box: text"),
    "footer": gettext_lazy("Why they get this mail"),
    "products": gettext_lazy("Recommended products"),
    "table": gettext_lazy("Table"),
}


def label(name: str) -> str:
    """What a slot is called; one of the shop's own by its name."""
    known = LABELS.get(name)
    if known is None and (found := re.fullmatch(r"(products|table) (\d+)", name)):
        return f"{LABELS[found[1]]} {found[2]}"
    return str(known or name.replace("_", " ").replace("-", " ").capitalize())


class WordsForm(forms.Form):
    """What the slots of one design say; `filled` is the design with what was written."""

    def __init__(self, mjml: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.mjml, self.names = mjml, slot_words.words()
        self.slots = slots.of(mjml, self.names)
        for n, slot in enumerate(self.slots):
            self._offer(n, slot)

    @property
    def filled(self) -> str:
        said = {slot.name: self._said(n, slot) for n, slot in enumerate(self.slots)}
        return slots.filled(self.mjml, said, self.names)

    def _said(self, n: int, slot: Slot) -> Slot:
        text, address = (str(self[key].value() or "") if key in self.fields else "" for key in self._keys(n))
        text = text.replace("\r\n", "\n").strip()
        if slot.products:
            return replace(slot, products=self._shelf(n, text, slot.products))
        if slot.kind in (Kind.TEXT, Kind.LINE, Kind.TABLE):
            address = ""
        return Slot(slot.name, slot.kind, text, address.strip())

    def _shelf(self, n: int, text: str, before: Products) -> Products:
        said = {
            key: str(self[name].value() or "").replace("\r\n", "\n").strip()
            for key in ("count", "look", "empty")
            if (name := f"slot_{n}_{key}") in self.fields
        }
        count, look = said["count"], said.get("look", "")
        return replace(
            before,
            each=text or before.each,
            look=look if look in slot_products.LOOKS else before.look,
            count=int(count) if count in map(str, range(1, extras.MOST + 1)) else before.count,
            empty=said.get("empty", before.empty),
        )

    def _keys(self, n: int) -> tuple[str, str]:
        text = f"slot_{n}"
        return text, f"{text}_address" if f"{text}_address" in self.fields else text

    def _offer(self, n: int, slot: Slot) -> None:
        said = label(slot.name)
        if slot.products:
            self.fields |= _shelf_fields(n, said, slot.products)
            return
        attrs = {"class": "form-control", "data-preview-source": "", "data-words": ""}
        line = forms.TextInput(attrs=attrs)
        wide = forms.Textarea(attrs={**attrs, "rows": 7})
        text: forms.Field = forms.CharField(
            label=said,
            required=False,
            initial=slot.text,
            strip=False,
            widget=wide if slot.kind in (Kind.TEXT, Kind.TABLE) or "\n" in slot.text else line,
        )
        if slot.kind == Kind.TABLE:
            text.help_text = _(
                "One row a line, with a stroke | between its cells. Add or remove rows freely."
            )
        if slot.kind == Kind.PICTURE:
            text.label = _("%s: what it shows") % said
            text.help_text = _("Read aloud, and shown where pictures are off.")
            self.fields[f"slot_{n}_address"] = _picture(said, slot)
        self.fields[f"slot_{n}"] = text
        if slot.kind == Kind.BUTTON:
            self.fields[f"slot_{n}_address"] = forms.CharField(
                label=_("%s: where it leads") % said,
                required=False,
                initial=slot.address,
                widget=forms.TextInput(attrs={**attrs, "inputmode": "url"}),
            )


def _picture(said: str, slot: Slot) -> forms.Field:
    kept = [(placeholders.address_of(one), one.name) for one in Picture.objects.all()[:MOST_PICTURES]]
    choices = [("", _("No picture")), *kept]
    if slot.address and slot.address not in dict(choices):
        choices.append((slot.address, slot.address[:80]))
    return forms.ChoiceField(
        label=said,
        required=False,
        choices=choices,
        initial=slot.address,
        widget=forms.Select(attrs={"class": "form-select", "data-preview-source": ""}),
    )


def _shelf_fields(n: int, said: str, shelf: Products) -> dict[str, forms.Field]:
    """How many products, how they look, what is said of each, and what where none is known."""
    select = forms.Select(attrs={"class": "form-select", "data-preview-source": ""})
    found: dict[str, forms.Field] = {
        f"slot_{n}_count": forms.ChoiceField(
            label=_("%s: how many at most") % said,
            required=False,
            choices=[(one, one) for one in range(1, extras.MOST + 1)],
            initial=shelf.count,
            help_text=_("Each person sees products that suit them, chosen when the mail is sent."),
            widget=select,
        ),
    }
    if not shelf.is_table:
        drawn = [] if shelf.look else [("", _("As the layout draws them"))]
        found[f"slot_{n}_look"] = forms.ChoiceField(
            label=_("%s: how they look") % said,
            required=False,
            choices=[*drawn, *((key, look.label) for key, look in slot_products.LOOKS.items())],
            initial=shelf.look,
            widget=select,
        )
        found[f"slot_{n}"] = _each(said, shelf)
    if shelf.empty is not None:
        words = _("%s: what stands there where nothing is known of a person") % said
        found[f"slot_{n}_empty"] = _written(words, shelf.empty, rows=2)
    return found


def _each(said: str, shelf: Products) -> forms.Field:
    field = _written(_("%s: what is said of each") % said, shelf.each or slot_products.usual(), rows=3)
    names = ", ".join(f"{{{one}}}" for one in slot_products.NAMES.values())
    field.help_text = _("For each product you can write %(names)s.") % {"names": names}
    if not shelf.look:
        field.help_text += " " + _("Used once you choose another look.")
    return field


def _written(label: str, initial: str, rows: int) -> forms.Field:
    attrs = {"class": "form-control", "data-preview-source": "", "data-words": "", "rows": rows}
    widget = forms.Textarea(attrs=attrs)
    return forms.CharField(label=label, required=False, initial=initial, strip=False, widget=widget)


def merged(data: Mapping[str, Any]) -> str:
    """The design as a page sent it, with its words in it where they were written apart."""
    mjml = str(data.get("mjml", ""))
    return WordsForm(mjml, data).filled if data.get("mode") == WORDS else mjml


class Worded:
    """For forms that hold a design: its words come from fields of their own while these are shown."""

    data: Mapping[str, Any]
    is_bound: bool
    fields: dict[str, forms.Field]
    initial: MutableMapping[str, Any]
    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = slot_words.words()
        for name in ("subject", "preheader"):
            self.initial[name] = names.written(str(self.initial.get(name) or ""))

    def clean_subject(self) -> str:
        return self._coded("subject")

    def clean_preheader(self) -> str:
        return self._coded("preheader")

    def _coded(self, name: str) -> str:
        """{First name|there} as the code that the engine reads."""
        coded = slot_words.words().coded(self.cleaned_data.get(name) or "")
        if len(coded) > LONGEST_LINE:
            raise forms.ValidationError(_("Please shorten it: with its codes it is too long."))
        return coded

    def clean_mjml(self) -> str:
        return merged(self.data)

    @property
    def mode(self) -> str:
        """Which side of the design is shown: its words, unless it has none or the layout is chosen."""
        asked = str(self.data.get("mode", "")) if self.is_bound else WORDS
        return WORDS if asked == WORDS and self.words.slots else LAYOUT

    @property
    def words(self) -> WordsForm:
        mjml = str(self["mjml"].value() or "")  # type: ignore[index]
        bound = self.is_bound and self.data.get("mode") == WORDS
        return WordsForm(mjml, self.data if bound else None)
