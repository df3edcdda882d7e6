"""Staff teach the program what their customers speak about: rename, pin words, merge, split, hide."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from crm.errors import Refusal
from feedback import reading
from feedback.models import Theme
from feedback.numerics import words

MOST_WORDS = 60


def read_words(text: str) -> list[str]:
    """Words as somebody typed them, between commas or lines."""
    parts = text.replace("，", ",").replace("、", ",").replace(";", ",").replace("；", ",").replace("\n", ",")
    told = list(dict.fromkeys(plain for one in parts.split(",") if (plain := words.plain(one))))
    if len(told) > MOST_WORDS:
        raise Refusal(_("At most %(n)d words, please.") % {"n": MOST_WORDS})
    if long := next((one for one in told if len(one) > 40), ""):
        raise Refusal(_("“%(word)s” is too long for a word.") % {"word": f"{long[:40]}…"})
    return told


@transaction.atomic
def change(
    theme: Theme, *, label: str, pinned: Sequence[str], dropped: Sequence[str], is_hidden: bool
) -> None:
    """A name, words that staff give, words that were found but mislead, and whether it is looked for."""
    left = {word: weight for word, weight in theme.words.items() if word not in dropped}
    theme.label = label if label != str(Theme(aspect=theme.aspect)) else ""
    theme.pinned, theme.words = list(pinned), left
    if not theme.weights and not is_hidden:
        raise Refusal(_("A topic needs at least one word. Hide it if you do not want it."))
    theme.is_hidden, theme.is_kept = is_hidden, True
    theme.save()
    reading.wish()


@transaction.atomic
def create(label: str, pinned: Sequence[str]) -> Theme:
    if not pinned:
        raise Refusal(_("Give at least one word that customers use for it."))
    theme = Theme.objects.create(label=label, pinned=list(pinned), is_kept=True)
    reading.wish()
    return theme


@transaction.atomic
def merge(theme: Theme, into: Theme) -> None:
    """Its words go over, and it is gone; later searches bring it under the name of the other."""
    if theme.pk == into.pk:
        raise Refusal(_("A topic cannot be merged with itself."))
    into.words = {**theme.words, **into.words}
    into.pinned = list(dict.fromkeys([*into.pinned, *theme.pinned]))
    into.is_kept = True
    into.save()
    if theme.aspect:  # Would be found again: it stays as a hidden name.
        theme.is_hidden = theme.is_kept = True
        theme.words, theme.pinned = {}, []
        theme.save()
    else:
        theme.delete()
    reading.wish()


@transaction.atomic
def split(theme: Theme, label: str, moved: Sequence[str]) -> Theme:
    """Some of its words become a topic of their own."""
    mine = [word for word in moved if word in theme.weights]
    if not mine:
        raise Refusal(_("Choose the words that go into the new topic."))
    if len(mine) == len(theme.weights):
        raise Refusal(_("At least one word must stay. Rename the topic instead."))
    new = Theme.objects.create(
        label=label,
        words={word: theme.words[word] for word in mine if word in theme.words},
        pinned=[word for word in mine if word in theme.pinned],
        is_kept=True,
    )
    theme.words = {word: weight for word, weight in theme.words.items() if word not in mine}
    theme.pinned = [word for word in theme.pinned if word not in mine]
    theme.is_kept = True
    theme.save()
    reading.wish()
    return new
