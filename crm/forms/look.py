"""Bootstrap classes on every widget, and the marks that screen readers need."""

from __future__ import annotations

from typing import Any

from django import forms


class Look(forms.BaseForm):
    """Mix into a form to give each widget its class."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            _dress(field.widget)

    def full_clean(self) -> None:
        super().full_clean()
        for name in self.errors:
            if name in self.fields:
                widget = self.fields[name].widget
                widget.attrs["class"] = f"{widget.attrs.get('class', '')} is-invalid".strip()


def _dress(widget: forms.Widget) -> None:
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        name = "form-check-input"
    elif isinstance(widget, forms.Select):
        name = "form-select"
    elif getattr(widget, "input_type", "") == "color":
        name = "form-control form-control-color"
    else:
        name = "form-control"
    if name not in widget.attrs.get("class", ""):
        widget.attrs["class"] = f"{widget.attrs.get('class', '')} {name}".strip()


class DateInput(forms.DateInput):
    """The browser's own date field, which always speaks ISO."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a day and a time."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")
