from __future__ import annotations

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from campaigns.views import (
    actions,
    campaigns,
    delivery,
    demo,
    editor,
    home,
    languages,
    media,
    people,
    proof,
    reports,
    templates,
    trials,
    visual,
    worked,
)


class NameConverter(StringConverter):
    """A short name, Chinese ones too."""

    regex = r"[-\w]+"


register_converter(NameConverter, "name")

app_name = "campaigns"
editor_urls = [
    path("new/", campaigns.campaign_new, name="campaign_new"),
    path("audience/", editor.audience, name="audience"),
    path("people/", editor.people, name="people"),
    path("preview/", editor.preview, name="preview"),
    path("visual/", visual.visual, name="visual"),
    path("words/", editor.words, name="words"),
    path("text/", editor.text, name="text"),
    path("design/<str:key>/", editor.design_source, name="design_source"),
]
template_urls = [
    path("templates/", templates.templates, name="templates"),
    path("templates/new/", templates.template_new, name="template_new"),
    path("templates/<int:pk>/", templates.template_edit, name="template"),
    path("templates/<int:pk>/delete/", templates.template_delete, name="template_delete"),
    path("templates/<str:key>/look/", templates.template_preview, name="template_preview"),
]
media_urls = [
    path("pictures/", media.media, name="media"),
    path("pictures/<int:pk>/", media.picture, name="picture"),
    path("pictures/<int:pk>/remove/", media.picture_remove, name="picture_remove"),
    path("snippets/", media.snippet_list, name="snippets"),
    path("snippets/new/", media.snippet, name="snippet_new"),
    path("snippets/<int:pk>/", media.snippet, name="snippet"),
    path("snippets/<int:pk>/remove/", media.snippet_remove, name="snippet_remove"),
    path("snippets/<int:pk>/look/", media.snippet_look, name="snippet_look"),
]
action_urls = [
    path("<name:slug>/delivery/", delivery.delivery, name="campaign_delivery"),
    path("<name:slug>/send/", actions.send, name="campaign_send"),
    path("<name:slug>/schedule/", actions.schedule, name="campaign_schedule"),
    path("<name:slug>/draft/", actions.back_to_draft, name="campaign_draft"),
    path("<name:slug>/pause/", actions.pause, name="campaign_pause"),
    path("<name:slug>/resume/", actions.resume, name="campaign_resume"),
    path("<name:slug>/cancel/", actions.cancel, name="campaign_cancel"),
    path("<name:slug>/duplicate/", actions.duplicate, name="campaign_duplicate"),
    path("<name:slug>/delete/", actions.delete, name="campaign_delete"),
    path("<name:slug>/test/", actions.send_test, name="campaign_test"),
]
trial_urls = [
    path("<name:slug>/experiment/", trials.experiment, name="experiment"),
    path("<name:slug>/experiment/plan/", trials.experiment_plan, name="experiment_plan"),
    path("<name:slug>/experiment/remove/", trials.experiment_remove, name="experiment_remove"),
    path("<name:slug>/experiment/choose/", trials.experiment_choose, name="experiment_choose"),
    path("<name:slug>/measuring/", trials.measuring, name="measuring"),
    path("<name:slug>/groups/", reports.breakdown, name="breakdown"),
    path("<name:slug>/links/", reports.links, name="links"),
    path("<name:slug>/links/mail/", reports.link_picture, name="link_picture"),
    path("<name:slug>/recipients/file/", reports.recipients_file, name="recipients_file"),
]
home_urls = [
    path("home/figures/", home.home_figures, name="home_figures"),
    path("home/charts/", home.home_charts, name="home_charts"),
    path("home/attention/", home.home_attention, name="home_attention"),
    path("home/running/", home.home_running, name="home_running"),
    path("home/loop/", home.home_loop, name="home_loop"),
    path("home/unhappy/", home.home_unhappy, name="home_unhappy"),
]
demo_urls = [
    path("demo/shop/", demo.demo, name="demo"),
    path("demo/shop/load/", demo.load_demo, name="load_demo"),
    path("demo/shop/remove/", demo.remove_demo, name="remove_demo"),
]
urlpatterns: list[URLPattern] = [
    path("", campaigns.campaigns, name="campaigns"),
    *home_urls,
    *demo_urls,
    *editor_urls,
    *template_urls,
    *media_urls,
    path("proof/", proof.proof, name="proof"),
    path("worked/", worked.what_worked, name="worked"),
    path("calendar/", proof.calendar, name="calendar"),
    path("customer/<slug:public_id>/", people.customer_panel, name="customer_panel"),
    path("<name:slug>/", campaigns.campaign, name="campaign"),
    path("<name:slug>/edit/", campaigns.campaign_edit, name="campaign_edit"),
    path("<name:slug>/look/", editor.campaign_preview, name="campaign_preview"),
    path("<name:slug>/in/<slug:language>/", languages.campaign_language, name="campaign_language"),
    path("<name:slug>/version/<slug:arm>/", languages.campaign_version, name="campaign_version"),
    path("<name:slug>/in/<slug:language>/remove/", languages.language_remove, name="language_remove"),
    path("<name:slug>/lacking/<str:field>/", people.lacking, name="lacking"),
    path("<name:slug>/recipients/", people.recipients, name="recipients"),
    *action_urls,
    *trial_urls,
]
