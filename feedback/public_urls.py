"""Addresses that customers see; they stay for ever (links in old mails)."""

from __future__ import annotations

from django.urls import URLPattern, path

from feedback.views import public

app_name = "feedback_public"
urlpatterns: list[URLPattern] = [
    path("s/<str:token>", public.survey, name="survey"),
    path("brand.css", public.brand, name="brand"),
]
