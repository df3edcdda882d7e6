from __future__ import annotations

from django.urls import URLPattern, path

from segments.views import clusterings, scores, segments

app_name = "segments"
score_urls = [
    path("rfm/", scores.rfm, name="rfm"),
    path("people/", scores.people_list, name="people"),
    path("from/", scores.segment_from, name="segment_from"),
    path("refresh/", scores.refresh_status, name="refresh_status"),
    path("refresh/now/", scores.refresh_now, name="refresh_now"),
]
cluster_urls = [
    path("clusters/", clusterings.clusterings, name="clusters"),
    path("clusters/start/", clusterings.cluster_start, name="cluster_start"),
    path("clusters/<int:pk>/", clusterings.cluster_run, name="cluster_run"),
    path("clusters/<int:pk>/use/", clusterings.cluster_use, name="cluster_use"),
]
urlpatterns: list[URLPattern] = [
    path("", segments.segments, name="segments"),
    *score_urls,
    *cluster_urls,
]
