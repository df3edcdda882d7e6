"""Doors of the background: each calls one function of a capability module."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from crm import export_files, housekeeping, sensitive, subscriptions
from crm.bulk_actions import running as bulk_running
from crm.cases import escalating
from crm.cases.incoming import imap
from crm.duplicates import searching
from crm.feeds import looking
from crm.imports import running, undoing
from crm.merging import many
from crm.outbox import claiming, dispatching
from crm.privacy import retention
from crm.quality import checking
from crm.shops import working
from crm.webhooks import delivering


@shared_task
def dispatch_due() -> None:
    """Send what is due; a run ends after a minute and asks for the next one."""
    if dispatching.dispatch():
        dispatch_due.delay()


@shared_task
def reclaim_lost() -> None:
    """Find the messages that a killed worker had in hand."""
    claiming.reclaim_lost(timezone.now())


@shared_task
def deliver_webhooks() -> None:
    """Tell other programs what happened; what is due later finds the schedule."""
    delivering.deliver()


@shared_task
def clear_old() -> None:
    """Throw away what nobody needs any more."""
    housekeeping.clear_old(timezone.now())


@shared_task
def keep_no_longer() -> None:
    """Clear what the shop does not want to keep any longer; asked again each hour of the night."""
    retention.run(timezone.now())


@shared_task
def renew_subscriptions() -> None:
    """Write down the renewals of the day; asked every hour, since the day begins where the shop is."""
    subscriptions.renew_due(timezone.now())


@shared_task
def run_import(batch_id: int) -> None:
    """Run one import, then the next that waits."""
    if running.run(batch_id) and (following := running.waiting()):
        run_import.delay(following)


@shared_task
def undo_import(batch_id: int) -> None:
    """Take one import back, then run the next that waits."""
    if undoing.run(batch_id) and (following := running.waiting()):
        run_import.delay(following)


@shared_task
def resume_stalled_imports() -> None:
    """Go on with an import, or with undoing one, whose process was killed or whose task was lost."""
    for batch in undoing.stalled(at=timezone.now()):
        undo_import.delay(batch)
    running.release_stale(at=timezone.now())
    if following := running.waiting():
        run_import.delay(following)


@shared_task
def look_after_cases() -> None:
    """Tell of late cases, close solved ones, send again what may not have arrived."""
    escalating.look(timezone.now())


@shared_task
def look_for_duplicates() -> None:
    """The nightly look through the whole base."""
    search_duplicates.delay(searching.ask(None, at=timezone.now()).pk)


@shared_task
def search_duplicates(search_id: int) -> None:
    """Run one search that somebody, or the night, asked for."""
    searching.run(search_id)


@shared_task
def resume_duplicates() -> None:
    """Go on with a search or a merge whose process was killed, or whose task was lost."""
    for bulk_id in many.release_stale(at=timezone.now()):
        merge_many.delay(bulk_id)
    if following := searching.release_stale(at=timezone.now()):
        search_duplicates.delay(following)


@shared_task
def check_mailboxes() -> None:
    """Look into every mailbox; each by a task of its own, so that a slow server holds up no other."""
    for mailbox_id in imap.waiting(timezone.now()):
        check_mailbox.delay(mailbox_id)


@shared_task
def check_mailbox(mailbox_id: int) -> None:
    """Take what is new in one mailbox."""
    imap.check(mailbox_id)


@shared_task
def run_bulk(job_id: int) -> None:
    """Work at one action on many customers, or take it back."""
    bulk_running.run(job_id)


@shared_task
def resume_stalled_bulk() -> None:
    """Find actions whose process was killed, or whose task was lost."""
    for pk in bulk_running.release_stale(at=timezone.now()):
        run_bulk.delay(pk)


@shared_task
def merge_many(bulk_id: int) -> None:
    """Merge, or take back, all groups of one order."""
    many.run(bulk_id)
    many.run_back(bulk_id)


@shared_task
def work_in_shop_event(event_id: int) -> None:
    """Work in one message of a shop."""
    working.process(event_id)


@shared_task
def work_in_shop_events() -> None:
    """Work in what waits: later tries, and what a killed worker or a lost task left."""
    working.work()


@shared_task
def look_into_feeds() -> None:
    """Look into every folder and at every address that is due, each by a task of its own."""
    for feed in looking.due(timezone.now()):
        look_into_feed.delay(feed)


@shared_task
def look_into_feed(feed_id: int) -> None:
    """Look into one and run the imports that this begins."""
    for batch in looking.look(feed_id):
        run_import.delay(batch)


@shared_task
def check_quality(run_id: int) -> None:
    """Count how good the data are."""
    checking.run(run_id)


@shared_task
def check_quality_nightly() -> None:
    """The nightly look, for the trend."""
    check_quality.delay(checking.ask(at=timezone.now()).pk)


@shared_task
def resume_quality() -> None:
    """Go on with a look whose process was killed, or whose task was lost."""
    if following := checking.release_stale(at=timezone.now()):
        check_quality.delay(following)


@shared_task
def move_sensitive(field_id: int) -> None:
    """Encrypt, or decrypt, the values of one own field."""
    sensitive.move(field_id)


@shared_task
def resume_sensitive() -> None:
    """Go on with what a killed worker left, and encrypt what came in the open meanwhile."""
    for field in sensitive.waiting():
        sensitive.move(field)


@shared_task
def run_export(export_id: int) -> None:
    """Write one file that somebody ordered."""
    export_files.run(export_id)


@shared_task
def resume_stalled_exports() -> None:
    """Find orders whose process was killed, or whose task was lost."""
    for pk in export_files.release_stale(at=timezone.now()):
        run_export.delay(pk)
