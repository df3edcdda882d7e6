"""Service: cases, ready replies, what came in, and the house rules."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import case_actions, cases, mail_hook, mailboxes, my_day, received, service_settings

urlpatterns: list[URLPattern] = [
    path("service/", cases.cases, name="cases"),
    path("service/new/", cases.case_new, name="case_new"),
    path("service/bulk/", case_actions.bulk, name="cases_bulk"),
    path("service/of/<str:public_id>/", cases.customer_panel, name="cases_panel"),
    path("service/received/", received.received, name="received"),
    path("service/received/<int:pk>/", received.received_mail, name="received_mail"),
    path("service/received/<int:pk>/take/", received.received_take, name="received_take"),
    path("service/replies/", service_settings.replies, name="canned_replies"),
    path("service/replies/<int:pk>/", service_settings.reply, name="canned_reply"),
    path("service/replies/<int:pk>/remove/", service_settings.reply_remove, name="canned_remove"),
    path("service/hours/", service_settings.hours, name="service_hours"),
    path("service/hours/promises/", service_settings.promises, name="service_promises"),
    path("service/hours/holidays/", service_settings.holiday_add, name="holiday_add"),
    path("service/hours/holidays/<int:pk>/remove/", service_settings.holiday_remove, name="holiday_remove"),
    path("service/hours/levels/", service_settings.level_add, name="level_add"),
    path("service/hours/levels/<int:pk>/remove/", service_settings.level_remove, name="level_remove"),
    path("service/<int:pk>/", cases.case, name="case"),
    path("service/<int:pk>/reply/", case_actions.reply, name="case_reply"),
    path("service/<int:pk>/note/", case_actions.note, name="case_note"),
    path("service/<int:pk>/change/", case_actions.change, name="case_change"),
    path("service/<int:pk>/customer/", case_actions.customer, name="case_customer"),
    path("service/<int:pk>/merge/", case_actions.merge, name="case_merge"),
    path("service/<int:pk>/unmerge/", case_actions.unmerge, name="case_unmerge"),
    path("service/<int:pk>/task/", my_day.case_task, name="case_task"),
    path("service/<int:pk>/files/<int:file_pk>/", cases.attachment, name="case_file"),
    path("settings/mailboxes/", mailboxes.mailboxes, name="mailboxes"),
    path("settings/mailboxes/new/", mailboxes.mailbox, name="mailbox_new"),
    path("settings/mailboxes/<int:pk>/", mailboxes.mailbox, name="mailbox"),
    path("settings/mailboxes/<int:pk>/test/", mailboxes.mailbox_test, name="mailbox_test"),
    path("settings/mailboxes/<int:pk>/key/", mailboxes.mailbox_key, name="mailbox_key"),
    path("settings/mailboxes/<int:pk>/remove/", mailboxes.mailbox_remove, name="mailbox_remove"),
    path("hooks/mail/<str:hook>", mail_hook.mail_hook, name="mail_hook"),
]
