"""Why a mail did not become a case, as a code that is stored and as words that are shown."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

OWN = "own"
AUTO = "auto"
NULL_PATH = "null_path"
REPORT = "report"
LIST = "list"
EMPTY = "empty"
TOO_LARGE = "too_large"
MALFORMED = "malformed"
TOO_MANY = "too_many"
RETURNED = "returned"
NO_RETURN = "no_return"
UNSUBSCRIBED = "unsubscribed"

LABELS = {
    OWN: _("One of our own mails came back"),
    AUTO: _("An automatic answer, for example of somebody on holiday"),
    NULL_PATH: _("Sent by a machine that wants no answer"),
    REPORT: _("A report about delivery or reading"),
    LIST: _("From a mailing list or newsletter"),
    EMPTY: _("Nothing was written in it"),
    TOO_LARGE: _("Larger than 25 MB"),
    MALFORMED: _("It has no sender, or could not be read"),
    TOO_MANY: _("Too many mails from this sender in an hour; perhaps a machine"),
    RETURNED: _("A mail that came back, or a complaint; noted with the mail it is about"),
    UNSUBSCRIBED: _("Asked by mail for no more news; done"),
    NO_RETURN: _("Came to the address for returned mails, and could not be read as one"),
}
