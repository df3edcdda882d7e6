"""Help articles and chats. Versions, votes and conversations can be read but not changed."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.bases import ReadOnlyAdmin
from crm.models import (
    Article,
    ArticleGram,
    ArticleText,
    ArticleVersion,
    ArticleVote,
    Chat,
    HelpCategory,
)


@admin.register(HelpCategory)
class HelpCategoryAdmin(ReadOnlyAdmin):
    list_display = ("slug", "names", "position")


@admin.register(Article)
class ArticleAdmin(ReadOnlyAdmin):
    list_display = ("slug", "category", "state", "views", "changed_at")
    list_filter = ("state",)
    list_select_related = ("category",)
    search_fields = ("slug",)


@admin.register(ArticleText)
class ArticleTextAdmin(ReadOnlyAdmin):
    list_display = ("title", "language", "number")
    list_filter = ("language",)
    search_fields = ("title",)


@admin.register(ArticleVersion)
class ArticleVersionAdmin(ReadOnlyAdmin):
    list_display = ("article_id", "language", "number", "title", "at")
    list_filter = ("language",)


@admin.register(ArticleGram)
class ArticleGramAdmin(ReadOnlyAdmin):
    list_display = ("gram", "text_id", "weight")
    search_fields = ("=gram",)


@admin.register(ArticleVote)
class ArticleVoteAdmin(ReadOnlyAdmin):
    list_display = ("article_id", "helped", "comment", "language", "at")
    list_filter = ("helped",)


@admin.register(Chat)
class ChatAdmin(ReadOnlyAdmin):
    list_display = ("id", "state", "case_id", "language", "started_at", "spoke_at")
    list_filter = ("state",)
    exclude = ("secret",)
