"""Other programs: tokens, webhooks, the website."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import api_tokens, webhooks, website

urlpatterns: list[URLPattern] = [
    path("snippet.js", website.snippet, name="snippet"),
    path("settings/api/", api_tokens.api_tokens, name="api_tokens"),
    path("settings/api/<int:pk>/revoke/", api_tokens.api_token_revoke, name="api_token_revoke"),
    path("settings/website/", website.website, name="website"),
    path("settings/website/seen/", website.website_seen, name="website_seen"),
    path("settings/website/renew/", website.website_renew, name="website_renew"),
    path("settings/webhooks/", webhooks.endpoints, name="webhooks"),
    path("settings/webhooks/<int:pk>/", webhooks.endpoint, name="webhook"),
    path("settings/webhooks/<int:pk>/change/", webhooks.endpoint_change, name="webhook_change"),
    path("settings/webhooks/deliveries/<int:pk>/again/", webhooks.delivery_again, name="webhook_again"),
]
