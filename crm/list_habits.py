"""How somebody likes the customer list: its columns, its saved views, and where it opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet

from crm import masking
from crm.customer_list import Filters
from crm.listing.columns import STANDARD, Column
from crm.models import CustomerView, ListHabit, User

Place = CustomerView.Place
MOST_TABS = 12


@dataclass(frozen=True, slots=True)
class Tabs:
    """The views beside the list: those as tabs, those in the menu, and the one that is open."""

    pinned: list[CustomerView]
    more: list[CustomerView]
    current: CustomerView | None
    opens: int | None

    @property
    def changed(self) -> bool:
        return self.current is not None


def visible(user: User) -> QuerySet[CustomerView]:
    """One's own views and those that are for everybody."""
    return CustomerView.objects.filter(Q(by=user) | ~Q(place=Place.PRIVATE)).select_related("by")


def readable(view: CustomerView) -> CustomerView:
    """The view as its reader may see it: who sees masked data does not read whom others searched for."""
    if masking.active():
        view.query = Filters.read(view.query).plain()
    return view


def habit_of(user: User) -> ListHabit:
    return ListHabit.objects.filter(user=user).first() or ListHabit(user=user)


def tabs(user: User, filters: Filters, habit: ListHabit) -> Tabs:
    found = [readable(one) for one in visible(user)[:100]]
    as_tab = [one for one in found if one.place == Place.PINNED or one.by_id == user.pk]
    more = [one for one in found if one not in as_tab[:MOST_TABS]]
    current = next((one for one in found if str(one.pk) == filters.view), None)
    return Tabs(as_tab[:MOST_TABS], more, current, habit.opens_id)


def columns(filters: Filters, habit: ListHabit, view: CustomerView | None) -> list[Column]:
    """Those chosen for this view, else those the view was saved with, else the usual ones."""
    chosen = habit.columns_for(str(view.pk) if view else "")
    keys = chosen or (view.columns if view and view.columns else None) or list(STANDARD)
    found = filters.catalogue.chosen(keys)
    names = [one for one in found if one.key == "name"] or filters.catalogue.chosen(["name"])
    return [*names, *(one for one in found if one.key != "name")]


@transaction.atomic
def choose_columns(user: User, view: str, keys: Sequence[str]) -> None:
    """Remember the columns of one view ("" = the list without one); none means the usual ones."""
    habit = ListHabit.objects.select_for_update().filter(user=user).first() or ListHabit(user=user)
    kept = habit.columns if isinstance(habit.columns, dict) else {}
    habit.columns = {name: value for name, value in kept.items() if name != view}
    if keys:
        habit.columns[view] = list(dict.fromkeys(keys))[:30]
    habit.save()


def open_with(user: User, view: CustomerView | None) -> None:
    """Let the list open with this view from now on; None: with everybody."""
    ListHabit.objects.update_or_create(user=user, defaults={"opens": view})
