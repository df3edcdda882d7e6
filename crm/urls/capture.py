"""Sales at the counter, subscriptions, and sign-up forms."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import counter, join, sign_up, subscriptions

urlpatterns: list[URLPattern] = [
    path("sale/", counter.counter_sale, name="counter_sale"),
    path("sale/people/", counter.counter_people, name="counter_people"),
    path("sale/price/", counter.counter_price, name="counter_price"),
    path("sale/undo/", counter.counter_undo, name="counter_undo"),
    path("subscriptions/", subscriptions.subscriptions, name="subscriptions"),
    path("subscriptions/<int:pk>/", subscriptions.subscription, name="subscription"),
    path("subscriptions/<int:pk>/edit/", subscriptions.subscription_edit, name="subscription_edit"),
    path("subscriptions/<int:pk>/renew/", subscriptions.subscription_renew, name="subscription_renew"),
    path("subscriptions/<int:pk>/move/", subscriptions.subscription_move, name="subscription_move"),
    path(
        "customers/<slug:public_id>/subscriptions/",
        subscriptions.customer_panel,
        name="subscriptions_panel",
    ),
    path(
        "customers/<slug:public_id>/subscriptions/new/",
        subscriptions.subscription_new,
        name="subscription_new",
    ),
    path("customers/forms/", sign_up.sign_up_forms, name="sign_up_forms"),
    path("customers/forms/new/", sign_up.sign_up_new, name="sign_up_new"),
    path("customers/forms/preview/", sign_up.sign_up_preview, name="sign_up_preview"),
    path("customers/forms/<int:pk>/", sign_up.sign_up_form, name="sign_up_form"),
    path("customers/forms/<int:pk>/edit/", sign_up.sign_up_edit, name="sign_up_edit"),
    path("customers/forms/<int:pk>/code.<str:kind>", sign_up.sign_up_code, name="sign_up_code"),
    path("customers/forms/<int:pk>/sheet/", sign_up.sign_up_sheet, name="sign_up_sheet"),
    path("join/<str:slug>", join.join, name="join"),
    path("join/<str:slug>/counter/", join.join_counter, name="join_counter"),
    path("join/<str:slug>/embed/", join.join_embed, name="join_embed"),
]
