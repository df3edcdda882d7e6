"""The parts that the visual editor offers; each is a piece of MJML that fits our designs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import Snippet
from campaigns.placeholders import BLANK_PICTURE

COLOR, INK = "{{ business.brand_color }}", "{{ business.on_brand_color }}"
WHITE = 'background-color="#ffffff"'
SOCIAL = (
    '<mj-text align="center">{% for one in business.social %}'
    '<span style="display:inline-block;padding:0 6px">'
    '<a href="{{ one.url }}">{{ one.name }}</a></span> {% endfor %}</mj-text>'
)
PRODUCTS = (
    "<mj-text>{% for product in recommended_products %}<p><strong>{{ product.name }}</strong><br />"
    "{{ product.price | money }}</p>{% endfor %}</mj-text>"
)


def for_editor() -> list[dict[str, Any]]:
    """Blocks by name and content; `section` ones stand beside sections, the others inside a column."""
    heading, text, button = _("A heading"), _("Write here what you want to say."), _("Have a look")
    column = f"<mj-column><mj-text>{text}</mj-text></mj-column>"
    rows = ((_("Day"), _("Opening hours")), (_("Monday to Friday"), "9–18"), (_("Saturday"), "10–14"))
    code = '<mj-text align="center" font-size="28px" font-weight="700">{{ coupon }}</mj-text>'
    found = [
        _block("heading", _("Heading"), f'<mj-text><h1 style="margin:0">{heading}</h1></mj-text>'),
        _block("text", _("Text"), f"<mj-text><p>{text}</p></mj-text>"),
        _block("picture", _("Picture"), f'<mj-image src="{BLANK_PICTURE}" padding="8px 40px"></mj-image>'),
        _block(
            "button",
            _("Button"),
            f'<mj-button href="{{{{ business.website }}}}" background-color="{COLOR}" color="{INK}">'
            f"{button}</mj-button>",
        ),
        _block(
            "columns", _("Two columns"), f"<mj-section {WHITE}>{column}{column}</mj-section>", section=True
        ),
        _block("table", _("Table"), _table(rows)),
        _block("divider", _("Line"), '<mj-divider border-width="1px" border-color="#dddddd"></mj-divider>'),
        _block("spacer", _("Space"), '<mj-spacer height="24px"></mj-spacer>'),
        _block("social", _("Social networks"), SOCIAL),
        _block("products", _("Recommended products"), PRODUCTS),
        _block("coupon", _("Coupon code"), code),
        _block("survey", _("One-click survey row"), "<mj-text>{{ survey_row }}</mj-text>"),
    ]
    return found + [
        _block(
            f"snippet-{one.pk}",
            _("Snippet: %s") % one.name,
            f"<mj-raw>{one.code}</mj-raw>".replace('"', "'"),
            section=one.place == Snippet.Place.SECTION,
        )
        for one in Snippet.objects.all()[:40]
    ]


def _table(rows: Iterable[tuple[str, str]]) -> str:
    """Two columns under a first row that says what they hold."""
    made = ""
    for n, texts in enumerate(rows):
        cell = "td" if n else "th"
        made += "<tr>"
        for side, text in zip(("left", "right"), texts, strict=True):
            style = f"padding:8px 0;text-align:{side};border-bottom:1px solid #e7e7e2"
            made += f'<{cell} style="{style}">{text}</{cell}>'
        made += "</tr>"
    return f'<mj-table font-size="16px" padding="8px 40px">{made}</mj-table>'


def _block(key: str, label: str, content: str, *, section: bool = False) -> dict[str, Any]:
    return {"id": key, "label": label, "content": content, "section": section}


def names() -> dict[str, str]:
    """What the tags are called in the list of parts."""
    return {
        "mj-section": _("Section"),
        "mj-wrapper": _("Group of sections"),
        "mj-column": _("Column"),
        "mj-group": _("Columns that stay together"),
        "mj-text": _("Text"),
        "mj-button": _("Button"),
        "mj-image": _("Picture"),
        "mj-divider": _("Line"),
        "mj-spacer": _("Space"),
        "mj-raw": _("Condition or snippet"),
        "mj-table": _("Table"),
    }
