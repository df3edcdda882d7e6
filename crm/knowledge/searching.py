"""Find articles by what people type, the best first; and what may answer a message that is being written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import log

from django.db.models import Q

from crm.knowledge import grams, markdown
from crm.models import Article, ArticleGram, ArticleText

MOST_ROWS = 20_000
SUGGESTED = 4


@dataclass(frozen=True, slots=True)
class Found:
    """One article in the language it is shown in."""

    article: Article
    text: ArticleText
    is_foreign: bool  # Not in the reader's language.

    @property
    def title(self) -> str:
        return self.text.title

    @property
    def excerpt(self) -> str:
        return markdown.plain(self.text.body)


def search(words: str, language: str, *, most: int = 20) -> list[Found]:
    """Published articles that hold most of what was asked for, best first; else those that come near."""
    asked = grams.query(words)
    needed = asked.size if asked.size < 3 else asked.size // 2 + 1
    return _best(asked, language, needed=needed, most=most) or suggest(words, language, most=most)


def suggest(words: str, language: str, *, most: int = SUGGESTED) -> list[Found]:
    """Articles that may answer a whole message: what its title says is in the message, or much of it is."""
    asked = grams.query(words)
    return _best(asked, language, needed=2 if asked.size > 1 else 1, most=most, title_counts=True)


def _best(
    asked: grams.Query, language: str, *, needed: int, most: int, title_counts: bool = False
) -> list[Found]:
    if not asked:
        return []
    scores, hits, titled = _weigh(asked)
    good = [text for text in scores if len(hits[text]) >= needed or (title_counts and text in titled)]
    texts = ArticleText.objects.filter(pk__in=good).select_related("article__category")
    best: dict[int, tuple[float, ArticleText]] = {}
    for text in texts:
        score = scores[text.pk] * len(hits[text.pk]) / asked.size
        score *= 1.5 if text.language == language else 1.0
        if text.article_id not in best or best[text.article_id][0] < score:
            best[text.article_id] = (score, text)
    ordered = sorted(best.values(), key=lambda one: (-one[0], one[1].article_id))[:most]
    return shown([text.article_id for _score, text in ordered], language)


def _weigh(asked: grams.Query) -> tuple[dict[int, float], dict[int, set[str]], set[int]]:
    """Score, pieces found and whether a title holds one, of each text; rare pieces say more."""
    wanted = Q(gram__in=asked.whole)
    if asked.beginning:
        wanted |= Q(gram__startswith=asked.beginning)
    rows = ArticleGram.objects.filter(wanted, text__article__state=Article.State.PUBLISHED)
    holders: dict[str, dict[int, int]] = defaultdict(dict)
    for text, gram, weight in rows.values_list("text_id", "gram", "weight")[:MOST_ROWS]:
        piece = gram if gram in asked.whole else asked.beginning
        holders[piece][text] = max(holders[piece].get(text, 0), weight)
    count = max(ArticleText.objects.filter(article__state=Article.State.PUBLISHED).count(), 1)
    scores: dict[int, float] = defaultdict(float)
    hits: dict[int, set[str]] = defaultdict(set)
    titled: set[int] = set()
    for piece, texts in holders.items():
        rare = log(1 + count / len(texts))
        for text, weight in texts.items():
            scores[text] += rare * weight**0.5
            hits[text].add(piece)
            if weight >= grams.IN_TITLE:
                titled.add(text)
    return scores, hits, titled


def shown(articles: Iterable[int], language: str) -> list[Found]:
    """These articles in this order, each in the reader's language where it has it."""
    order = list(articles)
    rows = Article.objects.filter(pk__in=order).prefetch_related("texts").select_related("category")
    found = {article.pk: in_language(article, language) for article in rows}
    return [one for pk in order if (one := found.get(pk))]


def in_language(article: Article, language: str) -> Found | None:
    text = article.text_in(language)
    return Found(article, text, text.language != language) if text else None
