"""Which text of a campaign somebody gets: the arm of the experiment, then their language, else the shop's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns import design, slot_words, slots
from campaigns.models import Campaign, Variant
from campaigns.placeholders import Values, used
from campaigns.rendering import PreparedMail, Sources
from crm.errors import Refusal
from crm.languages import language_of
from crm.models import Business, Customer, CustomerQuerySet, Message

FIRST = "a"
LANGUAGES = (("en", "English"), ("zh-hans", "简体中文"))
FIELDS = ("subject", "mjml", "preheader", "text")
SHOP = re.compile(r"\{\{-?\s*business\.(\w+)\s*-?\}\}")

type Key = tuple[str, str]  # Arm and language; ("a", "") is what the campaign itself says.


def arm_of(message: Message) -> str:
    """The arm that planning drew for this message."""
    return message.arm.lower() or FIRST  # A capital one: of the rest, after the test.


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The text for one message, made ready; `places`: its links among all of the campaign."""

    arm: str
    language: str  # That money, dates and the survey are written in.
    mail: PreparedMail
    places: tuple[int, ...]


@dataclass(frozen=True)
class Texts:
    """All texts of one campaign. Each is compiled once, when first asked for."""

    sources: dict[Key, Sources]
    business: Business
    _chosen: dict[Key, Chosen] = field(default_factory=dict)

    def key(self, arm: str, customer: Customer | None) -> Key:
        """Which text it is: of this arm in this person's language, then of this arm, then of arm A."""
        language = language_of(customer, self.business)
        for key in ((arm, language), (arm, ""), (FIRST, language)):
            if key in self.sources:
                return key
        return FIRST, ""

    def of(self, message: Message) -> Chosen:
        """The text that a message gets, by its arm and its customer's language."""
        return self.chosen(self.key(arm_of(message), message.customer))

    def chosen(self, key: Key) -> Chosen:
        if key not in self._chosen:
            mail = design.compiled(self.sources[key])
            places = tuple(self.addresses.index(url) for url in mail.urls)
            spoken = key[1] or design.language(mail.author, self.business)
            self._chosen[key] = Chosen(key[0], spoken, mail, places)
        return self._chosen[key]

    def names(self) -> set[str]:
        """Placeholders that any of the texts uses."""
        found: set[str] = set()
        return found.union(*(used(design.compiled(written)) for written in self.sources.values()))

    @cached_property
    def addresses(self) -> list[str]:
        """Addresses of the links in all texts, each once, in the order of arms and languages."""
        found: dict[str, None] = {}
        for written in self.sources.values():
            found |= dict.fromkeys(design.compiled(written).urls)
        return list(found)

    def shown_addresses(self) -> list[str]:
        """The same with the shop's own data filled in; what is personal stays a placeholder."""
        shared = Values(self.business).shared["business"]
        return [
            SHOP.sub(lambda found: str(shared.get(found[1], found[0])), address) for address in self.addresses
        ]


def texts(campaign: Campaign, business: Business) -> Texts:
    """What a campaign says, as it was frozen when its planning began, or as it is written now."""
    if campaign.frozen:
        written = {(one["arm"], one["language"]): _sources(one) for one in campaign.frozen}
    else:
        written = written_now(campaign)
    return Texts(written, business)


def written_now(campaign: Campaign) -> dict[Key, Sources]:
    """Every text with its gaps filled: a language takes what it lacks from the arm, the arm from A."""
    rows = {(one.arm, one.language): one for one in campaign.variants.order_by("arm", "language")}
    found: dict[Key, Sources] = {(FIRST, ""): design.sources(campaign)}
    for key, row in sorted(rows.items()):
        homes = [campaign]
        if key[0] != FIRST:
            nearer = [(FIRST, key[1]), (key[0], "")] if key[1] else []
            homes += [rows[home] for home in nearer if home in rows]  # type: ignore[misc]
        values = {name: _first([row, *reversed(homes)], name) for name in FIELDS}
        if row.follows:
            values["mjml"] = poured(row, rows.get((key[0], "")))
        if row.mjml and not row.text:
            values["text"] = ""  # Words of another design would not fit.
        found[key] = Sources(**values)
    return found


def poured(row: Variant, arm: Variant | None) -> str:
    """The words of a text that follows, in the layout of its arm, else of the campaign."""
    layout = arm.mjml if arm is not None and arm is not row and arm.mjml else row.campaign.mjml
    poured = slots.poured(layout, row.mjml, slot_words.words())
    return design.in_language(poured, row.language) if row.language else poured


def freeze(campaign: Campaign, business: Business) -> Texts:
    """Keep what is said now for the whole sending; a Refusal names what cannot be sent."""
    found = Texts(texts(campaign, business).sources, business)
    for key in found.sources:
        try:
            design.prepared(found.sources[key])
        except Refusal as problem:
            raise Refusal(f"{label(key)}{problem}") from problem
    if not campaign.frozen:
        campaign.frozen = [
            {"arm": arm, "language": language, **_kept(design.whole(written))}
            for (arm, language), written in found.sources.items()
        ]
        Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.PLANNING).update(frozen=campaign.frozen)
    return texts(campaign, business)


def problem_in(campaign: Campaign, business: Business) -> str:
    """What is wrong with any text of a campaign, saying which; "" when all can be sent."""
    has_survey = campaign.survey_id is not None
    for key, written in texts(campaign, business).sources.items():
        if problem := design.problem_in(written, has_survey=has_survey, business=business):
            return f"{label(key)}{problem}"
    return ""


def label(key: Key) -> str:
    """What stands before a problem of one text among several, as in "B, zh-hans: "."""
    said = [key[0].upper()] if key[0] != FIRST else []
    said += [key[1]] if key[1] else []
    return f"{', '.join(said)}: " if said else ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One language of a campaign: `n` of those who would get it read it."""

    code: str
    name: str
    row: Variant | None
    is_shops: bool
    n: int = 0


def languages(
    campaign: Campaign, business: Business, *, among: CustomerQuerySet | None = None
) -> list[Spoken]:
    """The languages that we speak, the shop's first, each with its text where one is written."""
    rows = {one.language: one for one in campaign.variants.filter(arm=FIRST)}
    counted = readers(among, business) if among is not None else {}
    order = sorted(LANGUAGES, key=lambda pair: pair[0] != business.language)
    return [
        Spoken(code, said, rows.get(code), code == business.language, counted.get(code, 0))
        for code, said in order
    ]


def readers(people: CustomerQuerySet, business: Business) -> dict[str, int]:
    """How many of those who can be written to read which of our languages."""
    found: dict[str, int] = {}
    rows = people.contactable().order_by().values_list("language").annotate(n=Count("pk"))
    for said, n in rows:
        code = language_of(Customer(language=said), business)
        found[code] = found.get(code, 0) + n
    return found


def name(key: Key) -> str:
    """What a text is called among several: "A · everybody else", "B · 简体中文"."""
    language = str(dict(LANGUAGES).get(key[1], key[1])) if key[1] else _("all others")
    return f"{key[0].upper()} · {language}"


def edit_url(campaign: Campaign, key: Key) -> str:
    """Where this text is written."""
    if key[0] == FIRST and key[1]:
        return reverse("campaigns:campaign_language", args=[campaign.slug, key[1]])
    if key[0] != FIRST:
        return reverse("campaigns:experiment", args=[campaign.slug])
    return reverse("campaigns:campaign_edit", args=[campaign.slug])


def _first(homes: list[Any], name: str) -> str:
    return next((value for one in homes if (value := getattr(one, name))), "")


def _sources(kept: dict[str, str]) -> Sources:
    return Sources(**{name: kept.get(name, "") for name in FIELDS})


def _kept(written: Sources) -> dict[str, str]:
    return {name: getattr(written, name) for name in FIELDS}
