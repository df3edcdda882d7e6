"""Why somebody was not asked: codes that are stored, words that are shown."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from feedback.models import Asking, Invitation

NO_ADDRESS = "no_address"
NO_CONSENT = "no_consent"
WITHDRAWN = "withdrawn"
SUPPRESSED = "suppressed"
RESTING = "resting"
OUTSIDE = "outside"
FULL = "full"

LABELS: dict[str, str | Promise] = {
    NO_ADDRESS: _("There is no e-mail address."),
    NO_CONSENT: _("Never agreed to marketing mail."),
    WITHDRAWN: _("Objected to marketing mail."),
    SUPPRESSED: _("The address is blocked: it bounced, complained or unsubscribed."),
    RESTING: _("Was asked something not long ago. Nobody is asked too often, whichever survey it is."),
    OUTSIDE: _("Is not in the segment."),
    FULL: _("As many as wanted were asked that day already."),
}


def of(asking: Asking, customer: Customer, *, now: datetime, inside: bool, asked_lately: bool) -> str:
    """Why this person is not asked now, or ""."""
    if not customer.email or customer.erased_at:
        return NO_ADDRESS
    if asking.occasion != Asking.Occasion.CASE:  # A word after one's own case is no marketing.
        if customer.email_consent == Customer.EmailConsent.UNKNOWN:
            return NO_CONSENT
        if customer.email_consent == Customer.EmailConsent.WITHDRAWN:
            return WITHDRAWN
    if customer.suppressed_at:
        return SUPPRESSED
    if not inside:
        return OUTSIDE
    return RESTING if asked_lately else ""


def resting(asking: Asking, now: datetime, customers: list[int]) -> set[int]:
    """Who of these was asked by any survey within the time of rest."""
    since = now - timedelta(days=asking.rest_days)
    asked = Invitation.objects.filter(customer__in=customers, asked_at__gt=since)
    return set(asked.values_list("customer", flat=True))
