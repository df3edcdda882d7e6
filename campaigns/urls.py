from __future__ import annotations

from django.urls import URLPattern, path

from campaigns.views import campaigns

app_name = "campaigns"
urlpatterns: list[URLPattern] = [path("", campaigns.campaigns, name="campaigns")]
