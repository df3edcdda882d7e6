from __future__ import annotations

from django.urls import URLPattern, path

from segments.views import (
    analysis,
    builder,
    cluster_work,
    clusterings,
    compare,
    drift,
    forecast,
    history,
    journey,
    lapse,
    lists,
    measures,
    model_tags,
    panels,
    personas,
    predictions,
    recommendations,
    rfm,
    rfm_settings,
    scores,
    segments,
    spending,
    stages,
    suggestions,
    value,
    why,
)

app_name = "segments"
score_urls = [
    path("rfm/", rfm.rfm, name="rfm"),
    path("rfm/groups/", rfm_settings.rfm_map, name="rfm_map"),
    path("rfm/groups/own/", rfm_settings.rfm_own_map, name="rfm_own"),
    path("rfm/scores/", rfm_settings.rfm_scores, name="rfm_scores"),
    path("rfm/moves/", rfm.rfm_moves_page, name="rfm_moves"),
    path("people/", scores.people_list, name="people"),
    path("persona/", personas.persona, name="persona"),
    path("from/", scores.segment_from, name="segment_from"),
    path("refresh/", scores.refresh_status, name="refresh_status"),
    path("refresh/now/", scores.refresh_now, name="refresh_now"),
]
cluster_urls = [
    path("clusters/", clusterings.clusterings, name="clusters"),
    path("clusters/start/", clusterings.cluster_start, name="cluster_start"),
    path("clusters/<int:pk>/", clusterings.cluster_run, name="cluster_run"),
    path("clusters/compare/", cluster_work.cluster_compare_page, name="cluster_compare"),
    path("clusters/<int:pk>/use/", clusterings.cluster_use, name="cluster_use"),
    path("clusters/<int:pk>/cancel/", clusterings.cluster_cancel, name="cluster_cancel"),
    path("clusters/<int:pk>/segment/", cluster_work.cluster_segment, name="cluster_segment"),
    path("clusters/<int:pk>/unusual/", cluster_work.cluster_unusual, name="cluster_unusual"),
    path("clusters/<int:pk>/unusual/keep/", cluster_work.cluster_unusual_keep, name="cluster_unusual_keep"),
]
segment_urls = [
    path("", segments.segments, name="segments"),
    path("new/", builder.segment_new, name="segment_new"),
    path("new/examples/", builder.starters, name="starters"),
    path("s/<str:slug>/", segments.segment, name="segment"),
    path("s/<str:slug>/rule/", builder.segment_edit, name="segment_edit"),
    path("s/<str:slug>/history/", history.history, name="history"),
    path("s/<str:slug>/history/<int:number>/restore/", history.restore, name="history_restore"),
    path("s/<str:slug>/came-and-left/", history.came_and_left, name="came_and_left"),
    path("compare/", compare.compare, name="compare"),
    path("s/<str:slug>/day/", compare.on_day, name="on_day"),
    path("s/<str:slug>/day/rule/", compare.rule_on_day, name="rule_on_day"),
    path("s/<str:slug>/left-out/", panels.left_out_panel, name="left_out_panel"),
    path("s/<str:slug>/recount/", segments.segment_recount, name="segment_recount"),
    path("s/<str:slug>/delete/", segments.segment_delete, name="segment_delete"),
    path("s/<str:slug>/people.csv", segments.segment_export, name="segment_export"),
    path("customer/<str:public_id>/", panels.customer_panel, name="customer_panel"),
]
why_urls = [
    path("why/<str:public_id>/", why.why, name="why"),
    path("s/<str:slug>/find/", why.person_find, name="person_find"),
    path("s/<str:slug>/hand/", why.hand_change, name="hand_change"),
    path("s/<str:slug>/hand/paste/", why.hand_paste, name="hand_paste"),
]
list_urls = [
    path("lists/new/", lists.list_new, name="list_new"),
    path("s/<str:slug>/list/", lists.list_edit, name="list_edit"),
    path("s/<str:slug>/search/", lists.list_search, name="list_search"),
    path("s/<str:slug>/add/", lists.list_add, name="list_add"),
    path("s/<str:slug>/paste/", lists.list_paste, name="list_paste"),
    path("s/<str:slug>/remove/", lists.list_remove, name="list_remove"),
]
analysis_urls = [
    path("value/", value.value, name="value"),
    path("lapse/", lapse.lapse, name="lapse"),
    path("journey/", journey.journey_map, name="journey"),
    path("tags/", model_tags.model_tags, name="model_tags"),
    path("stages/", stages.stages, name="stages"),
    path("day/", analysis.analysis, name="analysis"),
    path("day/panel/", analysis.analysis_panel, name="analysis_panel"),
    path("day/answer/", analysis.analysis_answer, name="analysis_answer"),
]
measure_urls = [
    path("measures/", measures.overview, name="measures"),
    path("measures/changes/", drift.changes, name="changes"),
    path("measures/changes/<int:pk>/seen/", drift.change_seen, name="change_seen"),
    path("measures/forecast/", forecast.forecast, name="forecast"),
    path("measures/spending/", spending.costs, name="spending"),
    path("measures/spending/<int:pk>/delete/", spending.remove, name="spending_delete"),
    path("measures/cohorts/", measures.cohorts, name="cohorts"),
    path("measures/words/", measures.words, name="measure_words"),
]
prediction_urls = [
    path("predictions/", predictions.prediction_list, name="predictions"),
    path("predictions/start/", predictions.prediction_start, name="prediction_start"),
    path("predictions/<int:pk>/", predictions.prediction, name="prediction"),
    path("predictions/<int:pk>/keep/", predictions.prediction_keep, name="prediction_keep"),
    path("predictions/<int:pk>/cancel/", predictions.prediction_cancel, name="prediction_cancel"),
    path("predictions/<int:pk>/delete/", predictions.prediction_delete, name="prediction_delete"),
]
recommend_urls = [
    path("recommendations/", recommendations.recommendations, name="recommendations"),
    path("recommendations/pairs.csv", recommendations.recommendations_csv, name="recommendations_csv"),
    path("recommendations/status/", recommendations.recommend_status, name="recommend_status"),
    path("recommendations/now/", recommendations.recommend_now, name="recommend_now"),
    path("suggestions/<str:public_id>/", suggestions.customer_suggestions, name="customer_suggestions"),
    path("with/<int:pk>/", suggestions.product_panel, name="product_panel"),
    path("s/<str:slug>/favourites/", suggestions.segment_favourites, name="segment_favourites"),
]
urlpatterns: list[URLPattern] = [
    *segment_urls,
    *why_urls,
    *list_urls,
    *score_urls,
    *cluster_urls,
    *analysis_urls,
    *measure_urls,
    *recommend_urls,
    *prediction_urls,
]
