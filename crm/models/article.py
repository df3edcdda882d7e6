from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LANGUAGES: list[str] = [code for code, _name in settings.LANGUAGES]
NAMES = {"en": "English", "zh-hans": "简体中文"}  # Each language by its own name.


class HelpCategory(models.Model):
    """A shelf of the help centre; `names` is {"en": "Delivery", "zh-hans": "配送"}."""

    slug = models.CharField(max_length=80, unique=True)
    names = models.JSONField(_("names"), default=dict)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("category of help")
        verbose_name_plural = _("categories of help")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name_in(get_language() or "en")

    def name_in(self, language: str) -> str:
        """The name in this language, else in another one."""
        others = (str(name) for name in self.names.values() if name)
        return str(self.names.get(language) or next(others, self.slug))


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self) -> Self:
        return self.filter(state=Article.State.PUBLISHED)


class Article(models.Model):
    """An answer that customers find themselves. DRAFT ⇄ PUBLISHED; its words stand in `texts`.

    Write through `crm.knowledge.writing`, which keeps every version and what searching needs.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    slug = models.CharField(max_length=80, unique=True)
    category = models.ForeignKey(
        HelpCategory,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="articles",
        verbose_name=_("category"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    views = models.PositiveBigIntegerField(_("views"), default=0, editable=False)
    created_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    changed_at = models.DateTimeField(_("last changed"), default=timezone.now, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("help article")
        verbose_name_plural = _("help articles")
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["state", "position"], name="article_by_state")]

    def __str__(self) -> str:
        text = self.text_in(get_language() or "en")
        return text.title if text else self.slug

    def text_in(self, language: str) -> ArticleText | None:
        """The words in this language, else in the first one that there is."""
        texts = {text.language: text for text in self.texts.all()}
        return texts.get(language) or next((texts[one] for one in LANGUAGES if one in texts), None)

    def get_absolute_url(self) -> str:
        return reverse("crm:help_article", args=[self.slug])


class ArticleText(models.Model):
    """What an article says in one language."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=10)
    title = models.CharField(_("title"), max_length=150)
    body = models.TextField(_("text"), max_length=50_000)
    number = models.PositiveIntegerField(_("version"), default=1)

    class Meta:
        verbose_name = _("text of a help article")
        verbose_name_plural = _("texts of help articles")
        constraints = [models.UniqueConstraint(fields=["article", "language"], name="article_text_once")]

    def __str__(self) -> str:
        return self.title


class ArticleVersion(models.Model):
    """How a text once was: written once, never changed."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="versions")
    language = models.CharField(_("language"), max_length=10)
    number = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=150)
    body = models.TextField(_("text"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("version of a help article")
        verbose_name_plural = _("versions of help articles")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["article", "language", "number"], name="article_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.language} {self.number}"


class ArticleGram(models.Model):
    """One searchable piece of a text: a word, or two neighbouring Chinese signs (`crm.knowledge.grams`)."""

    text = models.ForeignKey(ArticleText, models.CASCADE, related_name="grams")
    gram = models.CharField(max_length=40, db_index=True)
    weight = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("search word of a help article")
        verbose_name_plural = _("search words of help articles")
        constraints = [models.UniqueConstraint(fields=["text", "gram"], name="article_gram_once")]

    def __str__(self) -> str:
        return self.gram


class ArticleVote(models.Model):
    """Whether an article helped: one per visitor, who is nothing but a random number."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="votes")
    visitor = models.CharField(max_length=40)
    helped = models.BooleanField(_("helped"))
    comment = models.CharField(_("what was missing"), max_length=1000, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("vote on a help article")
        verbose_name_plural = _("votes on help articles")
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["article", "visitor"], name="article_vote_once")]

    def __str__(self) -> str:
        return f"{self.article_id}: {self.helped}"


def named(language: str) -> str:
    return NAMES.get(language, language)
