"""Around the list of customers: filters, columns, views, actions on many, exports, finding anything."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import bulk, customers, inline, list_tools, palette

urlpatterns: list[URLPattern] = [
    path("find/", palette.find, name="find"),
    path("customers/filter/", list_tools.customer_filter, name="customer_filter"),
    path("customers/columns/", list_tools.customer_columns, name="customer_columns"),
    path("customers/views/", list_tools.view_new, name="view_new"),
    path("customers/views/counts/", list_tools.view_counts, name="view_counts"),
    path("customers/views/default/", list_tools.view_default, name="view_default"),
    path("customers/views/<int:pk>/", list_tools.view_change, name="view_change"),
    path("customers/views/<int:pk>/delete/", list_tools.view_delete, name="view_delete"),
    path("customers/bulk/", bulk.bulk_ask, name="bulk_ask"),
    path("customers/bulk/done/", bulk.bulk_jobs, name="bulk_jobs"),
    path("customers/bulk/<int:pk>/", bulk.bulk_job, name="bulk_job"),
    path("customers/bulk/<int:pk>/undo/", bulk.bulk_undo, name="bulk_undo"),
    path("customers/bulk/<int:pk>/again/", bulk.bulk_again, name="bulk_again"),
    path("customers/export/", bulk.customers_export, name="customers_export"),
    path("customers/<slug:public_id>/beside/", customers.customer_beside, name="customer_beside"),
    path("customers/<slug:public_id>/field/<str:column>/", inline.customer_cell, name="customer_cell"),
]
