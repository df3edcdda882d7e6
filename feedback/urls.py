from __future__ import annotations

from django.urls import URLPattern, path

from feedback.views import surveys

app_name = "feedback"
urlpatterns: list[URLPattern] = [path("", surveys.surveys, name="surveys")]
