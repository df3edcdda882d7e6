"""Service → Help articles: write, see, publish, and what readers said."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit
from crm.access import Right
from crm.errors import Refusal
from crm.forms.articles import ArticleForm, HelpCategoryForm, key_of
from crm.knowledge import markdown, searching, writing
from crm.models import Article, ArticleVersion, ArticleVote, HelpCategory
from crm.models.article import LANGUAGES, named
from crm.slugs import free_slug
from crm.web import HtmxRequest, render_page

SHOWN = 300


@require_GET
@access.needs(Right.SERVE)
def articles(request: HtmxRequest) -> HttpResponse:
    rows = Article.objects.select_related("category").prefetch_related("texts")
    votes = {
        "yes": Count("votes", filter=Q(votes__helped=True)),
        "no": Count("votes", filter=Q(votes__helped=False)),
    }
    found = list(
        rows.annotate(**votes).order_by("category__position", "category_id", "position", "id")[:SHOWN]
    )
    for article in found:
        known = {text.language for text in article.texts.all()}
        article.missing = [named(one) for one in LANGUAGES if one not in known]  # type: ignore[attr-defined]
    context = {"section": "service", "articles": found, "categories": HelpCategory.objects.all()}
    return render_page(request, "crm/articles/articles.html", context)


@require_http_methods(["GET", "POST"])
@access.needs(Right.SERVE)
def article(request: HtmxRequest, pk: int = 0) -> HttpResponse:
    row = get_object_or_404(Article, pk=pk) if pk else Article()
    form = ArticleForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            saved = writing.save(form.save(commit=False), form.texts, by=request.user, at=timezone.now())
            if request.POST.get("then") == "publish":
                writing.publish(saved, by=request.user, at=timezone.now())
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("crm:article", saved.pk)
    context = {
        "section": "service",
        "form": form,
        "article": row,
        "preview": [
            (one["name"], one["code"], markdown.page(one["body"].value() or "")) for one in form.languages
        ],
        "versions": row.versions.select_related("by")[:30] if row.pk else [],
        "said": row.votes.filter(helped=False).exclude(comment="")[:20] if row.pk else [],
        "votes": row.votes.aggregate(
            yes=Count("pk", filter=Q(helped=True)), no=Count("pk", filter=Q(helped=False))
        )
        if row.pk
        else {},
    }
    return render_page(request, "crm/articles/article.html", context, status=422 if form.errors else 200)


@require_POST
@access.needs(Right.SERVE)
def article_preview(request: HtmxRequest) -> HttpResponse:
    """What is being typed, as readers will see it. Nothing is stored."""
    parts = [(code, request.POST.get(f"body_{key_of(code)}", "")[:50_000]) for code in LANGUAGES]
    context = {"preview": [(named(code), code, markdown.page(body)) for code, body in parts]}
    return render_page(request, "crm/articles/_preview.html", context)


@require_POST
@access.needs(Right.SERVE)
def article_publish(request: HtmxRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Article, pk=pk)
    turn = writing.withdraw if request.POST.get("do") == "withdraw" else writing.publish
    try:
        turn(row, by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("crm:article", row.pk)


@require_POST
@access.needs(Right.SERVE)
def article_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Article, pk=pk)
    if row.state == Article.State.PUBLISHED:
        messages.error(request, _("Take it from the help centre first."))
        return redirect("crm:article", row.pk)
    audit.record(request.user, "deleted", row)
    row.delete()
    messages.success(request, _("The article is gone."))
    return redirect("crm:articles")


@require_POST
@access.needs(Right.SERVE)
def article_restore(request: HtmxRequest, pk: int, version_pk: int) -> HttpResponse:
    version = get_object_or_404(
        ArticleVersion.objects.select_related("article"), pk=version_pk, article_id=pk
    )
    writing.restore(version, by=request.user, at=timezone.now())
    messages.success(request, _("The earlier text stands again, as the newest version."))
    return redirect("crm:article", pk)


@require_http_methods(["GET", "POST"])
@access.needs(Right.SERVE)
def help_category(request: HtmxRequest, pk: int = 0) -> HttpResponse:
    row = get_object_or_404(HelpCategory, pk=pk) if pk else HelpCategory()
    form = HelpCategoryForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        row = form.save(commit=False)
        name = next(iter(row.names.values()))
        row.slug = row.slug or free_slug(name, HelpCategory.objects.all(), otherwise="category")
        row.save()
        messages.success(request, _("Saved."))
        return redirect("crm:articles")
    context: dict[str, Any] = {"section": "service", "form": form, "category": row}
    return render_page(request, "crm/articles/category.html", context, status=422 if form.errors else 200)


@require_POST
@access.needs(Right.SERVE)
def help_category_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    """Its articles stay, without a category."""
    get_object_or_404(HelpCategory, pk=pk).delete()
    return redirect("crm:articles")


@require_http_methods(["GET", "POST"])
@access.needs(Right.SERVE)
def article_suggest(request: HtmxRequest) -> HttpResponse:
    """Articles for a case that is being written, or to put into a reply."""
    given = {**request.GET.dict(), **request.POST.dict()}
    words = " ".join(given.get(name, "") for name in ("subject", "text", "q"))[:2000]
    language = given["lang"] if given.get("lang") in LANGUAGES else get_language() or "en"
    found = searching.suggest(words, language) if words.strip() else []
    context = {
        "section": "service",
        "found": found,
        "for_reply": "case" in given,
        "asked": words.strip(),
        "site_url": settings.SITE_URL,
    }
    return render_page(request, "crm/articles/suggested.html", context, partial="found")


@require_POST
@access.needs(Right.SERVE)
def article_vote_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    """A comment that is dealt with, or spam; the vote itself stays."""
    vote = ArticleVote.objects.filter(pk=pk).first()
    if vote is None:
        raise Http404
    ArticleVote.objects.filter(pk=pk).update(comment="")
    return redirect("crm:article", vote.article_id)
