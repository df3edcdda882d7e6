"""From answers to what is known of a customer: the latest answer to a question, kept in an own field.

One statement on both databases, over the ledger; run for one customer when an answer comes, for all after
imports and merges. The latest answer always counts, also over what was typed by hand before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm import custom_fields
from crm.models import Business, Customer, CustomField, Interaction
from feedback import texts
from feedback.models import Attitude, Question, Survey

SCORE = "score"
FEW_VALUES = 12  # An imported question with no more different answers is a choice.
SAMPLE = 5000
Kind = CustomField.Kind
# Which kinds of own fields can hold which answers.
FITTING: dict[str, tuple[str, ...]] = {
    Question.Kind.SINGLE: (Kind.CHOICE, Kind.TEXT),
    Question.Kind.MULTI: (Kind.CHOICES,),
    Question.Kind.RATING: (Kind.NUMBER,),
    Question.Kind.CSAT: (Kind.NUMBER,),
    Question.Kind.NPS: (Kind.NUMBER,),
    Question.Kind.CES: (Kind.NUMBER,),
    Question.Kind.DATE: (Kind.DATE, Kind.TEXT),
    Question.Kind.HIDDEN: (Kind.TEXT,),
    Question.Kind.TEXT: (Kind.TEXT, Kind.LONG_TEXT, Kind.CHOICE),
    SCORE: (Kind.NUMBER,),
}


@dataclass(frozen=True, slots=True)
class Askable:
    """A question that may be mapped; `kind` is a key of FITTING."""

    survey: Survey
    question: str
    kind: str
    label: str

    @property
    def code(self) -> str:
        return f"{self.survey.pk}:{self.question}"


def askable() -> list[Askable]:
    """All questions of all surveys, the scores included, but for those that have a field already."""
    taken = set(Attitude.objects.values_list("survey_id", "question"))
    language = texts.first_known(translation.get_language())
    found = []
    for survey in Survey.objects.prefetch_related("questions"):
        score = Askable(survey, SCORE, SCORE, _("Score"))
        questions = [
            Askable(survey, one.key, one.kind, texts.label(one, language))
            for one in survey.questions.all()
            if one.kind in FITTING
        ]
        found += [one for one in (score, *questions) if (survey.pk, one.question) not in taken]
    return found


def fits(asked: Askable, field: CustomField) -> bool:
    return field.kind in FITTING[asked.kind] and not field.sensitive


@transaction.atomic
def connect(asked: Askable, field: CustomField | None, label: str) -> Attitude:
    """Keep the answers in this field, or in a new one of a fitting kind; those that are there come along."""
    if field is None:
        field = _new_field(asked, label)
    attitude = Attitude.objects.create(survey=asked.survey, question=asked.question, field=field)
    sync(attitude)
    return attitude


def _new_field(asked: Askable, label: str) -> CustomField:
    kind, choices = FITTING[asked.kind][0], []
    if kind in (Kind.CHOICE, Kind.CHOICES):
        question = Question.objects.get(survey=asked.survey, key=asked.question)
        choices = texts.choices(question, texts.first_known(Business.current().language))
    elif asked.kind == Question.Kind.TEXT:
        said = _said(asked.survey, asked.question)
        if 0 < len(said) <= FEW_VALUES:
            kind, choices = Kind.CHOICE, said
    return CustomField.objects.create(
        key=custom_fields.new_key(label), label=label, kind=kind, choices=choices
    )


def _said(survey: Survey, question: str) -> list[str]:
    """The different answers among the latest, at most one more than a choice may have."""
    rows = Interaction.objects.filter(kind="answer", subject=survey.slug, properties__has_key=question)
    found: dict[str, None] = {}
    for row in rows.order_by("-at").values_list("properties", flat=True)[:SAMPLE].iterator():
        value = row.get(question)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one.strip():
                found[one] = None
        if len(found) > FEW_VALUES:
            break
    return sorted(found)


def sync(attitude: Attitude, customer: int | None = None) -> int:
    """Write the latest answers into the field; of one customer, or of all. Returns how many changed.

    A field whose kind was changed so that it cannot hold the answers is left alone.
    """
    if not still_fits(attitude):
        return 0
    _widen(attitude)
    sql = _statement(attitude.question == SCORE, customer is not None)
    values = {
        "subject": attitude.survey.slug,
        "question": attitude.question if _postgres() else f'$."{attitude.question}"',
        "key": attitude.field.key if _postgres() else f'$."{attitude.field.key}"',
        "customer": customer,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        changed = int(cursor.rowcount)
    if customer is None:
        known = Customer.objects.filter(custom__has_key=attitude.field.key, erased_at=None).count()
        Attitude.objects.filter(pk=attitude.pk).update(known=known, synced_at=timezone.now())
    return changed


def heard(survey: Survey, customer: int | None) -> None:
    """An answer came: what is known of this customer follows."""
    if customer is not None:
        for attitude in Attitude.objects.filter(survey=survey).select_related("survey", "field"):
            sync(attitude, customer)


def sync_all(**_signal: Any) -> None:
    """After imports, merges and undoing: everything as the ledger has it."""
    for attitude in Attitude.objects.select_related("survey", "field"):
        sync(attitude)


def still_fits(attitude: Attitude) -> bool:
    if attitude.question == SCORE:
        kind: str | None = SCORE
    else:
        questions = Question.objects.filter(survey=attitude.survey, key=attitude.question)
        kind = questions.values_list("kind", flat=True).first()
    field = attitude.field
    return kind in FITTING and field.kind in FITTING[kind] and not field.sensitive and not field.archived_at


def users_of(field: CustomField) -> Iterator[str]:
    """The surveys that fill this field, so that it is not made sensitive under them."""
    rows = Attitude.objects.filter(field=field).select_related("survey")
    yield from (attitude.survey.name for attitude in rows)


def _widen(attitude: Attitude) -> None:
    """A choice that was added to the question, or came by an import, becomes one of the field."""
    field = attitude.field
    if field.kind not in (Kind.CHOICE, Kind.CHOICES):
        return
    new = [one for one in _said(attitude.survey, attitude.question) if one not in field.choices]
    if new:
        field.choices = [*field.choices, *new]
        CustomField.objects.filter(pk=field.pk).update(choices=field.choices)


def _statement(is_score: bool, of_one: bool) -> str:
    if _postgres():
        value = "to_jsonb(i.number)" if is_score else "i.properties -> %(question)s"
        empty, changed = "('null'::jsonb, '\"\"'::jsonb, '[]'::jsonb)", "c.custom -> %(key)s"
        new = "jsonb_set(c.custom, ARRAY[%(key)s], l.value, true)"
    else:
        value = "CAST(CAST(i.number AS INTEGER) AS TEXT)" if is_score else "i.properties -> %(question)s"
        empty, changed = "('null', '\"\"', '[]')", "c.custom -> %(key)s"
        new = "json_set(c.custom, %(key)s, json(l.value))"
    one = " AND i.customer_id = %(customer)s" if of_one else ""
    known = " AND i.number IS NOT NULL AND i.metric = s.kind" if is_score else ""
    return f"""
UPDATE {_table(Customer)} AS c SET custom = {new} FROM (
    SELECT customer_id, value, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY at DESC, id DESC) AS turn
    FROM (
        SELECT i.customer_id, i.id, i.at, {value} AS value FROM {_table(Interaction)} i
        JOIN {_table(Survey)} s ON s.slug = i.subject
        WHERE i.kind = 'answer' AND i.subject = %(subject)s AND i.customer_id IS NOT NULL{known}{one}
    ) said WHERE value IS NOT NULL AND value NOT IN {empty}
) AS l
WHERE l.customer_id = c.id AND l.turn = 1 AND c.erased_at IS NULL
    AND ({changed} IS NULL OR {changed} <> l.value)"""


def read(value: Any) -> list[str]:
    """A stored value as SQL gives it: one answer, or several of a list."""
    text = str(value)
    if text.startswith("["):
        try:
            return [str(one) for one in json.loads(text)]
        except ValueError:
            return [text]
    return [text]


def _postgres() -> bool:
    return connection.vendor == "postgresql"


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
