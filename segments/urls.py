from __future__ import annotations

from django.urls import URLPattern, path

from segments.views import segments

app_name = "segments"
urlpatterns: list[URLPattern] = [path("", segments.segments, name="segments")]
