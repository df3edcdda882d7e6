"""Named slots of a design: the parts that a person fills in a form, without a look at the layout.

<mj-text data-slot="headline"><h1>Spring has come</h1></mj-text>

A text is written in the form as people write: a blank line between paragraphs, **strong**, [words](address),
and {First name} for what is personal. Only what can be said so is offered; all else stays as it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from campaigns import slot_words
from campaigns.rendering.problems import LIQUID
from campaigns.slot_words import Words

PART = re.compile(
    r"<(?P<tag>mj-text|mj-button|mj-image)\b(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)"
    r"(?:/>|>(?P<inner>(?:[^<]|<(?!/?mj-))*)</(?P=tag)>)"
)
NAME = re.compile(r"\sdata-slot\s*=\s*[\"']([\w -]{1,40})[\"']")
HIDDEN = re.compile(r"ckslot(\d+)ckend")
HEADING = re.compile(r"\s*(<h[1-6][^<>]*>)(.*)(</h[1-6]>)\s*", re.DOTALL)


class Kind(StrEnum):
    LINE = "line"
    TEXT = "text"
    BUTTON = "button"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Slot:
    """One part to fill: `text` is its words, or what a picture shows; `address` where it leads or lies."""

    name: str
    kind: Kind
    text: str = ""
    address: str = ""


def of(mjml: str, words: Words) -> list[Slot]:
    """The slots of a design in their order, each name once; without those that hold more than words."""
    found: dict[str, Slot] = {}
    hidden, codes = _hide(mjml)
    for part in PART.finditer(hidden):
        name = NAME.search(part["attributes"])
        if name and name[1] not in found and (slot := _read(name[1], part, codes, words)):
            found[name[1]] = slot
    return list(found.values())


def filled(mjml: str, slots: Mapping[str, Slot], words: Words) -> str:
    """The design with these contents; what they do not name stays as it is."""
    hidden, codes = _hide(mjml)
    done: set[str] = set()

    def fill(part: re.Match[str]) -> str:
        name = NAME.search(part["attributes"])
        if not name or name[1] in done or name[1] not in slots:
            return part[0]
        done.add(name[1])
        before = _read(name[1], part, codes, words)
        if before is None or (before.text, before.address) == (slots[name[1]].text, slots[name[1]].address):
            return part[0]
        return _write(part, replace(slots[name[1]], kind=before.kind), codes, words)

    return _show(PART.sub(fill, hidden), codes)


def poured(layout: str, texts: str, words: Words) -> str:
    """The layout of one design with what the slots of another say."""
    return filled(layout, {one.name: one for one in of(texts, words)}, words)


def _read(name: str, part: re.Match[str], codes: list[str], words: Words) -> Slot | None:
    attributes = part["attributes"]
    if part["tag"] == "mj-image":
        source, alt = _attribute(attributes, "src", codes), _attribute(attributes, "alt", codes)
        return Slot(name, Kind.PICTURE, html.unescape(alt), words.written(html.unescape(source)))
    inner = _show(part["inner"] or "", codes)
    if part["tag"] == "mj-button":
        said = slot_words.writing(inner.strip(), words)
        address = words.written(html.unescape(_attribute(attributes, "href", codes)))
        return None if said is None else Slot(name, Kind.BUTTON, said, address)
    heading = HEADING.fullmatch(inner)
    said = slot_words.writing(heading[2] if heading else inner, words)
    if said is None:
        return None
    return Slot(name, Kind.TEXT if "<p>" in inner else Kind.LINE, said)


def _write(part: re.Match[str], slot: Slot, codes: list[str], words: Words) -> str:
    tag, attributes, inner = part["tag"], part["attributes"], _show(part["inner"] or "", codes)
    if tag == "mj-image":
        attributes = _with(_with(attributes, "src", words.coded(slot.address)), "alt", slot.text)
        return f"<{tag}{attributes.rstrip()} />"
    if tag == "mj-button":
        attributes = _with(attributes, "href", words.coded(slot.address))
    said = slot_words.markup(slot.text, words, paragraphs=slot.kind == Kind.TEXT)
    if (heading := HEADING.fullmatch(inner)) and tag == "mj-text":
        said = f"{heading[1]}{said}{heading[3]}"
    return f"<{tag}{attributes.rstrip()}>{said}</{tag}>"


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


def _hide(mjml: str) -> tuple[str, list[str]]:
    codes: list[str] = []

    def put_away(found: re.Match[str]) -> str:
        codes.append(found[0])
        return f"ckslot{len(codes) - 1}ckend"

    return LIQUID.sub(put_away, HIDDEN.sub("", mjml)), codes


def _show(text: str, codes: list[str]) -> str:
    return HIDDEN.sub(lambda found: codes[int(found[1])], text)
