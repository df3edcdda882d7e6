from __future__ import annotations

from django.urls import URLPattern, path

from feedback.views import (
    asking,
    attitudes,
    building,
    closing,
    comments,
    details,
    insight,
    results,
    reviews,
    surveys,
    themes,
)

app_name = "feedback"

# Words that stand where a survey's short name stands are kept free by feedback.forms.editing.
survey_urls = [
    path("", surveys.surveys, name="surveys"),
    path("new/", surveys.survey_new, name="survey_new"),
    path("new/from/<str:key>/", building.from_shelf, name="survey_from"),
    path("<str:slug>/", results.survey, name="survey"),
    path("<str:slug>/details/", details.details, name="details"),
    path("<str:slug>/details/target/", details.target, name="score_target"),
    path("<str:slug>/answers/", results.answers, name="answers"),
    path("<str:slug>/answers/export/", results.export, name="answers_export"),
    path("<str:slug>/ask/", results.ask, name="survey_ask"),
    path("<str:slug>/invite/", results.invite, name="survey_invite"),
    path("<str:slug>/edit/", surveys.survey_edit, name="survey_edit"),
    path("<str:slug>/endings/", building.endings, name="survey_endings"),
    path("<str:slug>/share/", building.share, name="survey_share"),
    path("<str:slug>/share/qr.<str:kind>", building.qr, name="survey_qr"),
    path("<str:slug>/doubtful/", building.doubtful, name="doubtful"),
    path("<str:slug>/versions/", building.survey_versions, name="survey_versions"),
    path("<str:slug>/preview/", surveys.survey_preview, name="survey_preview"),
    path("<str:slug>/state/", surveys.survey_switch, name="survey_switch"),
]
question_urls = [
    path("<str:slug>/questions/", results.questions, name="questions"),
    path("<str:slug>/questions/bank/<int:pk>/", building.from_bank, name="question_from_bank"),
    path("<str:slug>/questions/new/", surveys.question_new, name="question_new"),
    path("<str:slug>/questions/<str:key>/", surveys.question_edit, name="question_edit"),
    path("<str:slug>/questions/<str:key>/keep/", building.into_bank, name="question_keep"),
    path("<str:slug>/questions/<str:key>/move/", surveys.question_move, name="question_move"),
    path("<str:slug>/questions/<str:key>/remove/", surveys.question_remove, name="question_remove"),
]
need_urls = [
    path("needs/", attitudes.needs, name="needs"),
    path("needs/new/", attitudes.need_new, name="need_new"),
    path("needs/<int:pk>/", attitudes.attitude, name="attitude"),
    path("needs/<int:pk>/remove/", attitudes.need_remove, name="need_remove"),
]
comment_urls = [
    path("comments/", comments.comments, name="comments"),
    path("comments/list/", comments.comment_list, name="comment_list"),
    path("comments/topics/new/", themes.theme_new, name="theme_new"),
    path("comments/topics/<int:pk>/", comments.theme, name="theme"),
    path("comments/topics/<int:pk>/change/", themes.theme_change, name="theme_change"),
    path("comments/topics/<int:pk>/merge/", themes.theme_merge, name="theme_merge"),
    path("comments/topics/<int:pk>/split/", themes.theme_split, name="theme_split"),
]
asking_urls = [
    path("asking/", asking.askings, name="askings"),
    path("asking/new/", asking.asking_new, name="asking_new"),
    path("asking/why/", asking.asking_why, name="asking_why"),
    path("asking/<int:pk>/", asking.asking, name="asking"),
    path("asking/<int:pk>/switch/", asking.asking_switch, name="asking_switch"),
]
review_urls = [
    path("reviews/", reviews.review_list, name="review_list"),
    path("reviews/<int:pk>/decide/", reviews.review_decide, name="review_decide"),
]
closing_urls = [
    path("closing/", closing.rules, name="closing_rules"),
    path("closing/new/", closing.rule_new, name="closing_rule_new"),
    path("closing/<int:pk>/", closing.rule, name="closing_rule"),
    path("closing/<int:pk>/switch/", closing.rule_switch, name="closing_rule_switch"),
    path("closing/<int:pk>/remove/", closing.rule_remove, name="closing_rule_remove"),
    path("insight/", insight.voice, name="voice"),
    path("recovery/", closing.came_back, name="recovery"),
    path("recovery/<str:slug>/", closing.unhappy, name="unhappy"),
]
customer_urls = [path("panel/<str:public_id>/", results.customer_panel, name="customer_panel")]
urlpatterns: list[URLPattern] = [
    *customer_urls,
    *need_urls,
    *comment_urls,
    *asking_urls,
    *review_urls,
    *closing_urls,
    *survey_urls,
    *question_urls,
]
