"""The row of one-click scores in a mail: a plain table of links that every mail program draws."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape

from django.utils import translation

from feedback import sheet, texts
from feedback.models import Survey

MOST_PICTURES = 5
_URL = "\x00"  # Stands for the link until the row is filled for one person.
_FONT = "font-family:Arial,Helvetica,sans-serif"
_LINK = "display:block;text-decoration:none;color:#1f2937"


def rating_row(survey: Survey, url: str, language: str) -> str:
    """HTML for inside an mj-text or mj-raw: one link per score, each `url` with ?score=n.

    A link only opens the page with the score chosen; nothing is stored until the person presses the button
    there, so mail scanners that follow every link change nothing.
    """
    joined = f"{url}{'&' if '?' in url else '?'}score="
    spoken = texts.first_known(language)
    with translation.override(spoken):
        low, high = sheet.scale_words(survey, language)
        steps = sheet.scale_options(survey, (survey.look or {}).get("shape"), None)
    row = _row(tuple((one.value, one.text, one.picture) for one in steps), low, high)
    return row.replace(_URL, escape(joined))


@lru_cache(maxsize=64)
def _row(steps: tuple[tuple[str, str, str], ...], low: str, high: str) -> str:
    """Pictures where all of them fit beside each other with their words, else numbers."""
    if any(picture for _value, _word, picture in steps) and len(steps) <= MOST_PICTURES:
        return _pictures(steps)
    return _numbers([int(value) for value, _word, _picture in steps], low, high)


def _pictures(steps: Sequence[tuple[str, str, str]]) -> str:
    cells = "".join(
        f'<td width="{100 // len(steps)}%" align="center" valign="top" style="padding:4px 2px">'
        f'<a href="{_URL}{score}" target="_blank" style="{_LINK};{_FONT};font-size:12px;line-height:16px">'
        f'<span style="font-size:30px;line-height:40px">{picture}</span><br>{escape(word)}</a></td>'
        for score, word, picture in steps
    )
    return _table(f"<tr>{cells}</tr>", 'width="100%"', "max-width:420px;margin:0 auto")


def _numbers(numbers: list[int], low: str, high: str) -> str:
    """Two tables side by side that fall below each other on a narrow screen; no media query needed."""
    half = (len(numbers) + 1) // 2
    parts = [numbers[:half], numbers[half:]] if len(numbers) > 6 else [numbers]
    tables = "".join(
        _table(f"<tr>{''.join(map(_cell, part))}</tr>", f'align="left" width="{len(part) * 44}"', "")
        for part in parts
    )
    last = numbers[-1]
    key = f"{numbers[0]} = {escape(low)} &nbsp;·&nbsp; {last} = {escape(high)}"
    return _table(
        f'<tr><td align="left">{tables}</td></tr>'
        f'<tr><td class="soft" align="left" style="{_FONT};font-size:12px;line-height:18px;color:#6b7280;'
        f'padding:6px 3px">'
        f"{key}</td></tr>",
        'width="100%"',
        "",
    )


def _cell(score: int) -> str:
    return (
        f'<td width="44" style="padding:3px"><table role="presentation" width="38" cellpadding="0" '
        f'cellspacing="0" border="0"><tr><td width="38" height="44" align="center" bgcolor="#eef2f6" '
        f'style="border-radius:6px"><a href="{_URL}{score}" target="_blank" style="{_LINK};{_FONT};'
        f'font-size:16px;font-weight:bold;line-height:44px">{score}</a></td></tr></table></td>'
    )


def _table(rows: str, attributes: str, style: str) -> str:
    css = f' style="{style}"' if style else ""
    return (
        f'<table role="presentation" cellpadding="0" cellspacing="0" border="0" {attributes}{css}>'
        f"{rows}</table>"
    )
