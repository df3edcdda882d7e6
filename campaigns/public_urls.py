"""Addresses that customers see; they stay for ever (links in old mails)."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "campaigns_public"
urlpatterns: list[URLPattern] = []
