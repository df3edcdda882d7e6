"""What comments are about: topics found by factorising which words stand together, kept as plain word lists.

Finding reads at most a sample; saying which topics a comment has needs only the words, so that new comments
are assigned at once and a person can rename, merge, split and pin. Deterministic for a seed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from feedback.numerics import aspects, candidates, words
from segments.numerics.late import late
from segments.numerics.threads import one_thread

decomposition = late("sklearn.decomposition")
extraction = late("sklearn.feature_extraction.text")
preprocessing = late("sklearn.preprocessing")
if TYPE_CHECKING:
    from scipy import sparse
else:
    sparse = late("scipy.sparse")

SAMPLE: Final = 20_000
LEAST: Final = 30  # Comments of one language from which on topics are looked for.
KEYWORDS: Final = 12
PARTS: Final = 16
FOLLOWS: Final = 0.35  # A word follows another when at least this share of its comments holds that as well.
CLEAR: Final = 0.5  # A comment has a topic when the weights of the words in it come to this much.
SAME: Final = 0.8  # A frequent word that hardly stands without the leading one says the topic as well.
FOLLOWER: Final = 0.45  # Another one is not enough alone: two are.
NAMES_TOO: Final = 0.25  # A word stands in a label beside the leading one when it is at least so frequent.
LEAST_SHARE: Final = 0.015  # A topic is spoken of in at least this share of the comments.


@dataclass(frozen=True, slots=True)
class Topic:
    """`words` are {word: weight}, the clearest 1. `aspect` names a topic that most shops have, else "".

    The weight of a found word is the share of the comments with it that hold the leading word as well; it is
    enough alone only where that is nearly always so.
    """

    language: str
    aspect: str
    label: str
    words: Mapping[str, float]


def discover(texts: Sequence[str], language: str, *, count: int = 0, seed: int) -> list[Topic]:
    """Topics of plain texts of one language, the most frequent first; `count` 0 chooses a number."""
    if len(texts) < LEAST:
        return []
    chosen = np.sort(np.random.default_rng(seed).permutation(len(texts))[:SAMPLE])
    # The same remark pasted many times is one voice.
    sample = list(dict.fromkeys(texts[at] for at in chosen))
    known = [
        Topic(language, name, "", dict.fromkeys(some, 1.0)) for name, some in aspects.of(language).items()
    ]
    reach = np.asarray((assign(sample, known) > 0).sum(axis=0)).ravel()
    least = max(3, LEAST_SHARE * len(sample))
    found = _found([candidates.of(one, language) for one in sample], language, known, seed)
    named = [(int(n), topic) for n, topic in zip(reach, known, strict=True) if n >= least]
    named += [(n, topic) for n, topic in found if n >= least]
    named.sort(key=lambda pair: (-pair[0], pair[1].aspect or pair[1].label))
    return [topic for _reach, topic in named[: count or _how_many(len(sample))]]


def assign(texts: Sequence[str], topics: Sequence[Topic]) -> sparse.csr_matrix:
    """Texts × topics; how clearly each plain text speaks of each topic (0 where it does not)."""
    where: dict[str, list[tuple[int, float]]] = {}
    for at, topic in enumerate(topics):
        for word, weight in topic.words.items():
            where.setdefault(word.lower(), []).append((at, weight))
    if not where:
        return sparse.csr_matrix((len(texts), len(topics)))
    pattern = _pattern(where)
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        total: dict[int, float] = {}
        for word in {_known(one, where) for one in pattern.findall(text)}:
            for at, weight in where[word]:
                total[at] = total.get(at, 0.0) + weight
        for at, weight in total.items():
            if weight >= CLEAR:
                rows.append(row)
                columns.append(at)
                values.append(weight)
    return sparse.csr_matrix((values, (rows, columns)), shape=(len(texts), len(topics)))


def label_of(weights: Mapping[str, float], language: str) -> str:
    """The one or two words that say it best."""
    ranked = sorted(weights, key=lambda one: (-weights[one], one))
    shown = [ranked[0], *[one for one in ranked[1:] if weights[one] >= 0.6 and _differs(one, ranked[0])][:1]]
    if language == words.CHINESE:
        return "、".join(shown)
    return ", ".join(shown).capitalize()


def _how_many(n: int) -> int:
    return max(3, min(12, n // 20))


def _found(
    told: Sequence[Sequence[str]], language: str, known: Sequence[Topic], seed: int
) -> list[tuple[int, Topic]]:
    """What is spoken about besides the known topics, with how many comments speak of it."""
    taken = {word for topic in known for word in topic.words}
    told = [one for one in told if one]
    least = max(3, round(0.004 * len(told)))
    try:
        counter = extraction.CountVectorizer(
            analyzer=list, min_df=least, max_df=0.8, binary=True, dtype=np.float64
        )
        counts = counter.fit_transform(told)
    except ValueError:  # Too few words in common.
        return []
    every = [str(one) for one in counter.get_feature_names_out()]
    names = candidates.naming(every, language)
    kept = [at for at, one in enumerate(every) if one in names and not _is_taken(one, taken, language)]
    if len(kept) < 2:
        return []
    return _factorise(counts[:, kept], [every[at] for at in kept], language, seed)


def _is_taken(word: str, taken: set[str], language: str) -> bool:
    return word in taken or (language == words.CHINESE and any(one in word for one in taken if len(one) > 1))


def _factorise(
    counts: sparse.csr_matrix, vocabulary: list[str], language: str, seed: int
) -> list[tuple[int, Topic]]:
    frequency = np.asarray(counts.sum(axis=0)).ravel()
    rarity = np.log((1 + counts.shape[0]) / (1 + frequency)) + 1
    weighted = preprocessing.normalize(counts.multiply(rarity).tocsr())
    parts = min(PARTS, max(len(vocabulary) // 3, 2), counts.shape[0])
    model = decomposition.NMF(parts, init="nndsvda", random_state=seed, max_iter=300)
    with one_thread(), np.errstate(invalid="ignore"):  # An exact fit has an error a hair below zero.
        model.fit(weighted)
    # A word belongs to the part that it stands out in: each part first brought to the same size.
    share = model.components_ / np.maximum(model.components_.max(axis=1, keepdims=True), 1e-12)
    owner = share.argmax(axis=0)
    together = np.asarray((counts.T @ counts).todense())
    topics = []
    for part in range(parts):
        mine = [
            int(at) for at in np.argsort(-share[part], kind="stable") if owner[at] == part and share[part, at]
        ]
        for lead, followers in _led(mine, together, frequency):
            beside = {at: float(together[lead, at] / frequency[at]) for at in followers}
            often = {at for at in followers if frequency[at] >= NAMES_TOO * frequency[lead]}
            topics.append((int(frequency[lead]), _topic(language, vocabulary, lead, beside, often)))
    return topics


def _topic(
    language: str, vocabulary: Sequence[str], lead: int, beside: Mapping[int, float], often: Collection[int]
) -> Topic:
    """A leading word with those beside it: how often they stand with it, and which are frequent."""
    shown = {vocabulary[lead]: 1.0} | {vocabulary[at]: one for at, one in beside.items() if at in often}
    weights = {vocabulary[lead]: 1.0}
    for at, part in beside.items():
        is_same = part >= SAME and at in often
        weights[vocabulary[at]] = round(part if is_same else min(part, FOLLOWER), 3)
    return Topic(language, "", label_of(shown, language), weights)


def _led(mine: Sequence[int], together: np.ndarray, frequency: np.ndarray) -> list[tuple[int, list[int]]]:
    """Leading words with those that follow them: a word that is mostly said without them leads itself."""
    leads: dict[int, list[int]] = {}
    for word in mine:
        best = max(leads, key=lambda lead: together[lead, word], default=None)
        if best is not None and together[best, word] >= FOLLOWS * frequency[word]:
            leads[best].append(word)
        elif len(leads) < 4:
            leads[word] = []
    return [(lead, followers[: KEYWORDS - 1]) for lead, followers in leads.items()]


def _pattern(where: Mapping[str, object]) -> re.Pattern[str]:
    longest = sorted(where, key=lambda one: (-len(one), one))
    latin = [re.escape(one) for one in longest if one.isascii()]
    signs = [re.escape(one) for one in longest if not one.isascii()]
    ways = [rf"\b(?:{'|'.join(latin)})(?:s|es)?\b"] if latin else []
    return re.compile("|".join([*ways, *signs]))


def _known(found: str, where: Mapping[str, object]) -> str:
    """The keyword behind a plural."""
    return next(one for one in (found, found.removesuffix("s"), found.removesuffix("es")) if one in where)


def _differs(one: str, other: str) -> bool:
    return one not in other and other not in one
