"""The ten RFM groups in words: what they are called, who they are and what to do next."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GROUPS: dict[str, str | Promise] = {
    "champions": _("Champions"),
    "loyal": _("Loyal customers"),
    "potential_loyalists": _("Potential loyalists"),
    "new": _("New customers"),
    "promising": _("Promising"),
    "need_attention": _("Need attention"),
    "about_to_sleep": _("About to sleep"),
    "at_risk": _("At risk"),
    "cant_lose": _("Can't lose them"),
    "hibernating": _("Hibernating"),
}
# As the command and scripts call them, whatever the language of the reader.
ENGLISH: dict[str, str] = {
    "champions": "Champions",
    "loyal": "Loyal customers",
    "potential_loyalists": "Potential loyalists",
    "new": "New customers",
    "promising": "Promising",
    "need_attention": "Need attention",
    "about_to_sleep": "About to sleep",
    "at_risk": "At risk",
    "cant_lose": "Can't lose them",
    "hibernating": "Hibernating",
}
ADVICE: dict[str, str | Promise] = {
    "champions": _("They buy often and bought just now. Thank them, show them news first, ask for a review."),
    "loyal": _("They come back again and again. Offer something finer and ask what they would miss."),
    "potential_loyalists": _(
        "They bought lately and more than once. Invite them to a club or a third order."
    ),
    "new": _("They have just bought for the first time. Welcome them and help with the first product."),
    "promising": _("One purchase, not long ago. A small reason to come back turns them into regulars."),
    "need_attention": _(
        "Average in everything and drifting. Write now, with something that fits their taste."
    ),
    "about_to_sleep": _("They bought little and not lately. Remind them of what they liked."),
    "at_risk": _("They used to buy often, but not for a long time. Win them back with a personal offer."),
    "cant_lose": _("Your best buyers of earlier days are gone. Call or write in person, and ask why."),
    "hibernating": _("Long silent and never frequent. One kind reminder is enough; do not spend much."),
}
