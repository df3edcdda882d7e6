"""Help: articles of staff, the public help centre, cases from its form, and chat."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import articles, chat, chats, help_ask, help_centre

urlpatterns: list[URLPattern] = [
    path("service/articles/", articles.articles, name="articles"),
    path("service/articles/new/", articles.article, name="article_new"),
    path("service/articles/preview/", articles.article_preview, name="article_preview"),
    path("service/articles/suggest/", articles.article_suggest, name="article_suggest"),
    path("service/articles/<int:pk>/", articles.article, name="article"),
    path("service/articles/<int:pk>/publish/", articles.article_publish, name="article_publish"),
    path("service/articles/<int:pk>/remove/", articles.article_remove, name="article_remove"),
    path(
        "service/articles/<int:pk>/versions/<int:version_pk>/restore/",
        articles.article_restore,
        name="article_restore",
    ),
    path("service/articles/said/<int:pk>/remove/", articles.article_vote_remove, name="article_vote_remove"),
    path("service/topics/new/", articles.help_category, name="help_category_new"),
    path("service/topics/<int:pk>/", articles.help_category, name="help_category"),
    path("service/topics/<int:pk>/remove/", articles.help_category_remove, name="help_category_remove"),
    path("service/chats/", chats.chats, name="chats"),
    path("service/chats/waiting/", chats.waiting, name="chats_waiting"),
    path("service/<int:pk>/said/", chats.said, name="case_said"),
    path("chat.js", chat.chat_script, name="chat_script"),
    path("help/chat/", chat.chat, name="chat"),
    path("help/chat/news/", chat.chat_news, name="chat_news"),
    path("help/", help_centre.help_home, name="help"),
    path("help/ask/", help_ask.help_ask, name="help_ask"),
    path("help/case/<str:token>/", help_ask.help_case, name="help_case"),
    path("help/suggest/", help_centre.help_suggest, name="help_suggest"),
    path("help/topics/<str:slug>/", help_centre.help_topic, name="help_topic"),
    path("help/articles/<str:slug>/", help_centre.help_article, name="help_article"),
    path("help/articles/<str:slug>/vote/", help_centre.help_vote, name="help_vote"),
]
