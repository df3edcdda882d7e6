"""Recommended products in a design, as a form shows them: how many, how they look, and what is said of each.

{% for product in recommended_products limit: 3 %}<p>…</p>{% else %}<p>…</p>{% endfor %}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from campaigns import extras, slot_words
from campaigns.slot_words import Words

LOOP = re.compile(
    rf"\{{%-?\s*for\s+(?P<one>\w+)\s+in\s+{extras.PRODUCTS}(?:\s+limit:\s*(?P<limit>\d+))?\s*-?%\}}"
)
TAG = re.compile(r"\{%-?\s*(end)?(for|if|unless|case)\b[^%]*%\}|\{%-?\s*else\s*-?%\}")
NAMES = {
    "name": gettext_lazy("Product"),
    "price": gettext_lazy("Price"),
    "category": gettext_lazy("Category"),
}
USUAL = "**{%(product)s}**\n{%(price)s}"


@dataclass(frozen=True, slots=True)
class Look:
    """How one product is set: the style of its paragraph and of its bold words."""

    label: str | Promise
    style: str = ""
    strong: str = ""


LINES = "margin:0;padding:14px 0;border-bottom:1px solid #e7e7e2"
BOXES = "margin:0 0 12px;padding:14px 18px;border:1px solid #e7e7e2;border-radius:10px"
CENTRED = "margin:0;padding:14px 0;text-align:center"
NAME = "font-size:17px;color:#1f2328"
LOOKS = {
    "lines": Look(gettext_lazy("A line below each"), LINES, NAME),
    "boxes": Look(gettext_lazy("A box around each"), BOXES, NAME),
    "centred": Look(gettext_lazy("In the middle"), CENTRED, NAME),
    "plain": Look(gettext_lazy("As paragraphs")),
}


@dataclass(frozen=True, slots=True)
class Products:
    """What a form asks about them; a look without a name is one that the layout drew, `empty` None fixed."""

    each: str
    look: str
    count: int
    empty: str | None
    is_table: bool = False  # Rows of a table look as the layout draws them.


@dataclass(frozen=True, slots=True)
class _Loop:
    start: int
    end: int
    head: str
    one: str
    limit: int
    body: str
    empty: str | None
    tail: str


def usual() -> str:
    """What is said of each product unless somebody wrote it."""
    return USUAL % {"product": NAMES["name"], "price": NAMES["price"]}


def spans(inner: str, words: Words) -> list[tuple[int, int, Words]]:
    """Where products are looped over, and the words that can name one there."""
    return [(one.start, one.end, _naming(words, one.one)) for one in _loops(inner)]


def read(inner: str, words: Words) -> Products | None:
    """The first loop over recommended products; None where there is none."""
    loop = next(_loops(inner), None)
    if loop is None:
        return None
    empty: str | None = "" if loop.empty is None else slot_words.writing(loop.empty, words)
    if loop.empty and "<p>" not in loop.empty:
        empty = None
    names = _naming(words, loop.one)
    for key, look in LOOKS.items():
        each = _read_each(loop, look, names)
        if each is not None:
            return Products(each, key, loop.limit, empty)
    return Products("", "", loop.limit, empty)


def written(inner: str, said: Products, words: Words) -> str:
    """The text with its first loop as said; a look that the layout drew keeps what it says of each."""
    loop = next(_loops(inner))
    before = read(inner, words)
    body, names = loop.body, _naming(words, loop.one)
    if said.look in LOOKS and before and (said.look, said.each) != (before.look, before.each):
        body = _write_each(said.each or usual(), LOOKS[said.look], names, loop.one)
    head = loop.head
    if said.count != loop.limit:
        head = f"{{% for {loop.one} in {extras.PRODUCTS} limit: {said.count} %}}"
    empty = "" if loop.empty is None else f"{{% else %}}{loop.empty}"
    if said.empty is not None and before and said.empty != before.empty:
        text = slot_words.markup(said.empty, words, paragraphs=True) if said.empty.strip() else ""
        empty = f"{{% else %}}{text}" if text else ""
    return f"{inner[: loop.start]}{head}{body}{empty}{loop.tail}{inner[loop.end :]}"


def _loops(inner: str) -> Iterator[_Loop]:
    for found in LOOP.finditer(inner):
        depth = 0
        other: re.Match[str] | None = None
        for tag in TAG.finditer(inner, found.end()):
            if tag[1] and depth == 0:
                last = other.start() if other else tag.start()
                empty = inner[other.end() : tag.start()] if other else None
                limit = min(max(int(found["limit"] or extras.MOST), 1), extras.MOST)
                yield _Loop(
                    found.start(),
                    tag.end(),
                    found[0],
                    found["one"],
                    limit,
                    inner[found.end() : last],
                    empty,
                    tag[0],
                )
                break
            if tag[2]:
                depth += -1 if tag[1] else 1
            elif depth == 0:
                other = tag


def _naming(words: Words, one: str) -> Words:
    """The words that also name a product, by the name that it has in its loop."""
    own = {f"{one}.{key}": str(label) for key, label in NAMES.items()}
    names = words.names | {label.lower(): name for name, label in own.items()}
    return replace(words, labels=words.labels | own, names=names, money=frozenset({f"{one}.price"}))


def _price(one: str) -> re.Pattern[str]:
    return re.compile(
        rf"\{{%-?\s*if {one}\.price\s*-?%\}}(<br\s*/?>\s*\{{\{{-?\s*{one}\.price \| money\s*-?\}}\}})"
        r"\{%-?\s*endif\s*-?%\}"
    )


def _read_each(loop: _Loop, look: Look, words: Words) -> str | None:
    start = f'<p style="{look.style}">' if look.style else "<p>"
    body = loop.body.strip().replace(';">', '">')
    if not (body.startswith(start) and body.endswith("</p>")):
        return None
    inner = _price(loop.one).sub(r"\1", body[len(start) : -len("</p>")])
    if look.strong:
        inner = inner.replace(f'<strong style="{look.strong}">', "<strong>")
    return slot_words.writing(inner, words)


def _write_each(said: str, look: Look, words: Words, one: str) -> str:
    text = slot_words.markup(re.sub(r"\n\s*\n", "\n", said), words, paragraphs=False)
    price = f"<br />{{{{ {one}.price | money }}}}"
    text = text.replace(price, f"{{% if {one}.price %}}{price}{{% endif %}}")
    if look.strong:
        text = text.replace("<strong>", f'<strong style="{look.strong}">')
    start = f'<p style="{look.style}">' if look.style else "<p>"
    return f"{start}{text}</p>"
