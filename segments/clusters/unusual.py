"""Those who belong to no cluster, as a list to work on: who they are and what is unusual about them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.templatetags.crm_format import number
from segments import audience, drafting
from segments.clusters import column_words
from segments.models import ClusterMember, ScoringRun, Segment
from segments.numerics.assigning import NOISE

NOTABLE, FAR = 1.0, 3.0  # Standard deviations from the average.
MOST = 200_000


def people(run: ScoringRun) -> QuerySet[ClusterMember]:
    return ClusterMember.objects.filter(run=run, cluster=NOISE)


def in_words(run: ScoringRun, why: Sequence[Sequence[float | str]] | None) -> list[str]:
    """What sets somebody apart, the most striking first: (column, standard deviations, own value)."""
    label = column_words.labeller(run.result.get("labels", {}))
    found: list[str] = []
    for column, apart, *own in why or ():
        far = float(apart)
        if column_words.is_hidden(str(column)):
            continue
        if abs(far) < NOTABLE and found:
            continue
        if far >= FAR:
            text = _("%(feature)s far above the average")
        elif far >= 0:
            text = _("%(feature)s above the average")
        elif far > -FAR:
            text = _("%(feature)s below the average")
        else:
            text = _("%(feature)s far below the average")
        told = text % {"feature": label(str(column))}
        found.append(told + _value(own[0]) if own and "=" not in str(column) else told)
    return found


def _value(own: float | str) -> str:
    value = float(own)
    return f" ({number(value, 0 if value.is_integer() else 1)})"


@transaction.atomic
def keep(run: ScoringRun) -> Segment:
    """A list kept by hand with everybody unusual; made once per run, unless it was deleted since."""
    run = ScoringRun.objects.select_for_update().get(pk=run.pk)
    if made := Segment.objects.filter(pk=run.result.get("unusual_list")).first():
        return made
    ids = list(people(run).values_list("customer_id", flat=True)[: MOST + 1])
    if not ids:
        raise Refusal(_("Nobody is unusual here."))
    if len(ids) > MOST:
        raise Refusal(_("These are too many for a list kept by hand. Use the clustering and make a rule."))
    now = timezone.now()
    name = _("Unusual customers of %(day)s") % {"day": run.as_of or now.date()}
    segment = Segment.objects.create(
        slug=drafting.free_slug(name),
        name=name,
        kind=Segment.Kind.STATIC,
        description=_("Found by clustering number %(number)d.") % {"number": run.pk},
    )
    audience.add(segment, ids, at=now)
    run.result["unusual_list"] = segment.pk
    run.save(update_fields=["result"])
    return segment
