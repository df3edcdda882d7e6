"""Files on their way in."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import imports, rates, undoing

urlpatterns: list[URLPattern] = [
    path("settings/rates/", rates.rates, name="rates"),
    path("settings/rates/<int:pk>/remove/", rates.rate_remove, name="rate_remove"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/<int:pk>/", imports.import_page, name="import"),
    path("imports/<int:pk>/columns/", imports.import_columns, name="import_columns"),
    path("imports/<int:pk>/check/", imports.import_check, name="import_check"),
    path("imports/<int:pk>/start/", imports.import_start, name="import_start"),
    path("imports/<int:pk>/problems/", imports.import_problems, name="import_problems"),
    path("imports/<int:pk>/errors/", imports.import_errors, name="import_errors"),
    path("imports/<int:pk>/resume/", imports.import_resume, name="import_resume"),
    path("imports/<int:pk>/undo/", undoing.import_undo, name="import_undo"),
    path("imports/<int:pk>/undo/rows/", undoing.import_undo_rows, name="import_undo_rows"),
    path("imports/<int:pk>/cancel/", imports.import_cancel, name="import_cancel"),
]
