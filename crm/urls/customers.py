"""Customers and what they bought."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import customer_actions, customer_edit, customers, products, purchases

urlpatterns: list[URLPattern] = [
    path("customers/", customers.customers, name="customers"),
    path("customers/new/", customer_edit.customer_new, name="customer_new"),
    path("customers/<slug:public_id>/", customers.customer, name="customer"),
    path("customers/<slug:public_id>/edit/", customer_edit.customer_edit, name="customer_edit"),
    path("customers/<slug:public_id>/note/", customer_actions.note, name="customer_note"),
    path("customers/<slug:public_id>/tag/", customer_actions.tag, name="customer_tag"),
    path("customers/<slug:public_id>/untag/<int:tag_id>/", customer_actions.untag, name="customer_untag"),
    path("customers/<slug:public_id>/agree/", customer_actions.grant, name="customer_grant"),
    path("customers/<slug:public_id>/object/", customer_actions.withdraw, name="customer_withdraw"),
    path("customers/<slug:public_id>/unblock/", customer_actions.unblock, name="customer_unblock"),
    path("customers/<slug:public_id>/sale/", purchases.sale, name="sale"),
    path("purchases/<int:pk>/", purchases.purchase, name="purchase"),
    path("purchases/<int:pk>/refund/", purchases.refund, name="purchase_refund"),
    path("products/", products.products, name="products"),
    path("products/<int:pk>/", products.product, name="product"),
    path("products/<int:pk>/edit/", products.product_edit, name="product_edit"),
    path("products/names/", products.product_names, name="product_names"),
]
