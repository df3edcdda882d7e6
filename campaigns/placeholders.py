"""What a template may name: one closed list, its samples, and the values for one person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from liquid import Markup

from campaigns import extras, links
from campaigns.models import Campaign
from campaigns.rendering import PreparedMail
from campaigns.rendering.problems import DesignProblem
from crm import colors, custom_fields
from crm.models import Brand, Business, Customer, CustomField, Picture
from feedback import invitations
from feedback.models import Survey

NOT_TEXT = frozenset({"business.logo_url", "business.background", "business.text_color", "business.font"})
NOT_TEXT |= {"business.brand_color", "business.on_brand_color", "business.link_color", "business.social"}
NOT_TEXT |= {extras.PRODUCTS, extras.SEGMENTS}
# A grey field, where a picture is still to be chosen.
BLANK_PICTURE = (
    "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI2MDAiIGhlaWdodD0i"
    "MjQwIj48cmVjdCB3aWR0aD0iNjAwIiBoZWlnaHQ9IjI0MCIgZmlsbD0iI2Q5ZGRlMyIvPjwvc3ZnPg=="
)


@dataclass(frozen=True, slots=True)
class Placeholder:
    name: str
    label: str | Promise
    sample: str

    @property
    def is_text(self) -> bool:
        """Whether it can stand in a sentence."""
        return self.name not in NOT_TEXT

    @property
    def code(self) -> str:
        """What a click on its button inserts: with a fallback where data may lack."""
        if self.name == "customer.first_name":
            return '{{{{ customer.first_name | default: "{}" }}}}'.format(_("there"))
        return f"{{{{ {self.name} }}}}"

    @property
    def spoken(self) -> str:
        """The same where words are written in a form."""
        fallback = "|{}".format(_("there")) if self.name == "customer.first_name" else ""
        return f"{{{self.label}{fallback}}}"


CUSTOMER = (
    Placeholder("customer.first_name", gettext_lazy("First name"), "Ada"),
    Placeholder("customer.last_name", gettext_lazy("Last name"), "Byron"),
    Placeholder("customer.name", gettext_lazy("Full name"), "Ada Byron"),
    Placeholder("customer.email", gettext_lazy("E-mail"), "ada@example.com"),
    Placeholder("customer.city", gettext_lazy("City"), "London"),
    Placeholder("customer.country", gettext_lazy("Country"), "United Kingdom"),
    Placeholder("customer.language", gettext_lazy("Language"), "en"),
    Placeholder("customer.segments", gettext_lazy("Segments (for conditions)"), ""),
)
BUSINESS = (
    Placeholder("business.name", gettext_lazy("Business name"), ""),
    Placeholder("business.website", gettext_lazy("Website"), ""),
    Placeholder("business.postal_address", gettext_lazy("Postal address"), ""),
    Placeholder("business.reply_to", gettext_lazy("Reply address"), ""),
    Placeholder("business.brand_color", gettext_lazy("Brand colour"), ""),
    Placeholder("business.on_brand_color", gettext_lazy("Text on the brand colour"), ""),
    Placeholder("business.link_color", gettext_lazy("Colour of links"), ""),
    Placeholder("business.logo_url", gettext_lazy("Logo"), ""),
    Placeholder("business.background", gettext_lazy("Background colour"), ""),
    Placeholder("business.text_color", gettext_lazy("Text colour"), ""),
    Placeholder("business.font", gettext_lazy("Font"), ""),
    Placeholder("business.footer", gettext_lazy("Footer"), ""),
    Placeholder("business.social", gettext_lazy("Social networks"), ""),
)
LINKS = (
    Placeholder("unsubscribe_url", gettext_lazy("Unsubscribe link"), ""),
    Placeholder("preferences_url", gettext_lazy("Preferences link"), ""),
    Placeholder("survey_link", gettext_lazy("Survey link"), ""),
    Placeholder("survey_row", gettext_lazy("One-click survey row"), ""),
    Placeholder("coupon", gettext_lazy("Coupon code"), "SPRING-15"),
    Placeholder("recommended_products", gettext_lazy("Recommended products"), ""),
    Placeholder("today", gettext_lazy("Today's date"), ""),
)
UNSUBSCRIBE = gettext_lazy("Unsubscribe")


def everything(fields: list[CustomField] | None = None) -> list[Placeholder]:
    """All placeholders there are, own fields included."""
    own = custom_fields.plain() if fields is None else fields
    custom = [Placeholder(f"customer.custom.{field.key}", field.label, field.label) for field in own]
    return [*CUSTOMER, *custom, *BUSINESS, *LINKS]


def used(mail: PreparedMail) -> set[str]:
    """Dotted names that subject, design and text take from outside."""
    names: set[str] = set()
    for template in (mail.subject, mail.html, mail.text):
        for places in template.analyze().globals.values():
            names |= {".".join(str(part) for part in place.segments) for place in places}
    return names


def has_fallback(mail: PreparedMail, name: str) -> bool:
    """Whether every use of a placeholder says what stands there when data lack."""
    written = f"{mail.subject_source}\n{mail.author}"
    uses = re.findall(r"\{\{-?\s*" + re.escape(name) + r"\b([^}]*)", written)
    return all("default" in rest for rest in uses)


def check(mail: PreparedMail, *, has_survey: bool) -> None:
    """Refuse names that do not exist, with the list of those that do."""
    known = [one.name for one in everything()]
    names = used(mail)
    if unknown := sorted(names - set(known)):
        raise DesignProblem(
            _("There is no placeholder %(wrong)s. These exist: %(known)s.")
            % {"wrong": ", ".join(unknown), "known": ", ".join(known)}
        )
    if not has_survey and names & {"survey_link", "survey_row"}:
        raise DesignProblem(_("The design asks for a survey. Please choose which one."))


CHINESE = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC'"
FONTS = {
    Brand.Font.SANS: f"'Helvetica Neue',Helvetica,Arial,{CHINESE},sans-serif",
    Brand.Font.HUMAN: f"Verdana,'Trebuchet MS',{CHINESE},sans-serif",
    Brand.Font.SERIF: "Georgia,'Times New Roman','Songti SC',SimSun,'Noto Serif CJK SC',serif",
    Brand.Font.MONO: f"'Courier New',Courier,{CHINESE},monospace",
}


def address_of(picture: Picture) -> str:
    """Where a picture lies for everybody."""
    return f"{settings.SITE_URL}{picture.path}"


def look(brand: Brand, color: str) -> dict[str, Any]:
    """How the shop's mails look, for templates; the logo by an address that works anywhere."""
    names = dict(Brand.NETWORKS)
    return {
        "logo_url": address_of(brand.logo) if brand.logo else "",
        "background": brand.background,
        "text_color": brand.text_color,
        "link_color": color if colors.readable(color, colors.WHITE) else brand.text_color,
        "font": Markup(FONTS[Brand.Font(brand.font)]),
        "footer": brand.footer,
        "social": [{"name": names[one], "url": url} for one, url in brand.social.items() if one in names],
    }


class Values:
    """Values for one person after another; what is the same for all is looked up once."""

    def __init__(
        self,
        business: Business,
        *,
        survey: Survey | None = None,
        source: str = "",
        today: date | None = None,
        coupon: str = "",
    ) -> None:
        self.survey, self.source, self.language = survey, source, business.language
        self.blank = dict.fromkeys(custom_fields.plain().values_list("key", flat=True))
        self.languages: dict[str, dict[str, Any]] = {}
        self.shared: dict[str, Any] = {
            "business": {
                "name": business.name,
                "website": business.website or settings.SITE_URL,
                "postal_address": business.postal_address,
                "reply_to": business.reply_to or business.from_email,
                "brand_color": business.brand_color,
                "on_brand_color": business.on_brand_color,
                **look(Brand.current(), business.brand_color),
            },
            "today": today or business.today(),
            "coupon": coupon,
            "_currency": business.currency,
        }

    def of(
        self,
        customer: Customer,
        unsubscribe_url: str,
        *,
        survey_url: str = "",
        language: str = "",
        more: Mapping[str, Any] = extras.NOTHING,
    ) -> dict[str, Any]:
        """Everything a template may name, for this customer, in the language of the mail."""
        url, row = survey_url, ""
        if self.survey is not None:
            url = url or invitations.link(self.survey.pk, self.source, customer.pk)
            row = invitations.rating_row(self.survey, url, language or self.language)
        return {
            **self.alike(language or self.language),
            "customer": {**self._customer(customer), "segments": more[extras.SEGMENTS]},
            extras.PRODUCTS: more[extras.PRODUCTS],
            "unsubscribe_url": unsubscribe_url,
            "preferences_url": unsubscribe_url,
            "survey_link": url,
            "survey_row": Markup(row),
        }

    def alike(self, language: str) -> dict[str, Any]:
        """What is the same for all who read one language."""
        if language not in self.languages:
            with translation.override(language):
                words = {"_language": language, "_unsubscribe": str(UNSUBSCRIBE)}
            self.languages[language] = {**self.shared, **words}
        return self.languages[language]

    def _customer(self, customer: Customer) -> Mapping[str, Any]:
        values = {
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "name": customer.full_name,
            "email": customer.email,
            "city": customer.city,
            "country": customer.country,
            "language": customer.language or self.language,
        }
        # Liquid takes an empty text for true; nothing known must be false in "if" and empty in print.
        known = {key: links.unmarked(value) if value != "" else None for key, value in values.items()}
        own = {key: links.unmarked(value) for key, value in customer.custom.items()}
        return {**known, "custom": {**self.blank, **own}}


def coupon_of(campaign: Campaign) -> str:
    """The code that {{ coupon }} shows in the mails of a campaign."""
    return str(getattr(campaign, "coupon", ""))


def samples(business: Business) -> dict[str, str]:
    """What stands for each placeholder in the picture of the visual editor."""
    shop = Values(business).shared["business"]
    found = {one.name: str(one.sample or one.label) for one in everything()}
    return found | {f"business.{name}": value for name, value in shop.items() if isinstance(value, str)}


def sample_customer() -> Customer:
    """Somebody to show a design with while there is no customer yet."""
    return Customer(
        pk=0,
        first_name="Ada",
        last_name="Byron",
        email="ada@example.com",
        city="London",
        country="United Kingdom",
    )
