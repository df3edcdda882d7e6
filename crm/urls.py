from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import account, customers, health, home, outbox, settings

app_name = "crm"

account_urls = [
    path("sign-in/", account.sign_in, name="sign_in"),
    path("sign-out/", account.sign_out, name="sign_out"),
    path("language/", account.set_language, name="set_language"),
]
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("healthz", health.health, name="health"),
    path("customers/", customers.customers, name="customers"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("settings/", settings.settings, name="settings"),
    *account_urls,
]
