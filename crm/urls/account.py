"""Signing in, and the settings of shop and account."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import account, brand, custom_fields, field_kinds, settings, staff, welcome

urlpatterns: list[URLPattern] = [
    path("sign-in/", account.sign_in, name="sign_in"),
    path("sign-out/", account.sign_out, name="sign_out"),
    path("language/", account.set_language, name="set_language"),
    path("password/forgot/", account.password_forgot, name="password_forgot"),
    path("password/<str:uidb64>/<str:token>/", account.password_choose, name="password_choose"),
    path("account/", account.account, name="account"),
    path("welcome/", welcome.welcome, name="welcome"),
    path("welcome/shop/", welcome.welcome_shop, name="welcome_shop"),
    path("start/", welcome.start, name="start"),
    path("settings/", settings.settings, name="settings"),
    path("settings/business/", settings.business, name="business"),
    path("settings/brand/", brand.brand, name="brand"),
    path("m/<str:name>", brand.picture, name="picture"),
    path("settings/staff/", staff.staff, name="staff"),
    path("settings/staff/<int:pk>/", staff.staff_change, name="staff_change"),
    path("settings/fields/", custom_fields.fields, name="fields"),
    path("settings/fields/<slug:key>/", custom_fields.field, name="field"),
    path("settings/fields/<slug:key>/kind/", field_kinds.field_kind, name="field_kind"),
    path("settings/fields/<slug:key>/kind/back/", field_kinds.field_kind_back, name="field_kind_back"),
    path("settings/fields/<slug:key>/archive/", field_kinds.field_archive, name="field_archive"),
    path("settings/fields/<slug:key>/remove/", custom_fields.field_remove, name="field_remove"),
]
