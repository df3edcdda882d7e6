"""Addresses that customers see; they stay for ever (links in old mails)."""

from __future__ import annotations

from django.urls import URLPattern, path

from campaigns.views import archive, public

app_name = "campaigns_public"
urlpatterns: list[URLPattern] = [
    path("c/<str:token>", public.click, name="click"),
    path("o/<str:token>", public.opened, name="open"),
    path("archive/", archive.archive, name="archive"),
    path("archive/<str:slug>", archive.archived, name="archived"),
]
