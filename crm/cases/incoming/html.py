"""HTML of strangers: cleaned so that nothing in it runs, loads or looks like ours, and read as plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

TAGS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "li", "ol", "p",
    "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
BLOCKS = {"p", "div", "br", "li", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "hr", "pre"} | {
    "blockquote"
}
UNSEEN = {"style", "script", "head", "title", "template", "noscript"}
LARGEST = 500_000


def clean(html: str) -> str:
    """Only plain formatting and links to the web or to an address; no pictures, styles or forms."""
    return nh3.clean(
        html[:LARGEST],
        tags=TAGS,
        clean_content_tags={"script", "style", "title", "template", "noscript"},
        attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


class _Reader(HTMLParser):
    """Collects text in lines; what stands in a quotation begins with ">"."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.quoted = self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self.unseen += 1
        if tag == "blockquote":
            self.quoted += 1
        if tag in BLOCKS:
            self._line()

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self.unseen = max(self.unseen - 1, 0)
        if tag == "blockquote":
            self._line()
            self.quoted = max(self.quoted - 1, 0)
        if tag in BLOCKS - {"br", "hr"}:
            self._line()

    def handle_data(self, data: str) -> None:
        if self.unseen:
            return
        text = re.sub(r"\s+", " ", data)
        if not self.lines[-1]:
            text = text.lstrip()
            text = "> " * min(self.quoted, 3) + text if text and self.quoted else text
        self.lines[-1] += text

    def _line(self) -> None:
        if self.lines[-1].strip() or (len(self.lines) > 1 and self.lines[-2].strip()):
            self.lines.append("")


def as_text(html: str) -> str:
    """What a reader sees, as plain lines."""
    reader = _Reader()
    reader.feed(html[:LARGEST])
    reader.close()
    return "\n".join(line.rstrip() for line in reader.lines).strip()
