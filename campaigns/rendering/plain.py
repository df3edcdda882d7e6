"""The plain-text part, made once from the compiled design; placeholders and link marks stay in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser

SILENT = frozenset({"head", "style", "script", "title"})
BLOCKS = frozenset(
    {"p", "div", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr"}
)
HIDDEN = re.compile(r"display:\s*none")
NOT_IN_TEXT = "not-in-text"  # A class for what makes sense in the picture of the mail only.
OWN_LINE = re.compile(r"display:\s*inline-block")


def plain_text(html: str) -> str:
    """Readable text of a mail: blocks as paragraphs, links as `words: address`."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silence: list[str] = []  # Open tags since the outermost silent one.
        self.links: list[tuple[str, int]] = []  # Address, and where its words begin.
        self.tag = ""  # The last one that began.

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        before, self.tag = self.tag, tag
        if self.silence or _is_silent(tag, values):
            if tag not in {"img", "br", "hr", "meta", "link"}:
                self.silence.append(tag)
        elif tag == "br":
            self.parts.append("\n")
        elif tag in BLOCKS:
            self.parts.append("\n---\n" if tag == "hr" else "\n- " if tag == "li" else "\n\n")
        elif tag in {"td", "th"}:
            self.parts.append(" ")
        elif tag == "img" and values.get("alt"):
            self.parts.append(f"[{values['alt']}]" if before == "td" else values["alt"])
        elif tag == "span" and OWN_LINE.search(values.get("style", "")):
            self.parts.append("\n")
        elif tag == "a":
            self.links.append((values.get("href", ""), len(self.parts)))

    def handle_endtag(self, tag: str) -> None:
        if self.silence:
            if tag in self.silence:
                while self.silence.pop() != tag:
                    pass
        elif tag == "a" and self.links:
            self._end_link(*self.links.pop())
        elif tag in BLOCKS and tag != "li":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silence:
            self.parts.append(re.sub(r"\s+", " ", data))

    def _end_link(self, address: str, start: int) -> None:
        words = "".join(self.parts[start:]).strip()
        if not address or address.startswith("#") or address == words:
            return
        if words:
            kept = "".join(self.parts[start:]).rstrip().rstrip(".。:：")
            self.parts[start:] = [f"{kept}{'：' if '一' <= kept[-1:] <= '鿿' else ': '}{address}"]
        else:
            self.parts.append(address)


def _is_silent(tag: str, values: Mapping[str, str]) -> bool:
    hidden = tag == "div" and HIDDEN.search(values.get("style", ""))
    return tag in SILENT or bool(hidden) or NOT_IN_TEXT in values.get("class", "").split()
