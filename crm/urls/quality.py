"""How good the data are. Stands before the pages of single customers, whose addresses are any word."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import quality

urlpatterns: list[URLPattern] = [
    path("customers/quality/", quality.quality, name="quality"),
    path("customers/quality/check/", quality.quality_check, name="quality_check"),
    path("customers/quality/<slug:rule>/", quality.quality_rule, name="quality_rule"),
    path("customers/quality/<slug:rule>/<int:pk>/", quality.quality_accept, name="quality_accept"),
]
