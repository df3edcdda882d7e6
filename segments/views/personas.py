"""The persona of a segment, a cluster or a group: one page to read and to print, in either language."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from crm import access
from crm.web import HtmxRequest, render_page
from segments import people, refresh
from segments.personas import cards
from segments.views.scores import nobody_named


@require_GET
@access.staff
def persona(request: HtmxRequest) -> HttpResponse:
    """`lang` prints it in another language than the reader's."""
    language = request.GET.get("lang", "")
    known = dict(settings.LANGUAGES)
    language = language if language in known else translation.get_language() or "en"
    with translation.override(language):
        selection = people.select(request.GET)
        if selection is None:
            return nobody_named(request)
        seen = access.visible(request.user, selection.people)
        context = {
            "section": "segments",
            "selection": selection,
            "card": cards.card(selection, request.business, timezone.now(), request.user),
            "some": cards.some_people(selection.query, seen, request.user),
            "status": refresh.status(),
            "languages": [translation.get_language_info(code) for code in known if code != language],
        }
        return render_page(request, "segments/persona.html", context)
