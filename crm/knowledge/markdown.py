"""Articles are written in Markdown; what is shown is cleaned again, whoever wrote it."""

from __future__ import annotations

import re

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
_signs = re.compile(r"[#*_`>|~\[\]]|\]\([^)]*\)|^\s*[-+]\s|^\s*\d+\.\s", re.MULTILINE)


def page(text: str) -> SafeString:
    """Safe HTML; the title of the page is its only first-level heading."""
    tokens = _parser.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(max(int(token.tag[1]), 1) + 1, 4)}"
    html = nh3.clean(
        _parser.renderer.render(tokens, _parser.options, {}),
        tags=TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener",
    )
    return mark_safe(html)  # noqa: S308 - cleaned in the line above.


def plain(text: str, longest: int = 160) -> str:
    """The beginning as plain words, for lists and search engines."""
    words = " ".join(_signs.sub(" ", re.sub(r"\]\([^)]*\)", "] ", text)).split())
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"
