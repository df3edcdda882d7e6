"""Addresses that customers see; they stay for ever (links in old mails)."""

from __future__ import annotations

from django.urls import URLPattern, path

from feedback.views import public, reviews

app_name = "feedback_public"
urlpatterns: list[URLPattern] = [
    path("s/<str:token>", public.survey, name="survey"),
    path("survey-embed.js", public.embed_script, name="survey_embed"),
    path("reviews-embed.js", reviews.embed, name="reviews_embed"),
    path("reviews/<str:sku>", reviews.block, name="reviews"),
    path("reviews/<str:sku>/data", reviews.data, name="reviews_data"),
    path("brand.css", public.brand, name="brand"),
]
