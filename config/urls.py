"""The map of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, register_converter
from django.urls.converters import IntConverter

from crm.views import account


class WholeNumber(IntConverter):
    """A number that every database can compare; longer ones are no address."""

    regex = "[0-9]{1,18}"


register_converter(WholeNumber, "whole")

urlpatterns = [
    path("", include("feedback.public_urls")),  # First: what many customers open at once is found at once.
    path("", include("crm.urls")),
    path("segments/", include("segments.urls")),
    path("feedback/", include("feedback.urls")),
    path("campaigns/", include("campaigns.urls")),
    path("", include("campaigns.public_urls")),
    path("api/", include("config.api")),
    path("admin/login/", account.admin_door),
    path("admin/", admin.site.urls),
]
handler404 = "crm.views.errors.not_found"
handler500 = "crm.views.errors.server_error"
handler400 = "crm.views.errors.bad_request"
handler403 = "crm.views.errors.forbidden"
