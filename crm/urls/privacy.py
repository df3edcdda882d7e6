"""What people decide about their data, and what staff does about it."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import confirming, consents, preferences, privacy, retention, sensitive

urlpatterns: list[URLPattern] = [
    path("u/<str:token>/choices", preferences.choices, name="preferences_choices"),
    path("u/<str:token>/ask", preferences.ask, name="preferences_ask"),
    path("u/<str:token>/send", preferences.send, name="preferences_send"),
    path("u/<str:token>/correct", preferences.correct, name="preferences_correct"),
    path("data/<str:token>", preferences.data, name="personal_data"),
    path("confirm/<str:token>", confirming.confirm, name="confirm"),
    path("settings/retention/", retention.rules, name="retention"),
    path("settings/retention/<slug:kind>/", retention.rule, name="retention_rule"),
    path("settings/retention/<slug:kind>/switch/", retention.switch, name="retention_switch"),
    path("settings/wordings/", consents.wordings, name="wordings"),
    path("customers/<slug:public_id>/consents/", consents.person, name="customer_consents"),
    path("customers/<slug:public_id>/consents/said/", consents.record, name="customer_consent_said"),
    path("settings/backups/", privacy.kept_backups, name="backups"),
    path("settings/backups/<int:pk>/deleted/", privacy.backup_deleted, name="backup_deleted"),
    path("privacy/requests/", privacy.requests, name="privacy_requests"),
    path("privacy/requests/<int:pk>/decline/", privacy.decline, name="privacy_decline"),
    path("privacy/requests/<int:pk>/accept/", privacy.accept, name="privacy_accept"),
    path("customers/<slug:public_id>/privacy/", privacy.person, name="privacy_person"),
    path("customers/<slug:public_id>/sensitive/", sensitive.values, name="sensitive"),
    path("customers/<slug:public_id>/privacy/export/", privacy.export, name="privacy_export"),
    path("customers/<slug:public_id>/privacy/export/<int:pk>/", privacy.download, name="privacy_download"),
    path("customers/<slug:public_id>/privacy/erase/", privacy.erase, name="privacy_erase"),
]
