from __future__ import annotations

from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"

    def ready(self) -> None:
        from celery.signals import worker_process_init, worker_ready, worker_shutdown, worker_shutting_down

        from crm import account_mail, accounts, heartbeat, housekeeping, journal, outbox, stopping
        from crm.cases import letters, notices
        from crm.duplicates import searching
        from crm.imports import intake, kinds
        from crm.imports.customers import CustomersLoader
        from crm.imports.purchases import PurchasesLoader

        worker_ready.connect(heartbeat.start, dispatch_uid="heartbeat.start")
        worker_process_init.connect(stopping.listen_to_worker_only, dispatch_uid="stopping.listen")
        worker_shutting_down.connect(stopping.request, dispatch_uid="stopping.request")
        worker_shutdown.connect(heartbeat.stop, dispatch_uid="heartbeat.stop")
        housekeeping.register(searching.forget_old)
        housekeeping.register(intake.forget_old)
        housekeeping.register(journal.forget_old)
        kinds.register("customers", CustomersLoader())
        kinds.register("purchases", PurchasesLoader())
        outbox.register(accounts.KIND, account_mail.prepare)
        outbox.register(letters.KIND, letters.prepare)
        outbox.register(notices.KIND, notices.prepare)
