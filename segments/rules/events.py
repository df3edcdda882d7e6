"""What customers did: the events that rules know, and what may be asked about each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy as _

from crm.ledger import KINDS
from crm.models import Interaction
from segments.rfm import names as rfm_names
from segments.rules.fields import FIELDS, Field, Label
from segments.rules.operators import Kind

MEASURES: dict[str, Label] = {
    "times": _("how often"),
    "sum": _("sum of"),
    "average": _("average of"),
    "distinct": _("number of different"),
    "days_between": _("mean days between"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """`main` is what sums and averages are of, if nothing else is said."""

    name: str
    label: Label
    fields: tuple[Field, ...]
    main: str = ""
    is_open: bool = False  # Any property may be asked by its bare name.

    def field(self, name: str) -> Field | None:
        for field in self.fields:
            if field.name == name:
                return field
        key = name.removeprefix("property.")
        refused = not key or '"' in key or (key == name and not self.is_open)
        if refused or self.name in {"purchase", "refund"}:
            return None
        return Field(name, key, Kind.LOOSE, how="property", key=key)


PRODUCT = Field("product", _("product"), Kind.TEXT, how="product", path="name sku")
CATEGORY = Field("category", _("category"), Kind.TEXT, how="product", path="category")
AMOUNT = Field("amount", _("amount"), Kind.NUMBER, how="line", path="amount")
QUANTITY = Field("quantity", _("quantity"), Kind.NUMBER, how="line", path="quantity")
CHANNEL = Field("channel", _("channel"), Kind.TEXT, how="order", path="channel")
COUPON = Field("coupon", _("coupon"), Kind.TEXT, how="order", path="coupon")
CAMPAIGN = Field("campaign", _("campaign"), Kind.TEXT, how="order", path="subject title")
SURVEY = Field("survey", _("survey"), Kind.TEXT, how="order", path="subject title")
SCORE = Field("score", _("score"), Kind.NUMBER, how="float", path="number")
METRIC = Field("metric", _("measure"), Kind.TEXT, how="order", path="metric")
SUBJECT = Field("subject", _("subject"), Kind.TEXT, how="order", path="subject title")
NUMBER = Field("number", _("figure"), Kind.NUMBER, how="float", path="number")

GROUP = replace(FIELDS["rfm.group"], name="to", label=_("new RFM group"), how="order", path="subject")
GROUP_BEFORE = replace(GROUP, name="from", label=_("RFM group before"), how="property", key="from")

EVENTS: dict[str, Event] = {
    event.name: event
    for event in (
        Event(
            "purchase",
            _("bought"),
            (PRODUCT, CATEGORY, CHANNEL, AMOUNT, QUANTITY, COUPON),
            main="amount",
        ),
        Event("refund", _("got money back"), (PRODUCT, CATEGORY, AMOUNT, QUANTITY), main="amount"),
        Event("open", _("opened a mail"), (CAMPAIGN,)),
        Event("click", _("clicked in a mail"), (CAMPAIGN,)),
        Event("answer", _("answered a survey"), (SURVEY, SCORE, METRIC), main="score"),
        Event("view", _("viewed a page"), (SUBJECT, NUMBER), main="number", is_open=True),
        Event("cart", _("put something into the cart"), (SUBJECT, NUMBER), main="number", is_open=True),
        Event("rfm_move", _("came to another RFM group"), (GROUP, GROUP_BEFORE)),
        Event("login", _("signed in"), (SUBJECT, NUMBER), main="number", is_open=True),
    )
}
NOT_EVENTS = frozenset({"note", "consent", "stage"})


def event_of(name: str) -> Event | None:
    """A built-in event, or one that the ledger has seen."""
    if name == "rfm_move":
        return _rfm_move()
    if name in EVENTS:
        return EVENTS[name]
    if not name or name in NOT_EVENTS or not Interaction.objects.filter(kind=name).exists():
        return None
    return _custom(name)


def all_events() -> list[Event]:
    """Built-in events first, then what the ledger has seen besides."""
    kinds = Interaction.objects.order_by("kind").values_list("kind", flat=True).distinct()
    known = {**EVENTS, "rfm_move": _rfm_move()}
    return [*known.values(), *(_custom(kind) for kind in kinds if kind not in {*EVENTS, *NOT_EVENTS})]


def _rfm_move() -> Event:
    """Moves may be asked by the groups in use, the shop's own among them, and by those of earlier maps."""
    names = {**rfm_names.in_use().labels, **dict(GROUP.values)}
    fields = tuple(replace(one, values=tuple(names.items())) for one in (GROUP, GROUP_BEFORE))
    return replace(EVENTS["rfm_move"], fields=fields)


def _custom(name: str) -> Event:
    label = KINDS.get(name, name)
    return Event(name, label, (SUBJECT, NUMBER), main="number", is_open=True)
