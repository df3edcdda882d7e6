"""What the public pages show, and in which language."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation.trans_real import parse_accept_lang_header

from crm import limits
from crm.behaviour.reading import BOTS
from crm.knowledge.searching import Found, in_language
from crm.models import Article, Business, HelpCategory
from crm.models.article import LANGUAGES

SAME_READER = 3600  # Seconds in which the same reader counts once.


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category with its articles; the one without a category holds what belongs to none."""

    category: HelpCategory | None
    name: str
    articles: list[Found]


def language_for(request: HttpRequest, business: Business) -> str:
    """As asked in the address, else the browser's, else the shop's."""
    browser = (code for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")))
    for wanted in (request.GET.get("lang", ""), request.POST.get("lang", ""), *browser, business.language):
        if found := known_language(wanted):
            return found
    return LANGUAGES[0]


def known_language(code: str) -> str:
    """Our language that this code means ("zh-CN" is Chinese to us); "" when none."""
    code = code.lower().replace("_", "-")
    same = (one for one in LANGUAGES if code and one.partition("-")[0] == code.partition("-")[0])
    return code if code in LANGUAGES else next(same, "")


def shelves(language: str) -> list[Shelf]:
    """All that is published, by category."""
    rows = Article.objects.published().prefetch_related("texts").select_related("category")
    by_category: dict[int | None, list[Found]] = {}
    for article in rows:
        if found := in_language(article, language):
            by_category.setdefault(article.category_id, []).append(found)
    result = [
        Shelf(one, one.name_in(language), by_category[one.pk])
        for one in HelpCategory.objects.all()
        if one.pk in by_category
    ]
    rest = by_category.get(None, [])
    return [*result, Shelf(None, "", rest)] if rest else result


def find(slug: str, language: str) -> Found | None:
    article = Article.objects.published().filter(slug=slug).select_related("category").first()
    return in_language(article, language) if article else None


def count_view(article: Article, request: HttpRequest) -> None:
    """One more reader: no machine, no staff, the same one once an hour. Nothing about them is kept."""
    agent = request.headers.get("User-Agent", "")
    if request.user.is_authenticated or BOTS.search(agent):
        return
    who = f"{limits.address_of(request)}\n{agent}"
    reader = salted_hmac("crm.knowledge.reader", who, algorithm="sha256").hexdigest()
    if cache.add(f"read:{article.pk}:{reader}", 1, SAME_READER):
        Article.objects.filter(pk=article.pk).update(views=F("views") + 1)
