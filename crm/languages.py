"""Which of our languages a customer reads."""

from __future__ import annotations

from django.conf import settings

from crm.models import Business, Customer


def language_of(customer: Customer | None, business: Business) -> str:
    """The customer's language where we speak it ("zh-CN" is Chinese to us), else the shop's."""
    wanted = (customer.language if customer else "").lower().replace("_", "-")
    known = dict(settings.LANGUAGES)
    if wanted in known:
        return wanted
    for code in known:
        if wanted and wanted.partition("-")[0] == code.partition("-")[0]:
            return code
    return business.language if business.language in known else settings.LANGUAGE_CODE
