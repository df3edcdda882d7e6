"""What the library of the visual editor calls its settings, in the reader's words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

SIDES = ("top", "right", "bottom", "left")


def messages() -> dict[str, Any]:
    """In the shape that GrapesJS reads, for one language."""
    return {
        "assetManager": {
            "addButton": _("Add a picture"),
            "inputPlh": "https://…",
            "modalTitle": _("Choose a picture"),
            "uploadTitle": _("Drop pictures here, or click to choose them"),
        },
        "domComponents": {"names": _parts()},
        "grapesjs-mjml": {"components": {"names": _parts()}},
        "styleManager": {
            "empty": _("First choose a part."),
            "layer": _("Layer"),
            "fileButton": _("Pictures"),
            "sectors": {
                "dimension": _("Size and space"),
                "typography": _("Writing"),
                "decorations": _("Colours and borders"),
            },
            "properties": _properties(),
            "options": _options(),
        },
        "traitManager": {
            "empty": _("First choose a part."),
            "label": _("Links and names"),
            "traits": {
                "labels": _traits(),
                "attributes": {"href": {"placeholder": "https://…"}},
                "options": {"target": {"false": _("This window"), "_blank": _("New window")}},
            },
        },
    }


def _parts() -> dict[str, str]:
    return {
        "": _("Part"),
        "body": _("Whole mail"),
        "button": _("Button"),
        "cell": _("Cell"),
        "column": _("Column"),
        "divider": _("Line"),
        "group": _("Columns that stay together"),
        "image": _("Picture"),
        "link": _("Link"),
        "raw": _("Condition or snippet"),
        "row": _("Row"),
        "section": _("Section"),
        "spacer": _("Space"),
        "table": _("Table"),
        "text": _("Text"),
        "wrapper": _("Group of sections"),
    }


def _traits() -> dict[str, str]:
    return {
        "alt": _("Words for the picture"),
        "full-width": _("Full width"),
        "href": _("Link to"),
        "id": _("Mark"),
        "mode": _("Direction"),
        "name": _("Name"),
        "rel": _("Relation of the link"),
        "src": _("Address of the picture"),
        "target": _("Opens in"),
        "title": _("Words when pointed at"),
    }


def _properties() -> dict[str, str]:
    side = dict(zip(SIDES, (_("Top"), _("Right side"), _("Bottom"), _("Left side")), strict=True))
    found = {
        f"{name}-{one}{end}": side[one]
        for name in ("padding", "margin")
        for one in SIDES
        for end in ("", "-sub")
    }
    corners = (_("Top left"), _("Top right"), _("Bottom left"), _("Bottom right"))
    for one, word in zip(("top-left", "top-right", "bottom-left", "bottom-right"), corners, strict=True):
        found |= {f"border-{one}-radius": word, f"border-{one}-radius-sub": word}
    for one, word in (("width", _("Thickness")), ("style", _("Kind")), ("color", _("Colour"))):
        found |= {f"border-{one}": word, f"border-{one}-sub": word}
    return found | {
        "align": _("Alignment"),
        "background-color": _("Background colour"),
        "background-repeat": _("Repeat the background picture"),
        "background-size": _("Size of the background picture"),
        "background-url": _("Background picture"),
        "border": _("Border"),
        "border-detached": _("Border"),
        "border-radius": _("Round corners"),
        "color": _("Text colour"),
        "container-background-color": _("Colour behind it"),
        "font-family": _("Font"),
        "font-size": _("Font size"),
        "font-style": _("Font style"),
        "font-weight": _("Boldness"),
        "height": _("Height"),
        "icon-size": _("Size of the icons"),
        "letter-spacing": _("Space between letters"),
        "line-height": _("Line height"),
        "margin": _("Outer space"),
        "max-width": _("Greatest width"),
        "min-height": _("Smallest height"),
        "padding": _("Inner space"),
        "text-align": _("Alignment"),
        "text-decoration": _("Underline"),
        "vertical-align": _("Place in the height"),
        "width": _("Width"),
    }


def _options() -> dict[str, dict[str, str]]:
    align = {
        "left": _("Left side"),
        "center": _("Centred"),
        "right": _("Right side"),
        "justify": _("Justified"),
    }
    lines = {
        "none": pgettext("kind of line", "None"),
        "solid": _("Solid"),
        "dotted": _("Dotted"),
        "dashed": _("Dashed"),
        "double": _("Double"),
        "groove": _("Groove"),
        "ridge": _("Ridge"),
        "inset": _("Pressed in"),
        "outset": _("Raised"),
    }
    weights = {
        "100": _("Thin"),
        "200": _("Very light"),
        "300": _("Light"),
        "400": _("Normal"),
        "500": _("Medium"),
        "600": _("Half bold"),
        "700": _("Bold"),
        "800": _("Very bold"),
        "900": _("Black"),
    }
    return {
        "align": align,
        "border-style": lines,
        "border-style-sub": lines,
        "font-style": {"normal": _("Upright"), "italic": _("Italic")},
        "font-weight": weights,
        "text-align": align,
        "text-decoration": {
            "none": pgettext("kind of line", "None"),
            "underline": _("Underlined"),
            "line-through": _("Crossed out"),
        },
        "vertical-align": {"top": _("Top"), "middle": _("Middle"), "bottom": _("Bottom")},
    }
