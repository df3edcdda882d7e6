"""Articles as staff write them: each save keeps a version, and what searching needs is made anew."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from crm import audit
from crm.errors import Refusal
from crm.knowledge import grams
from crm.models import Article, ArticleGram, ArticleText, ArticleVersion, User
from crm.models.article import LANGUAGES
from crm.slugs import free_slug

KEPT = 100  # Versions of one language.


@transaction.atomic
def save(article: Article, texts: dict[str, tuple[str, str]], *, by: User | None, at: datetime) -> Article:
    """Store an article with {language: (title, text)}; one without both goes, its versions stay."""
    fresh = article.pk is None
    if not article.slug:
        title = next((texts[one][0] for one in LANGUAGES if one in texts and texts[one][0]), "")
        article.slug = free_slug(title, Article.objects.all(), otherwise="article")
    article.changed_at = at
    article.save()
    for language in LANGUAGES:
        title, body = texts.get(language, ("", ""))
        if title and body:
            _write(article, language, title, body, by=by, at=at)
        else:
            ArticleText.objects.filter(article=article, language=language).delete()
    if article.state == Article.State.PUBLISHED and not article.texts.exists():
        raise Refusal(_("An article needs a title and a text in one language at least."))
    audit.record(by, "created" if fresh else "changed", article)
    return article


def _write(article: Article, language: str, title: str, body: str, *, by: User | None, at: datetime) -> None:
    held = ArticleText.objects.select_for_update().filter(article=article, language=language).first()
    if held is not None and (held.title, held.body) == (title, body):
        return
    last = article.versions.filter(language=language).aggregate(last=Max("number"))["last"] or 0
    values = {"title": title, "body": body, "number": last + 1}
    text, _fresh = ArticleText.objects.update_or_create(article=article, language=language, defaults=values)
    ArticleVersion.objects.create(
        article=article, language=language, number=last + 1, title=title, body=body, by=by, at=at
    )
    article.versions.filter(language=language, number__lte=last + 1 - KEPT).delete()
    index(text)


def index(text: ArticleText) -> None:
    """Make the search words of this text anew."""
    text.grams.all().delete()
    found = grams.weights(text.title, text.body)
    ArticleGram.objects.bulk_create(
        [ArticleGram(text=text, gram=gram, weight=weight) for gram, weight in found.items()], batch_size=500
    )


def restore(version: ArticleVersion, *, by: User, at: datetime) -> None:
    """Say again what an earlier version said; it becomes the newest one."""
    with transaction.atomic():
        article = version.article
        _write(article, version.language, version.title, version.body, by=by, at=at)
        Article.objects.filter(pk=article.pk).update(changed_at=at)
        audit.record(by, "changed", article, detail=f"version {version.number}")


def publish(article: Article, *, by: User, at: datetime) -> None:
    if not article.texts.exists():
        raise Refusal(_("An article needs a title and a text in one language at least."))
    _turn(article, Article.State.DRAFT, Article.State.PUBLISHED, by=by, at=at)


def withdraw(article: Article, *, by: User, at: datetime) -> None:
    """Take it from the help centre; it stays as a draft."""
    _turn(article, Article.State.PUBLISHED, Article.State.DRAFT, by=by, at=at)


def _turn(article: Article, before: str, after: str, *, by: User, at: datetime) -> None:
    held = Article.objects.filter(pk=article.pk, state=before)
    if held.update(state=after, changed_at=at):
        audit.record(by, "changed", article, change=({"state": before}, {"state": after}))
    article.state = after
