"""Everything that leaves, and the way out of it."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import outbox, returns, senders, unsubscribe, written

urlpatterns: list[URLPattern] = [
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<int:pk>/", outbox.message, name="message"),
    path("outbox/<int:pk>/body/", outbox.message_body, name="message_body"),
    path("outbox/<int:pk>/again/", outbox.message_again, name="message_again"),
    path("outbox/returned/", returns.returns, name="returns"),
    path("hooks/delivery/<str:hook>", returns.delivery_hook, name="delivery_hook"),
    path("settings/senders/", senders.sender_list, name="senders"),
    path("settings/senders/new/", senders.sender, name="sender_new"),
    path("settings/senders/<int:pk>/", senders.sender, name="sender"),
    path("settings/senders/<int:pk>/test/", senders.sender_test, name="sender_test"),
    path("settings/senders/<int:pk>/key/", senders.sender_key, name="sender_key"),
    path("settings/senders/<int:pk>/look/", senders.sender_look, name="sender_look"),
    path("settings/senders/<int:pk>/remove/", senders.sender_remove, name="sender_remove"),
    path("settings/writing/", senders.rules, name="contact_rules"),
    path("customers/<slug:public_id>/mails/", written.mails, name="customer_mails"),
    path("customers/<slug:public_id>/mails/wish/", written.wish, name="contact_wish"),
    path("u/<str:token>", unsubscribe.unsubscribe, name="unsubscribe"),
]
