"""The RFM groups of the published maps in words: what they are called, who they are and what to do next."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# A name that several maps share is one code, so a rule that asks for it outlives a change of the map.
GROUPS: dict[str, str | Promise] = {
    "champions": _("Champions"),
    "loyal": _("Loyal customers"),
    "potential_loyalists": _("Potential loyalists"),
    "active": _("Active customers"),
    "recent": _("Recent customers"),
    "new": _("New customers"),
    "promising": _("Promising"),
    "need_attention": _("Need attention"),
    "about_to_sleep": _("About to sleep"),
    "at_risk": _("At risk"),
    "cant_lose": _("Can't lose them"),
    "previously_loyal": _("Previously loyal"),
    "almost_lost": _("Almost lost"),
    "hibernating": _("Hibernating"),
    "dormant": _("Dormant"),
    "inactive": _("Inactive"),
    "prospects": _("Prospects"),
    "important_value": _("Important customers to keep as they are"),
    "important_growth": _("Important customers to develop"),
    "important_keep": _("Important customers to hold"),
    "important_win_back": _("Important customers to win back"),
    "general_value": _("General customers to keep as they are"),
    "general_growth": _("General customers to develop"),
    "general_keep": _("General customers to hold"),
    "general_win_back": _("General customers to win back"),
}
# As the command and scripts call them, whatever the language of the reader.
PLAIN: dict[str, str] = {
    "champions": "Champions",
    "loyal": "Loyal customers",
    "potential_loyalists": "Potential loyalists",
    "active": "Active",
    "recent": "Recent",
    "new": "New customers",
    "promising": "Promising",
    "need_attention": "Need attention",
    "about_to_sleep": "About to sleep",
    "at_risk": "At risk",
    "cant_lose": "Can't lose them",
    "previously_loyal": "Previously loyal",
    "almost_lost": "Almost lost",
    "hibernating": "Hibernating",
    "dormant": "Dormant",
    "inactive": "Inactive",
    "prospects": "Prospects",
    "important_value": "重要价值客户",
    "important_growth": "重要发展客户",
    "important_keep": "重要保持客户",
    "important_win_back": "重要挽留客户",
    "general_value": "一般价值客户",
    "general_growth": "一般发展客户",
    "general_keep": "一般保持客户",
    "general_win_back": "一般挽留客户",
}
ADVICE: dict[str, str | Promise] = {
    "champions": _("They buy often and bought just now. Thank them, show them news first, ask for a review."),
    "loyal": _("They come back again and again. Offer something finer and ask what they would miss."),
    "potential_loyalists": _(
        "They bought lately and more than once. Invite them to a club or a third order."
    ),
    "active": _("They bought lately, neither little nor much. Show what goes with their last purchase."),
    "recent": _("They bought lately, but little so far. Help with what they bought, and invite them back."),
    "new": _("They have just bought for the first time. Welcome them and help with the first product."),
    "promising": _("One purchase, not long ago. A small reason to come back turns them into regulars."),
    "need_attention": _(
        "Average in everything and drifting. Write now, with something that fits their taste."
    ),
    "about_to_sleep": _("They bought little and not lately. Remind them of what they liked."),
    "at_risk": _("They used to buy often, but not for a long time. Win them back with a personal offer."),
    "cant_lose": _("Your best buyers of earlier days are gone. Call or write in person, and ask why."),
    "previously_loyal": _("Once among your best, and away the longest. Ask in person what went wrong."),
    "almost_lost": _("They bought little and have been away for long. One good reason to return, once."),
    "hibernating": _("Long silent and never frequent. One kind reminder is enough; do not spend much."),
    "dormant": _("Away the longest, and they never bought much. Do not spend on them."),
    "inactive": _("Long away, and they never bought much. One kind reminder is enough."),
    "prospects": _("You know them, but they have not bought yet. Give them a reason for the first order."),
    "important_value": _("Lately, often and for much: care for them in person, and give them first choice."),
    "important_growth": _("They spend much and came lately, but seldom. Give reasons to come more often."),
    "important_keep": _("They came often and spent much, but not lately. Write before they are gone."),
    "important_win_back": _("They spent much, seldom and long ago. Call or make a personal offer."),
    "general_value": _("They come often and lately, for little. Show finer things and larger packs."),
    "general_growth": _("They came lately, seldom and for little; many are new. Welcome them well."),
    "general_keep": _("They came often for little, but not lately. Remind them of what they liked."),
    "general_win_back": _("Seldom, little and long ago. One reminder with a mailing, no more."),
}
