"""The page of the visual editor: shown in a frame over the form whose design it edits."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET

from campaigns import blocks, editor_words, placeholders, slot_words
from crm import access
from crm.access import Right
from crm.models import Business, Picture
from crm.web import HtmxRequest

# Only here may styles stand inside the page: the canvas shows a mail with its own. Scripts stay files.
VISUAL_CSP: dict[str, list[str]] = {
    **cast("dict[str, list[str]]", settings.SECURE_CSP),
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:", "https:"],
}
MOST_PICTURES = 60


@csp_override(VISUAL_CSP)
@require_GET
@access.needs(Right.MARKET)
def visual(request: HttpRequest) -> HttpResponse:
    business = cast("HtmxRequest", request).business
    return render(request, "campaigns/visual.html", {"parts": _parts(request, business)})


def _parts(request: HttpRequest, business: Business) -> dict[str, Any]:
    """All that the script needs to know, in the reader's words."""
    pictures = Picture.objects.all()[:MOST_PICTURES]
    return {
        "blocks": blocks.for_editor(),
        "names": blocks.names(),
        "words": editor_words.messages(),
        "snippet": _("Snippet: %s"),
        "end": _("End of the condition"),
        "condition": _("Only for some: %s"),
        "products": _("Recommended products, %s at most"),
        "elsewhere": _("Change it under “Words and pictures”."),
        "placeholders": [
            {"label": str(one.label), "code": one.code} for one in placeholders.everything() if one.is_text
        ],
        "labels": slot_words.words().labels,
        "samples": placeholders.samples(business),
        "pictures": [
            {"src": placeholders.address_of(one), "name": one.name, "alt": one.alt} for one in pictures
        ],
        "upload": reverse("campaigns:media"),
        "blank": placeholders.BLANK_PICTURE,
        "csrf": get_token(request),
        "language": "zh" if (getattr(request, "LANGUAGE_CODE", "") or "").startswith("zh") else "en",
        "added": _("Put in."),
        "choose": _("First choose a part."),
        "failed": _("That did not work. Please try again."),
    }
