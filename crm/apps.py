from __future__ import annotations

from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"

    def ready(self) -> None:
        from celery.signals import worker_process_init, worker_ready, worker_shutdown, worker_shutting_down
        from django.contrib.auth import signals as doors
        from django.db.models.signals import post_migrate

        from crm import (
            account_mail,
            accounts,
            audit_guard,
            heartbeat,
            housekeeping,
            interests,
            journal,
            outbox,
            sign_ins,
            signals,
            stopping,
        )
        from crm.api import idempotency
        from crm.behaviour import visitors
        from crm.duplicates import searching
        from crm.imports import intake, kinds, undoing
        from crm.imports.customers import CustomersLoader
        from crm.imports.purchases import PurchasesLoader
        from crm.models import CustomField
        from crm.privacy import starting
        from crm.webhooks import delivering, telling

        _fill_lists()
        _write_mails_of_cases()
        worker_ready.connect(heartbeat.start, dispatch_uid="heartbeat.start")
        worker_process_init.connect(stopping.listen_to_worker_only, dispatch_uid="stopping.listen")
        worker_shutting_down.connect(stopping.request, dispatch_uid="stopping.request")
        worker_shutdown.connect(heartbeat.stop, dispatch_uid="heartbeat.stop")
        housekeeping.register(searching.forget_old)
        post_migrate.connect(audit_guard.install, sender=self, dispatch_uid="audit_guard.install")
        doors.user_logged_in.connect(sign_ins.signed_in, dispatch_uid="sign_ins.signed_in")
        doors.user_logged_out.connect(sign_ins.signed_out, dispatch_uid="sign_ins.signed_out")
        doors.user_login_failed.connect(sign_ins.failed, dispatch_uid="sign_ins.failed")
        for chore in (idempotency.forget, delivering.forget, visitors.gather, visitors.forget):
            housekeeping.register(chore)
        housekeeping.register(interests.refresh)
        housekeeping.register(intake.forget_old)
        housekeeping.register(journal.forget_old)
        journal.watch(CustomField, undoing.users_of_fields)
        starting.start()
        kinds.register("customers", CustomersLoader())
        kinds.register("purchases", PurchasesLoader())
        signals.import_finished.connect(telling.import_finished, dispatch_uid="webhooks.import_finished")
        outbox.register(accounts.KIND, account_mail.prepare)


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


def _write_mails_of_cases() -> None:
    from crm import outbox
    from crm.cases import following, letters, notices

    for capability in (following, letters, notices):
        outbox.register(capability.KIND, capability.prepare)
