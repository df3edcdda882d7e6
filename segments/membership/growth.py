"""How segments grew: members per day from the intervals of membership."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from crm.charts import Chart, Series
from crm.models import Business
from segments.models import Membership, Segment

DAYS = 90


def grown(segments: Sequence[Segment], since: datetime) -> dict[int, int]:
    """Members now minus members then, for each segment; one query."""
    then = Q(memberships__entered_at__lte=since) & (
        Q(memberships__left_at=None) | Q(memberships__left_at__gt=since)
    )
    found = Segment.objects.filter(pk__in=[one.pk for one in segments]).annotate(
        then=Count("memberships", filter=then), now=Count("memberships", filter=Q(memberships__left_at=None))
    )
    return {one.pk: one.now - one.then for one in found}


def members_per_day(segment: Segment, business: Business, now: datetime) -> list[tuple[date, int]]:
    """Members at the end of each of the last days, beginning no earlier than the first count."""
    today = business.today(now)
    stays = Membership.objects.filter(segment=segment)
    counted = stays.aggregate(first=Min("entered_at"))["first"] or segment.created_at
    first = max(today - timedelta(days=DAYS - 1), business.today(max(counted, segment.created_at)))
    since = datetime.combine(first, datetime.min.time(), tzinfo=business.zone)
    count = stays.filter(Q(left_at=None) | Q(left_at__gte=since), entered_at__lt=since).count()
    steps: Counter[date] = Counter()
    for path, step in (("entered_at", 1), ("left_at", -1)):
        rows = stays.filter(**{f"{path}__gte": since}).values_list(path).annotate(n=Count("pk")).order_by()
        for at, n in rows:
            steps[business.today(at)] += step * n
    found = []
    for index in range((today - first).days + 1):
        day = first + timedelta(days=index)
        count += steps[day]
        found.append((day, count))
    return found


def chart(segment: Segment, business: Business, now: datetime) -> Chart | None:
    """The growth of a segment, once there are two days of it; the title says what came out."""
    days = members_per_day(segment, business, now)
    if len(days) < 2:
        return None
    change = days[-1][1] - days[0][1]
    size = number_format(abs(change), use_l10n=True, force_grouping=True)
    if change > 0:
        title = _("%(size)s more members than %(days)d days ago")
    elif change < 0:
        title = _("%(size)s fewer members than %(days)d days ago")
    else:
        title = _("As many members as %(days)d days ago")
    return Chart(
        "area",
        title % {"size": size, "days": len(days) - 1},
        [date_format(day, "SHORT_DATE_FORMAT") for day, _count in days],
        [Series(_("Members"), [count for _day, count in days])],
        unit=_("people"),
        first_column=_("Day"),
    )
