"""Ready replies: plain text with places such as {{ first_name|there }}, filled from customer and case."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.db.models import F

from crm.models import Business, CannedReply, Case, User

type Fill = Callable[[Case, User, Business], str]
PLACES: dict[str, Fill] = {
    "first_name": lambda case, user, business: case.customer.first_name if case.customer else "",
    "name": lambda case, user, business: case.customer.full_name if case.customer else case.sender_name,
    "case_number": lambda case, user, business: f"#{case.pk}",
    "subject": lambda case, user, business: case.subject,
    "shop": lambda case, user, business: business.name,
    "my_name": lambda case, user, business: user.name,
}
_place = re.compile(r"\{\{\s*([a-z_]+)\s*(?:\|([^{}|]*))?\}\}")


def unknown_places(text: str) -> list[str]:
    """Places that nothing fills, in the order in which they stand."""
    return [found[1] for found in _place.finditer(text) if found[1] not in PLACES]


def filled(reply: CannedReply, case: Case, user: User, business: Business) -> str:
    """The text for this customer; what stands after | is said where nothing is known."""

    def fill(found: re.Match[str]) -> str:
        known = PLACES.get(found[1])
        return (known(case, user, business) if known else "") or (found[2] or "").strip()

    return _place.sub(fill, reply.text)


def count_use(reply: CannedReply) -> None:
    CannedReply.objects.filter(pk=reply.pk).update(uses=F("uses") + 1)
