"""The map of the programming interface."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.api import cases, customers, events, exports, imports, products, purchases, reference, tags
from feedback import api as feedback_api

app_name = "api"
V1 = "v1/"
urlpatterns: list[URLPattern] = [
    path("", reference.reference, name="reference"),
    path("schema/", reference.Description.as_view(), name="schema"),
    path(V1 + "customers", customers.Customers.as_view()),
    path(V1 + "customers/<str:public_id>", customers.OneCustomer.as_view()),
    path(V1 + "customers/<str:public_id>/consent", customers.CustomerConsent.as_view()),
    path(V1 + "customers/<str:public_id>/tags", customers.CustomerTags.as_view()),
    path(V1 + "customers/<str:public_id>/tags/<str:name>", customers.CustomerTagDoor.as_view()),
    path(V1 + "tags", tags.Tags.as_view()),
    path(V1 + "products", products.Products.as_view()),
    path(V1 + "products/<whole:pk>", products.OneProduct.as_view()),
    path(V1 + "purchases", purchases.Purchases.as_view()),
    path(V1 + "purchases/<whole:pk>", purchases.OnePurchase.as_view()),
    path(V1 + "purchases/<whole:pk>/refunds", purchases.Refunds.as_view()),
    path(V1 + "cases", cases.Cases.as_view()),
    path(V1 + "cases/<whole:pk>", cases.OneCase.as_view()),
    path(V1 + "cases/<whole:pk>/messages", cases.CaseMessages.as_view()),
    path(V1 + "imports", imports.Imports.as_view()),
    path(V1 + "imports/<whole:pk>", imports.OneImport.as_view()),
    path(V1 + "imports/<whole:pk>/start", imports.StartImport.as_view()),
    path(V1 + "imports/<whole:pk>/errors", imports.ImportErrors.as_view()),
    path(V1 + "imports/<whole:pk>/undo", imports.UndoImport.as_view()),
    path(V1 + "exports", exports.Exports.as_view()),
    path(V1 + "exports/<whole:pk>", exports.OneExport.as_view()),
    path(V1 + "exports/<whole:pk>/file", exports.ExportContent.as_view()),
    path(V1 + "answers", feedback_api.Answers.as_view()),
    path(V1 + "answers/<whole:pk>", feedback_api.OneAnswer.as_view()),
    path(V1 + "events", events.Events.as_view()),
    path("<path:rest>", reference.elsewhere),
]
