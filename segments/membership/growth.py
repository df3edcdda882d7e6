"""How segments grew: members per day from the intervals of membership."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import Count, Min
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.charts import Chart, Series
from crm.models import Business
from segments import since_refresh
from segments.models import Membership, Segment

DAYS = 90
STEPS = (("entered_at", 1), ("left_at", -1))


def grown(segments: Sequence[Segment], since: datetime) -> dict[int, int]:
    """Members now minus members then, for each segment: who came since, less who went; two queries."""
    found = Counter({one.pk: 0 for one in segments})
    for path, step in STEPS:
        stays = Membership.objects.filter(segment__in=list(found), **{f"{path}__gt": since}).order_by()
        for pk, n in stays.values_list("segment").annotate(n=Count("pk")):
            found[pk] += step * n
    return dict(found)


def members_per_day(segment: Segment, business: Business, now: datetime) -> list[tuple[date, int]]:
    """Members at the end of each of the last days, beginning no earlier than the first count.

    Counted back from how many there are now.
    """
    today = business.today(now)
    stays = Membership.objects.filter(segment=segment)
    counted = stays.aggregate(first=Min("entered_at"))["first"] or segment.created_at
    first = max(today - timedelta(days=DAYS - 1), business.today(max(counted, segment.created_at)))
    since = datetime.combine(first, datetime.min.time(), tzinfo=business.zone)
    steps: Counter[date] = Counter()
    for path, step in STEPS:
        rows = stays.filter(**{f"{path}__gte": since}).values_list(path).annotate(n=Count("pk")).order_by()
        for at, n in rows:
            steps[business.today(at)] += step * n
    count, found = stays.filter(left_at=None).count(), []
    for index in range((today - first).days, -1, -1):
        day = first + timedelta(days=index)
        found.append((day, count))
        count -= steps[day]
    return found[::-1]


def chart(segment: Segment, business: Business, now: datetime) -> Chart | None:
    """The growth of a segment, once there are two days of it; the title says what came out."""
    name = f"growth.{segment.pk}.{segment.refreshed_at}.{business.today(now)}.{business.time_zone}"
    days = since_refresh.figures(name, lambda: members_per_day(segment, business, now))
    if len(days) < 2:
        return None
    change = days[-1][1] - days[0][1]
    size = number_format(abs(change), use_l10n=True, force_grouping=True)
    if change > 0:
        title = ngettext("%(size)s more member than %(when)s", "%(size)s more members than %(when)s", change)
    elif change < 0:
        title = ngettext(
            "%(size)s fewer member than %(when)s", "%(size)s fewer members than %(when)s", -change
        )
    else:
        title = _("As many members as %(when)s")
    when = ngettext("%(days)d day ago", "%(days)d days ago", len(days) - 1) % {"days": len(days) - 1}
    return Chart(
        "area",
        title % {"size": size, "when": when},
        [date_format(day, "SHORT_DATE_FORMAT") for day, _count in days],
        [Series(_("Members"), [count for _day, count in days])],
        unit=_("people"),
        first_column=_("Day"),
    )
