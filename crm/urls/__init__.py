"""The addresses of crm, one module per area."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.urls import (
    account,
    capture,
    cases,
    connections,
    customers,
    duplicates,
    help_centre,
    imports,
    lists,
    outbox,
    people,
    privacy,
    quality,
    shops,
    team,
)
from crm.views import health, home

app_name = "crm"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("healthz", health.health, name="health"),
    *account.urlpatterns,
    *cases.urlpatterns,
    *help_centre.urlpatterns,
    *connections.urlpatterns,
    *lists.urlpatterns,  # Before those of one customer: "filter" is nobody's id.
    *people.urlpatterns,
    *capture.urlpatterns,
    *duplicates.urlpatterns,
    *quality.urlpatterns,
    *customers.urlpatterns,
    *imports.urlpatterns,
    *outbox.urlpatterns,
    *shops.urlpatterns,
    *team.urlpatterns,
    *privacy.urlpatterns,
]
