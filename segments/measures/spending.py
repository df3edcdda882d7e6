"""The forms of what the shop spends: on winning customers by month and channel, and on looking after them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.forms.look import Look
from segments.models import ServingCosts, Spending

MOST = Decimal(10) ** 11
MOST_LINES = 1000
MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月]\d{0,2}日?)?")


def month_of(text: str, today: date) -> date:
    """ "2026-05" as its first day. ValueError says what is wrong."""
    found = MONTH.fullmatch(text.strip())
    try:
        month = date(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        month = None
    if month is None or month.year < 1990 or month > today:
        raise ValueError(
            gettext("“%(text)s” is not a month until now. Write it like 2026-05.") % {"text": text[:20]}
        )
    return month


def amount_of(text: str) -> Decimal:
    plain = re.sub(r"[\s$€£¥]", "", text)
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    try:
        amount = Decimal(plain.replace(",", "."))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount < MOST:
        raise ValueError(gettext("“%(text)s” is not an amount of zero or more.") % {"text": text[:20]})
    return amount.quantize(Decimal("0.01"))


class SpendingForm(Look, forms.Form):
    """One month and channel; what was there before is replaced."""

    month = forms.CharField(
        label=_("Month"), widget=forms.TextInput(attrs={"type": "month", "placeholder": "2026-05"})
    )
    channel = forms.CharField(
        label=_("Channel"),
        max_length=80,
        widget=forms.TextInput(attrs={"list": "channels", "autocomplete": "off"}),
        help_text=_("As it stands at your customers or orders, so that new customers can be counted for it."),
    )
    amount = forms.CharField(label=_("Spent"), widget=forms.TextInput(attrs={"inputmode": "decimal"}))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_month(self) -> date:
        return _checked(partial(month_of, today=self.today), self.cleaned_data["month"])

    def clean_amount(self) -> Decimal:
        return _checked(amount_of, self.cleaned_data["amount"])

    def save(self) -> None:
        said = self.cleaned_data
        keep([(said["month"], said["channel"].strip(), said["amount"])])


class PasteForm(Look, forms.Form):
    """Many lines at once, as copied from a spreadsheet."""

    lines = forms.CharField(
        label=_("Paste lines"),
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "2026-05; web; 120.50"}),
        help_text=_("Month, channel and amount in each line, with tabs or semicolons between them."),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_lines(self) -> list[tuple[date, str, Decimal]]:
        found, wrong = [], []
        lines = [line for line in self.cleaned_data["lines"].splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(
                gettext("More than %(n)d lines. Please paste fewer.") % {"n": MOST_LINES}
            )
        for number, line in enumerate(lines, 1):
            cells = [cell.strip() for cell in re.split(r"[\t;；]", line)]
            try:
                if len(cells) != 3 or not cells[1] or len(cells[1]) > 80:
                    raise ValueError(
                        gettext("“%(line)s” has no month, channel and amount.") % {"line": line[:60]}
                    )
                found.append((month_of(cells[0], self.today), cells[1], amount_of(cells[2])))
            except ValueError as error:
                wrong.append(gettext("Line %(n)d: %(reason)s") % {"n": number, "reason": error})
        if wrong:
            raise forms.ValidationError(
                [*wrong[:5], *([gettext("And more like these.")] if len(wrong) > 5 else [])]
            )
        return found

    def save(self) -> int:
        return keep(self.cleaned_data["lines"])


class ServingForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ServingCosts
        fields = ["case_cost", "return_cost"]
        labels = {"case_cost": _("Cost of a case"), "return_cost": _("Cost of a return")}
        help_texts = {
            "case_cost": _("What answering one customer costs you on average, time included."),
            "return_cost": _("Postage, checking and repacking, besides the money given back."),
        }

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for name in self.Meta.fields:
            if said.get(name) is not None and said[name] < 0:
                self.add_error(name, _("Please give zero or more."))
        return said


def keep(rows: Iterable[tuple[date, str, Decimal]]) -> int:
    """Write the amounts; the last one for a month and channel counts, whatever its case. Returns how many."""
    known = {channel.casefold(): channel for channel in Spending.objects.values_list("channel", flat=True)}
    wanted = {}
    for month, channel, amount in rows:
        name = known.setdefault(channel.casefold(), channel)
        wanted[month, name] = Spending(month=month, channel=name, amount=amount)
    Spending.objects.bulk_create(
        wanted.values(), update_conflicts=True, unique_fields=["month", "channel"], update_fields=["amount"]
    )
    return len(wanted)


def _checked[T](read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise forms.ValidationError(str(error)) from None
