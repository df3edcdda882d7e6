"""Everything that leaves, and the way out of it."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import outbox, unsubscribe

urlpatterns: list[URLPattern] = [
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<int:pk>/", outbox.message, name="message"),
    path("outbox/<int:pk>/body/", outbox.message_body, name="message_body"),
    path("outbox/<int:pk>/again/", outbox.message_again, name="message_again"),
    path("u/<str:token>", unsubscribe.unsubscribe, name="unsubscribe"),
]
