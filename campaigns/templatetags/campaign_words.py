"""Words of campaigns in lists."""

from __future__ import annotations

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from campaigns import slot_words, subjects

register = template.Library()


@register.simple_tag(takes_context=True)
def subject(context: Context, text: str) -> SafeString:
    """A subject with a chip where something personal stands; the names are asked for once per page."""
    if "{" not in text:
        return format_html("{}", text)
    request = context["request"]
    if not hasattr(request, "placeholder_labels"):
        request.placeholder_labels = slot_words.words().labels
    chip = '<span class="ck-code">{}</span>'
    parts = subjects.parts(text, request.placeholder_labels)
    return format_html_join("", "{}", ((format_html(chip, one) if code else one,) for code, one in parts))
