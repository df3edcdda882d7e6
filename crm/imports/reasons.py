"""Why a row was left out or not understood: the codes that are stored, and the words that people read."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, str | Promise] = {
    "no_value": _("Left out: a line without value (price or quantity is zero)."),
    "payment_failed": _("Left out: the payment failed, so nothing was sold."),
    "erased": _("Left out: this person was erased on request."),
    "not_captured": _("Left out: the payment was never collected, so nothing was sold."),
    "no_sale": _("Left out: money that was moved, neither a sale nor a refund."),
    "only_looked": _("Left out: somebody only looked or filled a basket, so nothing was sold."),
    "totals": _("Left out: a line of totals."),
    "known_already": _("Left out: known already, and this import only adds."),
    "not_known": _("Left out: not known yet, and this import only changes what is known."),
    "no_answer": _("Left out: neither a score nor a comment."),
    "never_began": _("Left out: it never began, so there is nothing to renew."),
    "bad_interval": _("How often it renews is not clear. Please write it like month, 2 weeks or year."),
    "bad_state": _("This is no state of a subscription. Please write active, paused, cancelled or ended."),
    "bad_event": _("This is no name of an event. Please write it like page_view, with letters and digits."),
    "own_event": _(
        "Only the program itself says that this happened: import sales as purchases, scores as answers."
    ),
    "bad_properties": _("These are no properties. Please write them as a small JSON object."),
    "nobody": _("Nobody is named: no customer number, e-mail or phone. Please fill in one of them."),
    "missing": _("A cell that is needed is blank. Please fill it in."),
    "bad_date": _("This is not a date that exists. Please write it like 2026-05-31."),
    "date_style": _(
        "This date is written in another style than the rest of its column. Please write all alike."
    ),
    "bad_number": _("This is not a number. Please write it like 1234.56."),
    "number_style": _("This number is written in another style than its column. Please write all alike."),
    "too_large": _("This number is too large to be true. Amounts must stay below 10,000,000,000."),
    "bad_email": _("This is not an e-mail address. Please correct it or leave the cell blank."),
    "bad_phone": _("This is not a phone number. Please correct it or leave the cell blank."),
    "bad_yes_no": _("This is neither yes nor no."),
    "bad_items": _("This is no list of items. Please write it like: Tea x2; Mug x1."),
    "bad_choice": _("This is not one of the choices of the field. Add it under Settings → Own fields first."),
    "bad_seal": _("This encrypted cell does not belong to this field. Please write the value itself."),
    "out_of_range": _("This figure is outside its scale."),
    "bad_score": _("This is no score. Please write a number of the scale, or a word like “satisfied”."),
    "too_long": _("This text is too long for its field. Please shorten it."),
    "too_many_cells": _("This row has more cells than there are columns: a quotation mark may be missing."),
    "two_encodings": _(
        "This row is written in another encoding than the file. Please save the file as UTF-8."
    ),
    "no_rate": _("Nobody said what this currency is worth. Please enter a rate under Settings."),
    "unclear_sign": _("Quantity and price are both negative, so it is unclear what happened."),
}


def words(code: str) -> str:
    """The reason as a sentence."""
    return str(REASONS.get(code, code))
