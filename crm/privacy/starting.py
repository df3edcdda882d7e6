"""What privacy registers at start-up."""

from __future__ import annotations

from crm import housekeeping, opt_in, opt_in_mail, outbox
from crm.privacy import archive, handing, keeping, merged, strangers, traces


def start() -> None:
    housekeeping.register(archive.forget_old)
    housekeeping.register(traces.compact_after_erasures)
    keeping.also(merged.forget_images, "crm_journalentry")
    keeping.also(opt_in.forget_people, "crm_optin")
    keeping.also(strangers.claim, "crm_receivedmail")
    keeping.also(strangers.forget_returns, "crm_deliveryevent")
    keeping.also(strangers.forget_visits, "crm_anonymousevent")
    keeping.also(strangers.forget_said_by_shops, "crm_shopevent")
    housekeeping.register(opt_in.lapse_old)
    outbox.register(handing.KIND, handing.prepare)
    outbox.register(opt_in.KIND, opt_in_mail.prepare)
