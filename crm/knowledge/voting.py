"""Did this help? Counted once for each visitor, of whom only a random number is known."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.http import HttpRequest

from crm.models import Article, ArticleVote

MARK = "help_visitor"


def visitor_of(request: HttpRequest) -> str:
    """The random number in this browser's session; made with the first vote, not by reading."""
    known = request.session.get(MARK)
    if not isinstance(known, str):
        known = request.session[MARK] = secrets.token_urlsafe(16)
    return known


def vote(
    article: Article, visitor: str, helped: bool, *, at: datetime, comment: str = "", language: str = ""
) -> ArticleVote:
    """Count a vote; the same visitor changes theirs."""
    values = {"helped": helped, "comment": comment.strip()[:1000], "language": language, "at": at}
    return ArticleVote.objects.update_or_create(article=article, visitor=visitor, defaults=values)[0]


def vote_of(request: HttpRequest, article: Article) -> ArticleVote | None:
    known = request.session.get(MARK)
    return ArticleVote.objects.filter(article=article, visitor=known).first() if known else None
