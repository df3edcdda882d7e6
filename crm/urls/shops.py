"""Shops and sources that keep the data in step."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import feeds, shop_hook, shops

urlpatterns: list[URLPattern] = [
    path("hooks/<slug:token>/", shop_hook.shop_hook, name="shop_hook"),
    path("settings/connections/", shops.connections, name="connections"),
    path("settings/connections/shops/new/", shops.shop, name="shop_new"),
    path("settings/connections/shops/<int:pk>/", shops.shop, name="shop"),
    path("settings/connections/shops/<int:pk>/secret/", shops.shop_secret, name="shop_secret"),
    path("settings/connections/shops/<int:pk>/change/", shops.shop_change, name="shop_change"),
    path("settings/connections/messages/<int:pk>/again/", shops.shop_event_again, name="shop_event_again"),
    path("settings/connections/sources/new/", feeds.feed, name="feed_new"),
    path("settings/connections/sources/<int:pk>/", feeds.feed, name="feed"),
    path("settings/connections/sources/<int:pk>/change/", feeds.feed_change, name="feed_change"),
]
