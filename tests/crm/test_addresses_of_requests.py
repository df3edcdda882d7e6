"""Whose attempts are counted together: addresses that only our own proxies can tell."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from crm import limits


def come(told: str) -> str:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=told)
    return limits.address_of(request)


def test_without_a_trusted_proxy_nobody_chooses_their_address(settings):
    settings.TRUSTED_PROXIES = 0
    settings.PRODUCTION = True

    assert come("203.0.113.9") == "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "told", "expected"),
    [
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "somebody", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_what_the_trusted_proxies_added_counts(settings, proxies, told, expected):
    settings.TRUSTED_PROXIES = proxies

    assert come(told) == expected


def test_attempts_to_sign_in_are_counted_by_the_same_address(settings):
    assert settings.AXES_CLIENT_IP_CALLABLE == "crm.limits.address_of"
