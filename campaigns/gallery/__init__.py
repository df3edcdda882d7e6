"""Designs that come with the program, read from the files beside this one."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from campaigns.models import MailTemplate

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Design:
    """A design to begin with; `key` is "welcome.en" for ours, the number for one of the shop's own."""

    key: str
    language: str
    name: str
    description: str
    subject: str
    preheader: str
    mjml: str


@cache
def shipped() -> dict[str, Design]:
    """All designs on disk, by key."""
    texts = tomllib.loads((HERE / "gallery.toml").read_text(encoding="utf-8"))
    return {
        (key := f"{name}.{language}"): Design(
            key, language, mjml=(HERE / f"{key}.mjml").read_text(encoding="utf-8"), **words
        )
        for name, languages in texts.items()
        for language, words in languages.items()
    }


def own() -> list[Design]:
    """Designs that the shop keeps itself."""
    return [_of(row) for row in MailTemplate.objects.all()]


def choices(language: str) -> list[Design]:
    """The shop's own designs first, then ours in the language of its mails."""
    ours = [one for one in shipped().values() if one.language == language]
    return [*own(), *(ours or [one for one in shipped().values() if one.language == "en"])]


def find(key: str) -> Design | None:
    if key.isascii() and key.isdigit() and len(key) < 12:
        row = MailTemplate.objects.filter(pk=int(key)).first()
        return _of(row) if row else None
    return shipped().get(key)


def _of(row: MailTemplate) -> Design:
    return Design(str(row.pk), row.language, row.name, row.description, row.subject, "", row.mjml)
