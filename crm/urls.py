from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import (
    account,
    custom_fields,
    customer_actions,
    customer_edit,
    customers,
    health,
    home,
    imports,
    outbox,
    products,
    purchases,
    settings,
    staff,
    unsubscribe,
    welcome,
)

app_name = "crm"

account_urls = [
    path("sign-in/", account.sign_in, name="sign_in"),
    path("sign-out/", account.sign_out, name="sign_out"),
    path("language/", account.set_language, name="set_language"),
    path("password/forgot/", account.password_forgot, name="password_forgot"),
    path("password/<str:uidb64>/<str:token>/", account.password_choose, name="password_choose"),
    path("account/", account.account, name="account"),
    path("welcome/", welcome.welcome, name="welcome"),
    path("welcome/shop/", welcome.welcome_shop, name="welcome_shop"),
    path("start/", welcome.start, name="start"),
]
settings_urls = [
    path("settings/", settings.settings, name="settings"),
    path("settings/business/", settings.business, name="business"),
    path("settings/staff/", staff.staff, name="staff"),
    path("settings/staff/<int:pk>/", staff.staff_change, name="staff_change"),
    path("settings/fields/", custom_fields.fields, name="fields"),
    path("settings/fields/<slug:key>/", custom_fields.field, name="field"),
    path("settings/fields/<slug:key>/remove/", custom_fields.field_remove, name="field_remove"),
]
customer_urls = [
    path("customers/", customers.customers, name="customers"),
    path("customers/new/", customer_edit.customer_new, name="customer_new"),
    path("customers/<slug:public_id>/", customers.customer, name="customer"),
    path("customers/<slug:public_id>/edit/", customer_edit.customer_edit, name="customer_edit"),
    path("customers/<slug:public_id>/note/", customer_actions.note, name="customer_note"),
    path("customers/<slug:public_id>/tag/", customer_actions.tag, name="customer_tag"),
    path("customers/<slug:public_id>/untag/<int:tag_id>/", customer_actions.untag, name="customer_untag"),
    path("customers/<slug:public_id>/agree/", customer_actions.grant, name="customer_grant"),
    path("customers/<slug:public_id>/object/", customer_actions.withdraw, name="customer_withdraw"),
    path("customers/<slug:public_id>/sale/", purchases.sale, name="sale"),
]
purchase_urls = [
    path("purchases/<int:pk>/", purchases.purchase, name="purchase"),
    path("purchases/<int:pk>/refund/", purchases.refund, name="purchase_refund"),
    path("products/", products.products, name="products"),
    path("products/names/", products.product_names, name="product_names"),
]
import_urls = [
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.import_new, name="import_new"),
    path("imports/<int:pk>/", imports.import_page, name="import"),
    path("imports/<int:pk>/columns/", imports.import_columns, name="import_columns"),
    path("imports/<int:pk>/check/", imports.import_check, name="import_check"),
    path("imports/<int:pk>/start/", imports.import_start, name="import_start"),
    path("imports/<int:pk>/problems/", imports.import_problems, name="import_problems"),
    path("imports/<int:pk>/errors/", imports.import_errors, name="import_errors"),
    path("imports/<int:pk>/resume/", imports.import_resume, name="import_resume"),
    path("imports/<int:pk>/cancel/", imports.import_cancel, name="import_cancel"),
]
outbox_urls = [
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<int:pk>/", outbox.message, name="message"),
    path("outbox/<int:pk>/body/", outbox.message_body, name="message_body"),
    path("outbox/<int:pk>/again/", outbox.message_again, name="message_again"),
    path("u/<str:token>", unsubscribe.unsubscribe, name="unsubscribe"),
]
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("healthz", health.health, name="health"),
    *outbox_urls,
    *account_urls,
    *settings_urls,
    *customer_urls,
    *purchase_urls,
    *import_urls,
]
