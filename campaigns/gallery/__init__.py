"""Designs that come with the program, read from the files beside this one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from campaigns import placeholders, slot_words, slots
from campaigns.design import in_language
from campaigns.models import MailTemplate
from crm.models import Brand

HERE = Path(__file__).parent
FEW = 2  # So many slots may say the same by chance.
LOGO = re.compile(r'{% if business\.logo_url != "" %}(.*?){% else %}(.*?){% endif %}')


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


def choices(*languages: str) -> dict[str, list[Design]]:
    """Ours by language: first those in the shop's, then those in the reader's."""
    found = {
        language: [one for one in shipped().values() if one.language == language]
        for language in dict.fromkeys(languages)
    }
    return {language: ours for language, ours in found.items() if ours} or choices("en")


def find(key: str) -> Design | None:
    if key.isascii() and key.isdigit() and len(key) < 12:
        row = MailTemplate.objects.filter(pk=int(key)).first()
        return _of(row) if row else None
    ours = shipped().get(key)
    return headed(ours) if ours else None


def translated(written: Mapping[str, str], language: str) -> dict[str, str]:
    """A mail in another language, where it still says what one of ours says; the rest stays as it is."""
    words = slot_words.words()
    said = {one.name: one for one in slots.of(written["mjml"], words)}
    ours: Design | None = None
    known: set[str] = set()
    most = FEW
    for one in shipped().values():
        same = {slot.name for slot in slots.of(one.mjml, words) if slot.text and said.get(slot.name) == slot}
        if one.language != language and len(same) > most:
            ours, known, most = one, same, len(same)
    twin = shipped().get(f"{ours.key.partition('.')[0]}.{language}") if ours else None
    if ours is None or twin is None:
        return dict(written)
    kept = {one.name: one for one in slots.of(twin.mjml, words) if one.name in known}
    lines = {
        name: getattr(twin, name) if written[name] == getattr(ours, name) else written[name]
        for name in ("subject", "preheader")
    }
    return {**written, **lines, "mjml": in_language(slots.filled(written["mjml"], kept, words), language)}


def headed(design: Design) -> Design:
    """With the shop's logo, or its name where there is none: the visual editor shows no condition."""
    logo = Brand.current().logo
    if not logo:
        return replace(design, mjml=LOGO.sub(lambda found: found[2], design.mjml))
    address = placeholders.address_of(logo)
    picture = LOGO.sub(lambda found: found[1].replace("{{ business.logo_url }}", address), design.mjml)
    return replace(design, mjml=picture)


def _of(row: MailTemplate) -> Design:
    return Design(str(row.pk), row.language, row.name, row.description, row.subject, "", row.mjml)
