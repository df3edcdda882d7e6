"""The map of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("crm.urls")),
    path("segments/", include("segments.urls")),
    path("feedback/", include("feedback.urls")),
    path("campaigns/", include("campaigns.urls")),
    path("", include("feedback.public_urls")),
    path("", include("campaigns.public_urls")),
    path("admin/", admin.site.urls),
]
handler404 = "crm.views.errors.not_found"
handler500 = "crm.views.errors.server_error"
handler403 = "crm.views.errors.forbidden"
