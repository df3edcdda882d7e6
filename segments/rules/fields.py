"""The closed list of what a rule may ask of a customer; own fields, tags and questions come from the data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from crm import custom_fields, tag_names
from crm.ledger import STAGES
from crm.models import Customer, CustomField, Interaction, Subscription, Tag
from segments.models import HandPick, Score, Segment
from segments.rfm import names as rfm_names
from segments.rfm.groups import GROUPS
from segments.rules.operators import Kind

type Label = str | Promise
SAMPLE = 200  # Answers of a survey that are looked through for the names of its questions.

PERSON, BUYING, SCORES = _("About the person"), _("What they bought"), _("Scores")
MAIL, OWN, TAGS = _("Mails and answers"), _("Your own fields"), _("Tags")


@dataclass(frozen=True, slots=True)
class Field:
    """`how` tells `segments.rules.compile` to find the value, with the help of `path` and `key`."""

    name: str
    label: Label
    kind: Kind
    group: Label = ""
    how: str = "column"
    path: str = ""
    key: str = ""
    values: tuple[tuple[str, Label], ...] = ()
    others: tuple[tuple[str, Label], ...] = ()  # Choices that exist, but cannot be asked for now.

    def choice(self, text: str) -> str | None:
        """The code that a choice means, by code or by label, without case."""
        with override("en"):
            english = {str(label).casefold(): code for code, label in self.values}
        here = {str(label).casefold(): code for code, label in self.values}
        codes = {code.casefold(): code for code, _label in self.values}
        return {**english, **here, **codes}.get(text.casefold())

    def label_of(self, code: str) -> str:
        return str(dict(self.values).get(code, code))


def _person(name: str, label: Label, kind: Kind = Kind.TEXT, **more: Any) -> Field:
    return Field(name, label, kind, PERSON, **{"path": name, **more})


def _feature(name: str, label: Label, kind: Kind, group: Label, path: str = "", **more: Any) -> Field:
    return Field(name, label, kind, group, path=f"features__{path or name}", **more)


CONSENT = tuple((str(code), label) for code, label in Customer.EmailConsent.choices)
RUNNING = tuple((str(code), label) for code, label in Subscription.State.choices)
FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        _person("country", _("country")),
        _person("city", _("city")),
        _person("language", _("language")),
        _person("gender", _("gender")),
        _person("source", _("source")),
        _person("age", _("age"), Kind.NUMBER, how="age", path="birth_date"),
        _person("birth_date", _("birthday"), Kind.DATE),
        _person("created_on", _("customer since"), Kind.DATE),
        _person("email", _("e-mail")),
        _person("phone", _("phone")),
        _person("first_name", _("first name")),
        _person("last_name", _("last name")),
        _feature("orders", _("number of orders"), Kind.NUMBER, BUYING, how="zero"),
        _feature("revenue", _("revenue"), Kind.NUMBER, BUYING, how="zero"),
        _feature("refunds", _("money given back"), Kind.NUMBER, BUYING, how="zero"),
        _feature("average_order", _("average order"), Kind.NUMBER, BUYING),
        _feature(
            "recency_days",
            _("days since the last purchase"),
            Kind.NUMBER,
            BUYING,
            "last_bought_on",
            how="days_since",
        ),
        _feature("gap_days", _("mean days between purchases"), Kind.NUMBER, BUYING, how="float"),
        _feature("first_bought_on", _("first purchase"), Kind.DATE, BUYING),
        _feature("last_bought_on", _("last purchase"), Kind.DATE, BUYING),
        Field(
            "subscription.status", _("subscription"), Kind.CHOICE, BUYING, how="subscription", values=RUNNING
        ),
        Field("subscription.product", _("product of a subscription"), Kind.TEXT, BUYING, how="subscription"),
        Field(
            "subscription.renews_in_days",
            _("days until a subscription renews"),
            Kind.NUMBER,
            BUYING,
            how="subscription",
        ),
        _feature("rfm.group", _("RFM group"), Kind.CHOICE, SCORES, "rfm_group", values=tuple(GROUPS.items())),
        _feature("rfm.recency", _("RFM score for recency"), Kind.NUMBER, SCORES, "rfm_recency"),
        _feature("rfm.frequency", _("RFM score for frequency"), Kind.NUMBER, SCORES, "rfm_frequency"),
        _feature("rfm.monetary", _("RFM score for money"), Kind.NUMBER, SCORES, "rfm_monetary"),
        _feature("stage", _("lifecycle stage"), Kind.CHOICE, SCORES, values=tuple(STAGES.items())),
        _feature("cluster", _("cluster"), Kind.TEXT, SCORES),
        _feature("clv", _("customer value"), Kind.NUMBER, SCORES),
        _feature(
            "alive_chance", _("chance of still being a customer (0 to 1)"), Kind.NUMBER, SCORES, how="float"
        ),
        _feature(
            "lapse_chance",
            _("chance not to come back in time (0 to 1)"),
            Kind.NUMBER,
            SCORES,
            how="float",
        ),
        _feature("expected_orders", _("expected orders"), Kind.NUMBER, SCORES, how="float"),
        _feature("next_purchase_from", _("next purchase, earliest"), Kind.DATE, SCORES, "next_from"),
        _feature("next_purchase_until", _("next purchase, latest"), Kind.DATE, SCORES, "next_until"),
        _feature("nps.last", _("last NPS answer"), Kind.NUMBER, MAIL, "nps_last", how="float"),
        _feature("csat.last", _("last CSAT answer"), Kind.NUMBER, MAIL, "csat_last", how="float"),
        _feature(
            "mail.opened_days",
            _("days since a mail was opened"),
            Kind.NUMBER,
            MAIL,
            "last_opened_on",
            how="days_since",
        ),
        _feature(
            "mail.clicked_days",
            _("days since a link was clicked"),
            Kind.NUMBER,
            MAIL,
            "last_clicked_on",
            how="days_since",
        ),
        Field(
            "consent.email", _("consent to e-mail"), Kind.CHOICE, MAIL, path="email_consent", values=CONSENT
        ),
    )
}
OWN_KINDS: dict[str, Kind] = {
    CustomField.Kind.TEXT: Kind.TEXT,
    CustomField.Kind.NUMBER: Kind.NUMBER,
    CustomField.Kind.DATE: Kind.DATE,
    CustomField.Kind.YES_NO: Kind.YES_NO,
    CustomField.Kind.CHOICE: Kind.CHOICE,
    CustomField.Kind.MONEY: Kind.NUMBER,
    CustomField.Kind.DATE_TIME: Kind.DATE,
    CustomField.Kind.CHOICES: Kind.CHOICE,
}


class Catalogue:
    """All names that a rule may use now. `own` is the segment being changed: it cannot ask about itself.

    `changed` is an own field as it might become, in place of what it is.

    Reads each list at most once, and only when a rule needs it.
    """

    def __init__(self, own: Segment | None = None, changed: CustomField | None = None) -> None:
        self.own = own
        self.changed = changed  # An own field as it might become.

    def field(self, name: str) -> Field | None:
        if name in {"cluster", "rfm.group"}:
            return self._cluster if name == "cluster" else self._rfm_group
        if name in FIELDS:
            return FIELDS[name]
        area, _dot, rest = name.partition(".")
        if area == "custom":
            return self._own_fields.get(rest) or self._own_fields_in_any_case.get(rest.casefold())
        if area == "tag":
            return self._tags.get(rest.casefold())
        if area == "score":
            return self._scores.get(rest)
        if area == "answer":
            survey, _dot, question = rest.rpartition(".")
            return self._question(survey, question)
        return None

    def segment(self, slug: str) -> Segment | None:
        return self.segments.get(slug)

    def everything(self) -> list[Field]:
        """Every field in the order of the pages."""
        fixed = {**FIELDS, "cluster": self._cluster, "rfm.group": self._rfm_group}
        return [
            *fixed.values(),
            *self._scores.values(),
            *self._questions,
            *self._own_fields.values(),
            *self._tags.values(),
        ]

    @cached_property
    def segments(self) -> dict[str, Segment]:
        return {segment.slug: segment for segment in Segment.objects.all()}

    @cached_property
    def picked(self) -> set[tuple[int, bool]]:
        """(segment, put in or kept out) wherever somebody was ever chosen by hand."""
        return set(HandPick.objects.values_list("segment_id", "included").distinct())

    @cached_property
    def _cluster(self) -> Field:
        """A choice among the clusters in use; they can be named in any language."""
        from segments.clusters import naming  # It reads our labels.

        names = tuple(naming.in_use().items())
        plain = FIELDS["cluster"]
        return replace(plain, kind=Kind.CHOICE, values=names) if names else plain

    @cached_property
    def _rfm_group(self) -> Field:
        """The groups of the map in use; those of another map are named when they are refused."""
        names = rfm_names.in_use().labels
        plain = FIELDS["rfm.group"]
        others = tuple(one for one in plain.values if one[0] not in names)
        return replace(plain, values=tuple(names.items()), others=others)

    @cached_property
    def _own_fields(self) -> dict[str, Field]:
        known = {own.key: own for own in custom_fields.plain()}
        if self.changed is not None:
            known[self.changed.key] = self.changed
        return {key: _own_field(own) for key, own in known.items()}

    @cached_property
    def _own_fields_in_any_case(self) -> dict[str, Field]:
        """The header “Churn” makes the key "churn"; both mean it."""
        return {key.casefold(): field for key, field in self._own_fields.items()}

    @cached_property
    def _tags(self) -> dict[str, Field]:
        names = Tag.objects.values_list("pk", "name")
        return {
            name.casefold(): Field(
                f"tag.{name}", tag_names.later(name), Kind.NUMBER, TAGS, how="tag", key=str(pk)
            )
            for pk, name in names
        }

    @cached_property
    def _scores(self) -> dict[str, Field]:
        """Predictions that are kept."""
        rows = Score.objects.values_list("pk", "key", "name")
        return {
            key: Field(f"score.{key}", name, Kind.NUMBER, SCORES, how="score", key=str(pk))
            for pk, key, name in rows
        }

    @cached_property
    def _questions(self) -> list[Field]:
        return list(_asked())

    def _question(self, survey: str, question: str) -> Field | None:
        name = f"answer.{survey}.{question}"
        listed = next((one for one in self._questions if one.name == name), None)
        if listed or not survey or not question or '"' in question:
            return listed
        answers = Interaction.objects.filter(kind="answer", subject=survey)
        known = question == "score" or answers.filter(properties__has_key=question).exists()
        return _question_field(survey, survey, question) if known and answers.exists() else None


def _own_field(own: CustomField) -> Field:
    values = tuple((str(choice), str(choice)) for choice in own.choices)
    kind = OWN_KINDS.get(own.kind, Kind.TEXT)
    how = "custom_list" if own.kind == CustomField.Kind.CHOICES else "custom"
    if kind is Kind.CHOICE and not values:
        kind = Kind.TEXT
    return Field(f"custom.{own.key}", own.label, kind, OWN, how=how, key=own.key, values=values)


def _asked() -> Iterable[Field]:
    """The questions that somebody has answered, survey by survey."""
    answers = Interaction.objects.filter(kind="answer").exclude(subject="")
    surveys = dict(answers.order_by("subject").values_list("subject", "title").distinct())
    for slug, title in surveys.items():
        rows = answers.filter(subject=slug).order_by("-at").values_list("properties", flat=True)[:SAMPLE]
        keys = {str(key): None for row in rows if isinstance(row, dict) for key in row}
        for question in ("score", *(key for key in keys if key != "score")):
            yield _question_field(slug, title or slug, question)


def _question_field(slug: str, title: str, question: str) -> Field:
    kind, how = (Kind.NUMBER, "answer_score") if question == "score" else (Kind.LOOSE, "answer")
    label = f"{title}: {_('score') if question == 'score' else question}"
    return Field(f"answer.{slug}.{question}", label, kind, MAIL, how=how, path=slug, key=question)
