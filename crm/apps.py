from __future__ import annotations

from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from crm import audit_guard, journal, past_values, sensitive, signals
        from crm.imports import kinds, sealing, undoing
        from crm.imports.customers import CustomersLoader
        from crm.imports.events import EventsLoader
        from crm.imports.purchases import PurchasesLoader
        from crm.imports.subscriptions import SubscriptionsLoader
        from crm.models import CustomField
        from crm.privacy import starting
        from crm.webhooks import telling

        _fill_lists()
        _write_mails()
        _listen_to_workers()
        _listen_to_sign_ins()
        _clear_at_night()
        _tell_changes()
        _seal_images_anew()
        post_migrate.connect(audit_guard.install, sender=self, dispatch_uid="audit_guard.install")
        journal.watch(CustomField, undoing.users_of_fields)
        sensitive.used_in(sealing.under_way)
        sensitive.followed_by(past_values.hide, on=True)
        sensitive.followed_by(past_values.show, on=False)
        signals.undone.connect(sensitive.move_soon, dispatch_uid="sensitive.move_soon")
        starting.start()
        kinds.register("customers", CustomersLoader())
        kinds.register("purchases", PurchasesLoader())
        kinds.register("subscriptions", SubscriptionsLoader())
        kinds.register("events", EventsLoader())
        signals.import_finished.connect(telling.import_finished, dispatch_uid="webhooks.import_finished")


def _fill_lists() -> None:
    """What lists, palette and double opt-in know by themselves, before the apps above add theirs."""
    from crm import opt_in, palette, sign_up
    from crm.bulk_actions import own
    from crm.listing import catalogue, columns
    from crm.quality import narrowing

    catalogue.register()
    columns.register_own()
    own.register_own()
    narrowing.register()
    palette.register_own()
    opt_in.register(sign_up.KIND, sign_up.apply)


def _write_mails() -> None:
    from crm import account_mail, accounts, outbox
    from crm.cases import following, letters, notices
    from crm.webhooks import notices as webhook_notices

    outbox.register(accounts.KIND, account_mail.prepare)
    for capability in (following, letters, notices, webhook_notices):
        outbox.register(capability.KIND, capability.prepare)


def _listen_to_workers() -> None:
    from celery.signals import worker_process_init, worker_ready, worker_shutdown, worker_shutting_down

    from crm import heartbeat, stopping

    worker_ready.connect(heartbeat.start, dispatch_uid="heartbeat.start")
    worker_process_init.connect(stopping.listen_to_worker_only, dispatch_uid="stopping.listen")
    worker_shutting_down.connect(stopping.request, dispatch_uid="stopping.request")
    worker_shutdown.connect(heartbeat.stop, dispatch_uid="heartbeat.stop")


def _listen_to_sign_ins() -> None:
    from django.contrib.auth import signals as doors

    from crm import sign_ins

    doors.user_logged_in.connect(sign_ins.signed_in, dispatch_uid="sign_ins.signed_in")
    doors.user_logged_out.connect(sign_ins.signed_out, dispatch_uid="sign_ins.signed_out")
    doors.user_login_failed.connect(sign_ins.failed, dispatch_uid="sign_ins.failed")


def _clear_at_night() -> None:
    from crm import export_files, housekeeping, interests, journal
    from crm.api import idempotency
    from crm.behaviour import visitors
    from crm.duplicates import searching
    from crm.imports import intake
    from crm.webhooks import delivering

    for chore in (
        searching.forget_old,
        idempotency.forget,
        delivering.forget,
        export_files.forget,
        visitors.gather,
        visitors.forget,
        interests.refresh,
        intake.forget_old,
        journal.forget_old,
    ):
        housekeeping.register(chore)


def _seal_images_anew() -> None:
    """What undoing puts back, and rows that wait for correction, hold sealed values among others."""
    from crm import key_rotation

    key_rotation.register("crm.JournalEntry", "image", within=True)
    key_rotation.register("crm.ImportProblem", "cells", within=True)


def _tell_changes() -> None:
    """What staff set up, told in the audit log; keys, and what the program notes itself, are left out."""
    from crm import models
    from crm.audit_trail import follow

    for model in (models.BusinessHours, models.Holiday, models.SlaPolicy, models.Rate, models.HelpCategory):
        follow(model)
    follow(models.Business, "analyse_sale_on", "analyse_left_on", "set_up_at")
    follow(models.CustomField, "moving", "changed_from")
    follow(models.Purpose)
    follow(models.ServiceLevel)
    follow(models.ConsentWording)
    follow(models.CannedReply, "uses")
    follow(models.SignUpForm, "seen", "sent", "confirmed")
    follow(models.RetentionRule, "ran_at", "last_count", "claimed_at", "so_far")
    follow(models.Website, "key", "last_event_at", "last_event_page")
    follow(models.User, only=("email", "name", "role", "scope", "language", "is_active"), by={"pk": "pk"})
    follow(models.ShopConnection, only=("kind", "name", "domain", "state"))
    follow(models.WebhookEndpoint, only=("name", "url", "events", "state"))
    follow(models.Feed, only=("name", "kind", "content", "preset", "folder", "every_minutes", "state"))
    follow(models.ContactRules)
    follow(
        models.Sender,
        only=(
            "name",
            "from_name",
            "from_email",
            "reply_to",
            "return_path",
            "kind",
            "host",
            "is_usual",
            "is_active",
        ),
    )
    follow(
        models.Mailbox,
        only=("name", "address", "kind", "host", "port", "security", "username", "folder", "is_active"),
    )
    for numbered in (models.Tag, models.Interest, models.Product):
        follow(numbered, by={"pk": "pk"})
    follow(models.Article, "views", "changed_at", by={"pk": "pk"})
    follow(models.ArticleText, by={"pk": "article"})
