"""The script that puts the chat on the shop's pages, with its colour and words."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from crm.models import Business, Website
from crm.models.article import LANGUAGES


@cache
def _body() -> str:
    return Path(settings.BASE_DIR, "static", "chat-embed.js").read_text()


def script(site: Website | None, business: Business) -> str:
    if site is None or not site.has_chat:
        return "/* Chat is off. */\n"
    words = {}
    for language in LANGUAGES:
        with translation.override(language):
            words[language] = {"open": _("Chat with us"), "close": _("Close the chat"), "title": _("Chat")}
    given = {
        "address": f"{settings.SITE_URL.rstrip('/')}{reverse('crm:chat')}",
        "color": business.brand_color,
        "language": business.language,
        "words": words,
    }
    plain = json.dumps(given).replace("<", "\\u003c")
    return f"(() => {{\nconst shop = {plain};\n{_body()}}})();\n"
