"""The words of a slot, between the markup of a mail and what a person writes in a form."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from campaigns import placeholders

CODE = re.compile(
    r"\{\{-?\s*([\w.]+)\s*(?:\|\s*default:\s*(?:\"([^\"]*)\"|'([^']*)')\s*|(\|\s*money)\s*)?-?\}\}"
)
SAID = re.compile(r"(?<!\{)\{([^{}|\n]{1,60})(?:\|([^{}|\n]{0,80}))?\}(?!\})")
LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^()\s]+)\)")
STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")


@dataclass(frozen=True, slots=True)
class Words:
    """What the names in braces are called for the reader, and which placeholder each one is."""

    labels: dict[str, str]  # Placeholder → its label.
    names: dict[str, str]
    money: frozenset[str] = frozenset()  # Placeholders that are printed as amounts.

    def written(self, text: str) -> str:
        """{{ customer.first_name | default: "there" }} as {First name|there}."""

        def say(found: re.Match[str]) -> str:
            label = self.labels.get(found[1])
            fallback = found[2] if found[2] is not None else found[3]
            odd = bool(found[4]) != (found[1] in self.money)
            if label is None or odd or (fallback and re.search(r"[{}|\n]", fallback)):
                return found[0]
            return f"{{{label}}}" if fallback is None else f"{{{label}|{fallback}}}"

        return CODE.sub(say, text)

    def coded(self, text: str) -> str:
        """And back; what is no name of ours stays a word in braces."""

        def code(found: re.Match[str]) -> str:
            name = self.names.get(found[1].strip().lower())
            if name is None:
                return found[0]
            if name in self.money:
                return f"{{{{ {name} | money }}}}"
            fallback = (found[2] or "").replace('"', "”")
            return f'{{{{ {name} | default: "{fallback}" }}}}' if found[2] else f"{{{{ {name} }}}}"

        return SAID.sub(code, text)


def words() -> Words:
    """The names that may stand in a sentence, in the language of the page."""
    labels = {one.name: str(one.label) for one in placeholders.everything() if one.is_text}
    labels = {name: label for name, label in labels.items() if not re.search(r"[{}|\n]", label)}
    names: dict[str, str] = {}
    for name, label in labels.items():
        names.setdefault(label.strip().lower(), name)
    return Words(
        {name: label for name, label in labels.items() if names[label.strip().lower()] == name}, names
    )


def writing(markup_: str, words: Words) -> str | None:
    """What a person would have written for this markup; None where that cannot be written."""
    text = " ".join(markup_.split())
    text = re.sub(r"\s*<br\s*/?>\s*", "\n", text)
    text = re.sub(r"\s*</p>\s*<p>\s*", "\n\n", text)
    text = re.sub(r"^<p>\s*|\s*</p>$", "", text)
    text = re.sub(r"<(strong|b)>(.+?)</\1>", r"**\2**", text)
    text = re.sub(r'<a href="([^"<>\s()]+|\{\{[^{}"<>]+\}\})">([^<>\[\]]+)</a>', _link_words(words), text)
    if "<" in text:
        return None
    said = html.unescape(words.written(text)).strip()
    if "{{" in said or "{%" in said:
        return None
    again = markup(said, words, paragraphs="<p>" in markup_)
    return said if _plain(again) == _plain(markup_) else None


def _link_words(words: Words) -> Callable[[re.Match[str]], str]:
    return lambda found: f"[{found[2]}]({words.written(found[1])})"


def _plain(markup_: str) -> str:
    """Markup without the differences that nobody sees."""
    text = re.sub(r"\s*<br\s*/?>\s*", "<br />", " ".join(markup_.split()))
    text = re.sub(r"<(/?)b>", r"<\1strong>", text)
    text = re.sub(r"\s*(</?p>)\s*", r"\1", text)
    text = re.sub(r"\{\{-?\s*(.*?)\s*-?\}\}", lambda code: "{{" + code[1].replace("'", '"') + "}}", text)
    return html.unescape(text).strip()


def markup(said: str, words: Words, *, paragraphs: bool) -> str:
    """The markup of what a person wrote; every sign of theirs stays a sign."""
    said = said.replace("\r\n", "\n").strip()
    if not paragraphs:
        return _line(said, words)
    return "".join(f"<p>{_line(one.strip(), words)}</p>" for one in re.split(r"\n\s*\n", said))


def _line(said: str, words: Words) -> str:
    plain = re.sub(r"\{%|%\}", "", re.sub(r"\{{2,}", "{", re.sub(r"\}{2,}", "}", said)))
    safe = html.escape(plain, quote=False)
    safe = STRONG.sub(r"<strong>\1</strong>", safe)
    safe = LINK.sub(lambda found: f'<a href="{found[2].replace(chr(34), "&quot;")}">{found[1]}</a>', safe)
    return words.coded(safe).replace("\n", "<br />")
