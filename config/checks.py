"""Wrong settings are told at start, with a hint, instead of at midnight."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


@register
def links_reach_customers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Real mail with links to this machine only would reach nobody."""
    local = is_loopback(settings.SITE_HOST) and not settings.ALLOW_LOCAL_LINKS
    if settings.MAIL_CONNECTION and local:
        hint = "Set SITE_URL to the shop's public address, or ALLOW_LOCAL_LINKS=1 for a try on this machine."
        return [
            checks.Warning(
                "EMAIL_URL is set, but links would lead to this machine only: mails wait.",
                hint=hint,
                id="closeknit.W001",
            )
        ]
    return []


@register
def libraries_are_there(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Without the browser libraries every page would be bare."""
    if (settings.NODE_MODULES / "@tabler/core").is_dir():
        return []
    return [Error("The browser libraries are missing.", hint="Run: make install", id="closeknit.E001")]
