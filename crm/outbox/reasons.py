"""Why somebody is left out, as a code that is stored and as words that are shown."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.consent import email_hash
from crm.models import Customer, Mailing, Message

NO_ADDRESS = "no_address"
NO_CONSENT = "no_consent"
WITHDRAWN = "withdrawn"
SUPPRESSED = "suppressed"
DUPLICATE_ADDRESS = "duplicate_address"
ADDRESS_CHANGED = "address_changed"
EXCLUDED = "excluded"
HOUSEHOLD = "household"
HELD_FROM_THIS = "held_from_this"
HELD_FROM_ALL = "held_from_all"
CAP = "cap"
WISH = "wish"
OTHER_CHANNEL = "other_channel"
QUIET = "quiet"
PACED = "paced"
LOCAL_TIME = "local_time"
BEST_HOUR = "best_hour"
EXPIRED = "expired"
THANKED = "thanked"

LABELS: dict[str, str | Promise] = {
    NO_ADDRESS: _("No e-mail address"),
    NO_CONSENT: _("Never agreed to marketing mail"),
    WITHDRAWN: _("Objected to marketing mail"),
    SUPPRESSED: _("Address is blocked"),
    DUPLICATE_ADDRESS: _("Somebody else with the same address gets it"),
    ADDRESS_CHANGED: _("The address changed after planning"),
    EXCLUDED: _("In a segment that was left out"),
    HOUSEHOLD: _("Somebody else of the household gets it"),
    HELD_FROM_THIS: _("Held out of this campaign by chance"),
    HELD_FROM_ALL: _("Held out of all campaigns for these three months"),
    CAP: _("Got enough marketing mail lately"),
    WISH: _("Wishes less mail"),
    OTHER_CHANNEL: _("Prefers another channel"),
    QUIET: _("Quiet hours"),
    PACED: _("Sent slowly to this mail domain"),
    LOCAL_TIME: _("Waits for the time where the person lives"),
    BEST_HOUR: _("Waits for the person's best hour"),
    EXPIRED: _("Its time was over"),
    THANKED: _("Got this mail not long ago"),
}
EXPLANATIONS: dict[str, str | Promise] = {
    NO_ADDRESS: _("We know no e-mail address of this person. Add one on the customer's page."),
    NO_CONSENT: _("This person never agreed to marketing mail, so we did not write."),
    WITHDRAWN: _("This person does not want marketing mail, so we did not write."),
    SUPPRESSED: _("The address unsubscribed, bounced or complained before, so nothing is sent to it."),
    DUPLICATE_ADDRESS: _("Two customers share this address. One of them got the mail; nobody gets it twice."),
    ADDRESS_CHANGED: _("The address was changed after planning, so nothing went to the old one."),
    EXCLUDED: _("The person is in a segment that this campaign leaves out."),
    HELD_FROM_THIS: _(
        "Chosen by chance to get nothing of this campaign, so that its effect can be measured."
    ),
    HELD_FROM_ALL: _(
        "Chosen by chance to get no campaign for these three months, so that the effect of all of them"
        " can be measured."
    ),
    HOUSEHOLD: _("This campaign writes once to each household, and somebody else of it got the mail."),
    CAP: _("This person has got as much marketing mail as your rules of writing allow for these days."),
    WISH: _("This person wishes fewer mails, or none for a while, and that outlasts this campaign."),
    OTHER_CHANNEL: _("This person prefers to hear from you by another channel than e-mail."),
    THANKED: _("The rule for answers sends it to each person only once in so many days."),
    EXPIRED: _("It could not leave within the time that this campaign is worth sending, so it was left out."),
}
# Of a message that still waits: why not now.
WAITING: dict[str, str | Promise] = {
    CAP: _("This person has got enough marketing mail for now; it leaves when your rules allow it."),
    WISH: _("This person wishes fewer mails; it leaves when that allows it."),
    QUIET: _("It is quiet hours where this person lives; it leaves when they are over."),
    PACED: _("This sender may write only so many mails a minute to this mail domain; it is in line."),
    LOCAL_TIME: _("It waits for the chosen time where this person lives."),
    BEST_HOUR: _("It waits for the hour at which this person mostly reads mail."),
}
STATES: dict[str, str | Promise] = {
    Message.State.SENDING: _("It is being handed to the mail server this moment."),
    Message.State.SENT: _("The mail server took it."),
    Message.State.FAILED: _("It could not be sent."),
    Message.State.UNSURE: _(
        "It was handed over, but the answer never came, so it may have arrived. "
        "It is not sent again by itself, so that nobody gets it twice."
    ),
    Message.State.CANCELLED: _("The mailing was stopped before it was this person's turn."),
    Message.State.HELD_OUT: _("Chosen by chance to get nothing, so that the effect can be measured."),
}


def skip_reason(message: Message, customer: Customer | None, suppressed: Collection[str] = ()) -> str:
    """Why this message must not leave now, or "" when it may.

    `suppressed` holds hashes of addresses known to be blocked (of this batch); a customer who was imported
    again after an objection is caught by them. Transactional mail only needs an address.
    """
    if not message.to_email:
        return NO_ADDRESS
    if message.mailing.purpose == Mailing.Purpose.TRANSACTIONAL:
        return ""
    if customer is None or customer.email_consent == Customer.EmailConsent.UNKNOWN:
        return NO_CONSENT
    if customer.email_consent == Customer.EmailConsent.WITHDRAWN:
        return WITHDRAWN
    if customer.suppressed_at or email_hash(message.to_email) in suppressed:
        return SUPPRESSED
    if customer.email != message.to_email:
        return ADDRESS_CHANGED
    return ""


def label(reason: str) -> str:
    return str(LABELS.get(reason, reason))


def explain(message: Message, *, now: datetime, trouble: str = "") -> str:
    """Why this person did, or did not, get it: one or two sentences."""
    match message.state:
        case Message.State.SKIPPED:
            return str(EXPLANATIONS.get(message.reason, message.reason))
        case Message.State.FAILED | Message.State.UNSURE:
            error = gettext(message.error) if message.error else ""
            return f"{STATES[message.state]} {error}".strip()
        case Message.State.QUEUED:
            return _waiting(message, now, trouble)
        case Message.State.HELD_OUT if message.reason:
            return str(EXPLANATIONS[message.reason])
    return str(STATES[message.state])


def _waiting(message: Message, now: datetime, trouble: str) -> str:
    mailing = message.mailing
    if mailing.state == Mailing.State.PAUSED:
        reason = gettext(mailing.reason) if mailing.reason else ""
        return f"{gettext('The mailing is paused.')} {reason}".strip()
    if message.not_before > now and message.reason in WAITING:
        return str(WAITING[message.reason])
    if message.not_before > now:
        error = gettext(message.error) if message.error else ""
        return f"{gettext('It waits for its time; then it is tried by itself.')} {error}".strip()
    return trouble or gettext("It will leave within the next minutes, when a worker is running.")
