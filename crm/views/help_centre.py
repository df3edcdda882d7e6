"""The public help centre: looking, searching and saying whether it helped. It works without scripts."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from crm import access, limits
from crm.behaviour import website
from crm.knowledge import markdown, reading, searching, voting
from crm.models import Article
from crm.models.article import LANGUAGES, named
from crm.web import HtmxRequest, render_page

VOTES_AN_HOUR = 30


def frame(request: HtmxRequest, language: str, **more: Any) -> dict[str, Any]:
    """What every public page shows: languages to switch to, and the address that search engines keep."""
    kept = {key: value for key, value in request.GET.items() if key in ("q", "thanks")}
    switch = [
        {
            "name": named(code),
            "code": "zh-Hans" if code == "zh-hans" else code,
            "url": f"?{urlencode({**kept, 'lang': code})}",
            "is_current": code == language,
        }
        for code in LANGUAGES
    ]
    site = website.live()
    address = f"{settings.SITE_URL}{request.path}"
    return {
        "switch": switch,
        "language": language,
        "canonical": f"{address}?lang={language}",
        "alternates": [
            (one["code"], f"{address}?lang={code}") for one, code in zip(switch, LANGUAGES, strict=True)
        ],
        "has_chat": bool(site and site.has_chat),
        **more,
    }


def in_language(
    request: HtmxRequest, template: str, language: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Render in the reader's language, which is not always that of the member of staff who looks."""
    with translation.override(language):
        page = frame(request, language, **context)
        response = render_page(request, template, page, partial=context.get("partial", ""), status=status)
    response.headers["Content-Language"] = language
    return response


@require_safe
@access.public
def help_home(request: HtmxRequest) -> HttpResponse:
    language = reading.language_for(request, request.business)
    words = request.GET.get("q", "").strip()[:200]
    found = searching.search(words, language) if words else []
    shelves = [] if words else reading.shelves(language)
    return in_language(
        request, "public/help/home.html", language, q=words, found=found, shelves=shelves, partial="results"
    )


@require_safe
@access.public
def help_topic(request: HtmxRequest, slug: str) -> HttpResponse:
    language = reading.language_for(request, request.business)
    shelf = next(
        (one for one in reading.shelves(language) if one.category and one.category.slug == slug), None
    )
    if shelf is None:
        raise Http404
    return in_language(request, "public/help/topic.html", language, shelf=shelf)


@require_safe
@access.public
def help_article(request: HtmxRequest, slug: str) -> HttpResponse:
    language = reading.language_for(request, request.business)
    found = reading.find(slug, language)
    if found is None:
        raise Http404
    reading.count_view(found.article, request)
    context: dict[str, Any] = {
        "found": found,
        "body": markdown.page(found.text.body),
        "vote": voting.vote_of(request, found.article),
        "category": found.article.category.name_in(language) if found.article.category else "",
        "spoken": named(found.text.language),
    }
    return in_language(request, "public/help/article.html", language, **context)


@require_POST
@access.public
def help_vote(request: HtmxRequest, slug: str) -> HttpResponse:
    """Yes or no; a no may come with a word on what was missing."""
    article = Article.objects.published().filter(slug=slug).first()
    if article is None:
        raise Http404
    language = reading.language_for(request, request.business)
    address = limits.address_of(request)
    use = limits.use(f"help_vote:{address}", limit=VOTES_AN_HOUR, seconds=3600, now=time.time())
    if not use.exceeded and request.POST.get("helped") in ("yes", "no"):
        helped, comment = request.POST["helped"] == "yes", request.POST.get("comment", "")
        visitor = voting.visitor_of(request)
        voting.vote(article, visitor, helped, at=timezone.now(), comment=comment, language=language)
    where = reverse("crm:help_article", args=[slug])
    return redirect(f"{where}?{urlencode({'lang': language})}#helped")


@require_POST
@access.public
def help_suggest(request: HtmxRequest) -> HttpResponse:
    """What may answer a message while it is written; by POST, so that its words stand in no log."""
    language = reading.language_for(request, request.business)
    words = " ".join(request.POST.get(name, "") for name in ("subject", "text"))[:2000]
    use = limits.use(f"help_suggest:{limits.address_of(request)}", limit=120, seconds=60, now=time.time())
    found = searching.suggest(words, language) if words.strip() and not use.exceeded else []
    return in_language(request, "public/help/suggested.html", language, found=found)
