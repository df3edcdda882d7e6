"""Named slots of a design: the parts that a person fills in a form, without a look at the layout.

<mj-text data-slot="headline"><h1>Spring has come</h1></mj-text>

A text is written in the form as people write: a blank line between paragraphs, **strong**, [words](address),
and {First name} for what is personal. Only what can be said so is offered; all else stays as it is.

Tables and recommended products are slots also without a name. Within them, and within any text, one cell or
line can be named: <td data-slot="opening">9 to 18</td>.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from campaigns import slot_products, slot_tables, slot_words
from campaigns.rendering.problems import LIQUID
from campaigns.slot_products import Products
from campaigns.slot_words import Words

PART = re.compile(
    r"<(?P<tag>mj-text|mj-button|mj-image|mj-table)\b(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)"
    r"(?:/>|>(?P<inner>(?:[^<]|<(?!/?mj-))*)</(?P=tag)>)"
)
PIECE = re.compile(
    r"(?P<open><(?P<tag>td|th|p|li|span|div|h[1-6])\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?"
    r"\sdata-slot\s*=\s*[\"'](?P<name>[\w -]{1,40})[\"'](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>)"
    r"(?P<inner>(?:(?!</?(?P=tag)\b).)*)(?P<close></(?P=tag)>)",
    re.DOTALL,
)
NAME = re.compile(r"\sdata-slot\s*=\s*[\"']([\w -]{1,40})[\"']")
HIDDEN = re.compile(r"ckslot(\d+)ckend")
HEADING = re.compile(r"\s*(<h[1-6][^<>]*>)(.*)(</h[1-6]>)\s*", re.DOTALL)


class Kind(StrEnum):
    LINE = "line"
    TEXT = "text"
    BUTTON = "button"
    PICTURE = "picture"
    TABLE = "table"
    PRODUCTS = "products"


@dataclass(frozen=True, slots=True)
class Slot:
    """One part to fill: `text` is its words, or what a picture shows; `address` where it leads or lies."""

    name: str
    kind: Kind
    text: str = ""
    address: str = ""
    products: Products | None = None


type Say = Callable[[Slot], Slot]


def of(mjml: str, words: Words) -> list[Slot]:
    """The slots of a design in their order, each name once; without those that hold more than words."""
    found: list[Slot] = []

    def note(slot: Slot) -> Slot:
        found.append(slot)
        return slot

    _walk(mjml, words, note)
    return found


def filled(mjml: str, slots: Mapping[str, Slot], words: Words) -> str:
    """The design with these contents; what they do not name stays as it is."""

    def fill(slot: Slot) -> Slot:
        said = slots.get(slot.name, slot)
        alike = bool(slot.products) == bool(said.products)
        return replace(said, kind=slot.kind) if alike else slot

    return _walk(mjml, words, fill)


def poured(layout: str, texts: str, words: Words) -> str:
    """The layout of one design with what the slots of another say."""
    return filled(layout, {one.name: one for one in of(texts, words)}, words)


def _walk(mjml: str, words: Words, say: Say) -> str:
    """The design with what `say` makes of each slot that can be written; the first of a name is the slot."""
    hidden, codes = _hide(mjml)
    seen: set[str] = set()

    def once(slot: Slot) -> Slot:
        if slot.name in seen:
            return slot
        seen.add(slot.name)
        return say(slot)

    def free(name: str) -> str:
        return next(one for one in (name, *(f"{name} {n}" for n in range(2, 99))) if one not in seen)

    def part(found: re.Match[str]) -> str:
        named = NAME.search(found["attributes"])
        if found["tag"] in ("mj-text", "mj-table"):
            return _worded(found, named[1] if named else "", codes, words, once, free)
        before = _read(named[1], found, codes, words) if named else None
        after = once(before) if before else None
        return found[0] if before is None or after in (None, before) else _write(found, after, codes, words)

    return _show(PART.sub(part, hidden), codes)


def _worded(
    part: re.Match[str], name: str, codes: list[str], words: Words, once: Say, free: Callable[[str], str]
) -> str:
    """A text or a table with its words, its products, and what is named within."""
    inner = _show(part["inner"] or "", codes)
    products = slot_products.read(inner, words)
    if products:
        if part["tag"] == "mj-table":
            products = replace(products, is_table=True, empty=None)
        slot = Slot(name or free("products"), Kind.PRODUCTS, products=products)
        said = once(slot).products
        new = inner if said in (None, products) else slot_products.written(inner, said, words)
    elif part["tag"] == "mj-table":
        rows = slot_tables.read(inner, words)
        said_rows = None if rows is None else once(Slot(name or free("table"), Kind.TABLE, rows)).text
        new = inner if said_rows in (None, rows) else slot_tables.written(inner, _clean(said_rows), words)
    else:
        before = _read_text(name, inner, words) if name else None
        after = once(before) if before else None
        new = inner if before is None or after in (None, before) else _write_text(inner, after, words)
    new = _pieces(new, words, once)
    if new == inner:
        return part[0]
    return f"<{part['tag']}{part['attributes'].rstrip()}>{new}</{part['tag']}>"


def _pieces(inner: str, words: Words, once: Say) -> str:
    """Cells and lines with a name of their own; in a loop over products they may name the product."""
    loops = slot_products.spans(inner, words)

    def fill(found: re.Match[str]) -> str:
        names = next((own for start, end, own in loops if start <= found.start() < end), words)
        before = _read_text(found["name"], found["inner"], names)
        after = once(before) if before else None
        if before is None or after is None or after == before:
            return found[0]
        return f"{found['open']}{_write_text(found['inner'], after, names)}{found['close']}"

    return PIECE.sub(fill, inner)


def _read_text(name: str, inner: str, words: Words) -> Slot | None:
    heading = HEADING.fullmatch(inner)
    said = slot_words.writing(heading[2] if heading else inner, words)
    if said is None:
        return None
    return Slot(name, Kind.TEXT if "<p>" in inner else Kind.LINE, said)


def _write_text(inner: str, slot: Slot, words: Words) -> str:
    said = slot_words.markup(_clean(slot.text), words, paragraphs=slot.kind == Kind.TEXT)
    heading = HEADING.fullmatch(inner)
    return f"{heading[1]}{said}{heading[3]}" if heading else said


def _read(name: str, part: re.Match[str], codes: list[str], words: Words) -> Slot | None:
    attributes = part["attributes"]
    if part["tag"] == "mj-image":
        source, alt = _attribute(attributes, "src", codes), _attribute(attributes, "alt", codes)
        return Slot(name, Kind.PICTURE, html.unescape(alt), words.written(html.unescape(source)))
    said = slot_words.writing(_show(part["inner"] or "", codes).strip(), words)
    address = words.written(html.unescape(_attribute(attributes, "href", codes)))
    return None if said is None else Slot(name, Kind.BUTTON, said, address)


def _write(part: re.Match[str], slot: Slot, codes: list[str], words: Words) -> str:
    tag, attributes, address = part["tag"], part["attributes"], words.coded(_clean(slot.address))
    if tag == "mj-image":
        attributes = _with(_with(attributes, "src", address), "alt", _clean(slot.text))
        return f"<{tag}{attributes.rstrip()} />"
    said = slot_words.markup(_clean(slot.text), words, paragraphs=False)
    return f"<{tag}{_with(attributes, 'href', address).rstrip()}>{said}</{tag}>"


def _attribute(attributes: str, name: str, codes: list[str]) -> str:
    found = re.search(rf"\s{name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", attributes)
    return _show(found[1] or found[2] or "", codes) if found else ""


def _with(attributes: str, name: str, value: str) -> str:
    """With this value; codes within stay codes, in the other kind of quotes."""
    safe = "".join(
        part.replace('"', "'") if LIQUID.fullmatch(part) else html.escape(part)
        for part in re.split(f"({LIQUID.pattern})", value, flags=re.DOTALL)
    )
    written = f' {name}="{safe}"'
    pattern = rf"\s{name}\s*=\s*(?:\"[^\"]*\"|'[^']*')"
    if re.search(pattern, attributes):
        return re.sub(pattern, lambda _found: written, attributes, count=1)
    return attributes.rstrip() + written


def _clean(text: str) -> str:
    """Without what only looks like a code put away."""
    return HIDDEN.sub("", text)


def _hide(mjml: str) -> tuple[str, list[str]]:
    codes: list[str] = []

    def put_away(found: re.Match[str]) -> str:
        codes.append(found[0])
        return f"ckslot{len(codes) - 1}ckend"

    return LIQUID.sub(put_away, _clean(mjml)), codes


def _show(text: str, codes: list[str]) -> str:
    return HIDDEN.sub(lambda found: codes[int(found[1])], text)
