"""How to treat a group, each advice with the figures that speak for it; none where too few are known."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.templatetags.crm_format import number, percent
from segments.personas.facts import Facts
from segments.personas.telling import FEW, Line

HIGH, LOW = 1.3, 0.7  # Times the average of everyone.
FALLING = 0.05  # Below everyone's chance of coming back.
GONE = 0.5
MAILED = 30  # People who got a mail; fewer do not tell how mails are taken.


@dataclass(frozen=True, slots=True)
class Advice:
    what: str
    why: str


def give(group: Facts, everyone: Facts, favourite: Line | None, best_time: str) -> list[Advice]:
    """The most telling first; at least one sentence."""
    if group.size < FEW:
        why = ngettext(
            "Only %(n)s person: chance alone could explain whatever you see here.",
            "Only %(n)s people: chance alone could explain whatever you see here.",
            group.size,
        )
        return [Advice(_("Get to know them one by one"), why % {"n": number(group.size)})]
    found = [*_worth(group, everyone), *_mood(group), *_first(group, everyone), *_mails(group, everyone)]
    if favourite and favourite.striking:
        why = _("%(share)s of them bought it, %(times)s times as many as among everyone.")
        words = {"share": percent(favourite.share), "times": number(favourite.lift, 1)}
        found.append(Advice(_("Show “%(name)s” first") % {"name": favourite.label}, why % words))
    if best_time:
        found.append(
            Advice(
                _("Reach them at their time"), _("They buy more than others: %(time)s.") % {"time": best_time}
            )
        )
    if not found and not _is_known(group):
        why = _("None of them has bought, answered or got a mail yet: nothing speaks for any treatment.")
        found.append(Advice(_("Find out what they want"), why))
    if not found:
        why = _("In value, satisfaction and mails they are like everyone.")
        found.append(Advice(_("Treat them like everybody else"), why))
    return found[:4]


def _is_known(group: Facts) -> bool:
    """Whether anybody of them bought, answered or got a mail."""
    told = (group.figures.get(name) for name in ("buyers", "nps_known", "csat_known"))
    return any(told) or group.known.get("mail", 0) > 0


def _worth(group: Facts, everyone: Facts) -> list[Advice]:
    """Dear and leaving, dear and here, cheap and leaving."""
    times = _times(group, everyone, "clv") or _times_per_head(group, everyone)
    alive, usual = group.figures.get("alive"), everyone.figures.get("alive")
    if times is None:
        return []
    is_leaving = alive is not None and usual is not None and (alive < GONE or alive < usual - FALLING)
    words = {
        "times": number(times, 1),
        "alive": percent(alive) if alive is not None else "–",
        "usual": percent(usual) if usual is not None else "–",
    }
    if times >= HIGH and is_leaving:
        why = _(
            "Each is worth %(times)s times the average, but the chance that they are still customers is"
            " %(alive)s; among everyone it is %(usual)s."
        )
        return [Advice(_("Call them or write in person, and win them back"), why % words)]
    if times >= HIGH:
        why = _("Each is worth %(times)s times the average, and nothing says that they are leaving.")
        return [Advice(_("Thank them, show them news first, ask for a recommendation"), why % words)]
    if times <= LOW and is_leaving:
        why = _(
            "Each is worth %(times)s times the average, and the chance that they are still customers is"
            " %(alive)s."
        )
        return [Advice(_("One kind reminder, and do not spend more"), why % words)]
    return []


def _mood(group: Facts) -> list[Advice]:
    nps, csat = score(group), group.figures.get("csat")
    if nps is not None and nps < 0:
        why = _("More of them would warn others than recommend you: NPS %(nps)s from %(n)s answers.")
        words = {"nps": number(nps), "n": number(group.figures["nps_known"])}
        return [Advice(_("Ask what went wrong before you sell again"), why % words)]
    if csat is not None and csat < 3 and (group.figures.get("csat_known") or 0) >= FEW:
        why = _("Their satisfaction is %(csat)s of 5 from %(n)s answers.")
        words = {"csat": number(csat, 1), "n": number(group.figures["csat_known"])}
        return [Advice(_("Ask what went wrong before you sell again"), why % words)]
    return []


def _first(group: Facts, everyone: Facts) -> list[Advice]:
    once, buyers = group.figures["once"] or 0, group.figures["buyers"] or 0
    usual = (everyone.figures["once"] or 0) / max(everyone.figures["buyers"] or 0, 1)
    if buyers < FEW or once / buyers < max(0.5, usual * HIGH):
        return []
    why = _("%(share)s of the buyers among them bought only once; among everyone it is %(usual)s.")
    words = {"share": percent(once / buyers), "usual": percent(usual)}
    return [Advice(_("Give them a reason for the second order"), why % words)]


def _mails(group: Facts, everyone: Facts) -> list[Advice]:
    if group.known["mail"] < MAILED or everyone.known["mail"] < MAILED:
        return []
    here, there = group.share("mail", "clicked"), everyone.share("mail", "clicked")
    words = {"share": percent(here, 1), "usual": percent(there, 1)}
    if there and here <= there * LOW:
        why = _("Only %(share)s of them clicked in a mail of the last year; among everyone it is %(usual)s.")
        return [Advice(_("Write less, and try the phone, a letter or the shop"), why % words)]
    if there and here >= there * HIGH:
        why = _("%(share)s of them clicked in a mail of the last year; among everyone it is %(usual)s.")
        return [Advice(_("Write to them by mail: they read it"), why % words)]
    return []


def score(facts: Facts) -> float | None:
    """NPS: promoters (9, 10) less detractors (0 to 6) in percent of answers; None from fewer than ten."""
    known = facts.figures.get("nps_known") or 0
    if known < FEW:
        return None
    return 100 * ((facts.figures["promoters"] or 0) - (facts.figures["detractors"] or 0)) / known


def _times(group: Facts, everyone: Facts, name: str) -> float | None:
    here, there = group.figures.get(name), everyone.figures.get(name)
    return here / there if here is not None and there else None


def _times_per_head(group: Facts, everyone: Facts) -> float | None:
    """Revenue per head, where customer values are not known."""
    there = (everyone.figures["revenue"] or 0) / max(everyone.size, 1)
    here = (group.figures["revenue"] or 0) / max(group.size, 1)
    return here / there if there > 0 else None
