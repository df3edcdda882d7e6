"""Perhaps the same person. Stands before the pages of single customers, whose addresses are any word."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import duplicates, merging

urlpatterns: list[URLPattern] = [
    path("customers/duplicates/", duplicates.duplicates, name="duplicates"),
    path("customers/duplicates/search/", duplicates.duplicate_search, name="duplicate_search"),
    path("customers/duplicates/bulk/", duplicates.duplicate_bulk, name="duplicate_bulk"),
    path(
        "customers/duplicates/bulk/<int:pk>/undo/", duplicates.duplicate_bulk_undo, name="duplicate_bulk_undo"
    ),
    path("customers/duplicates/<int:pk>/", duplicates.duplicate, name="duplicate"),
    path("customers/duplicates/<int:pk>/merge/", duplicates.duplicate_merge, name="duplicate_merge"),
    path(
        "customers/duplicates/<int:pk>/different/", duplicates.duplicate_different, name="duplicate_different"
    ),
    path("customers/merges/<int:pk>/undo/", merging.unmerge, name="unmerge"),
    path("customers/merge/", merging.merge_people, name="merge_people"),
    path("customers/<slug:public_id>/merge/", merging.merge_with, name="merge_with"),
]
