"""Importing answers that were collected elsewhere. Unknown people's answers are kept as anonymous ones."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import ledger
from crm.errors import Refusal
from crm.imports import people
from crm.imports.fields import IDENTITY
from crm.imports.kinds import Fact, Field, Outcome, Plan, Reject, Skip, Staged
from crm.models import Business, Interaction
from feedback import questions, ratings, telling
from feedback.forms.editing import free_slug
from feedback.models import Answer, Question, Survey
from feedback.numerics import scales

METRICS = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
PREFIX = "answer."
LONGEST_KEY = 60
BETWEEN = "\n"  # Stands in no cell's number or address.


class AnswersLoader:
    """The kind "answers" of `crm.imports.kinds`."""

    label: str | Promise = gettext_lazy("Answers")
    fields: Sequence[Field] = (
        *(one for one in IDENTITY if one.name in ("customer", "email")),
        Field("nps", "text", gettext_lazy("NPS (0–10)"), ("npsscore", "likelihoodtorecommend", "推荐意愿")),
        Field("csat", "text", gettext_lazy("CSAT (1–5)"), ("csatscore", "satisfaction", "满意度")),
        Field("ces", "text", gettext_lazy("CES (1–7)"), ("cesscore", "effort", "effortscore")),
        Field(
            "comment",
            "text",
            gettext_lazy("Comment"),
            ("comments", "feedback", "verbatim", "remark", "评论", "意见", "反馈", "备注"),
        ),
        Field(
            "answered_at",
            "moment",
            gettext_lazy("Answered at"),
            (
                *[
                    "surveyedat",
                    "submittedat",
                    "submissiondate",
                    "responsedate",
                    "respondedat",
                    "completedat",
                    "timestamp",
                    "datetime",
                    "date",
                    "createdat",
                ],
                *["回答时间", "时间", "日期"],
            ),
        ),
        Field(PREFIX, "text", gettext_lazy("Answer to another question")),
    )

    def check(self, plan: Plan) -> None:
        said = [one for one in plan.mapped if one in METRICS or one == "comment" or one.startswith(PREFIX)]
        if not said:
            raise Refusal(_("No column holds an answer. Say which one is nps, csat, ces or comment."))
        slug = plan.options.get("survey")
        if not slug:
            return
        survey = Survey.objects.filter(slug=slug).first()
        if survey is None:
            raise Refusal(_("There is no survey “%(slug)s”.") % {"slug": slug})
        other = [one for one in METRICS if one in plan.mapped]
        if other and survey.kind not in other:
            raise Refusal(
                _("The survey “%(slug)s” asks for %(kind)s, but no column holds it.")
                % {"slug": slug, "kind": survey.kind.upper()}
            )

    def recognise(self, columns: Sequence[str], taken: set[str]) -> dict[str, str]:
        """Form tools put the question itself into the header."""
        return questions.recognise(columns, taken)

    def recognise_values(
        self, studies: Mapping[str, Mapping[str, Any]], mapping: Mapping[str, str], options: Mapping[str, Any]
    ) -> dict[str, str]:
        """“Score” or “Rating” beside a comment is the score of the survey, else what its values can be."""
        taken = set(mapping.values())
        if "comment" not in taken or taken & METRICS.keys() or not (column := ratings.column_of([*studies])):
            return {}
        survey = Survey.objects.filter(slug=options.get("survey") or "").first()
        kind = survey.kind if survey else ratings.kind_of(studies[column]["few"])
        return {column: kind} if kind else {}

    def session(self, plan: Plan) -> AnswersSession:
        return AnswersSession(plan)


class AnswersSession:
    """One run. A row is known by its own words and how often it stood in the file before."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.language = Business.current().language
        self.survey: Survey | None = None
        self.aim: Survey | None = None  # An unsaved one where the survey is made by this import.
        self.questions: list[Question] = []

    def judge(self, row: dict[str, Any]) -> Staged:
        said = {name: self._score(name, row[name]) for name in METRICS if row.get(name)}
        others = {_key(name): value for name, value in row.items() if name.startswith(PREFIX)}
        comment = row.get("comment", "")
        if not said and not others and not comment:
            raise Skip("no_answer", "")
        at: datetime | None = row.get("answered_at")
        data = {
            "who": _keys(row),
            "said": said,
            "others": others,
            "comment": comment,
            "at": at.isoformat() if at else None,
        }
        text = json.dumps(data, sort_keys=True, default=list, ensure_ascii=False)
        fingerprint = hashlib.sha256(text.encode()).hexdigest()[:40]
        named = (Fact(0, BETWEEN.join(data["who"]), "", ()),) if data["who"] else ()
        return Staged(fingerprint, {**data, "fingerprint": fingerprint}, named)

    def _score(self, name: str, cell: str) -> int:
        """A score as people write it: 9, "9/10", "10 - extremely likely", "very satisfied", ★★★★."""
        low, high = self._scale(name)
        try:
            value = scales.whole(cell, low, high)
        except ValueError as error:
            raise Reject("out_of_range", name) from error
        if value is None:
            raise Reject("bad_score", name)
        return value

    def _scale(self, name: str) -> tuple[int, int]:
        """The scale of the survey that the answers go to, else the usual one."""
        if self.aim is None:
            self.aim = self._find_survey() or Survey()
        if self.aim.pk and self.aim.kind == name:
            return self.aim.scale[0], self.aim.scale[-1]
        return METRICS[name]

    def describe(self, kind: int, facts: dict[str, dict[str, tuple[str, Any]]]) -> dict[str, Any]:
        """Only counts whom we know; answers say nothing else about a person."""
        keys = [together.split(BETWEEN) for together in facts]
        known = people.find({one for some in keys for one in some})
        found = {next((known[one] for one in some if one in known), None) for some in keys}
        return {"customers": len(found - {None})}

    def merge(self, rows: Sequence[tuple[int, Any]]) -> Outcome:
        survey = self.survey or self._open_survey()
        known = people.find({key for _number, data in rows for key in data["who"]})
        seen: Counter[str] = Counter()
        drafts = []
        for _number, data in rows:
            seen[data["fingerprint"]] += 1
            who = next((known[key] for key in data["who"] if key in known), None)
            drafts.append(self._draft(survey, data, seen[data["fingerprint"]], who))
        stored = dict(
            Answer.objects.filter(survey=survey, key__in=[one.key for one in drafts]).values_list(
                "key", "customer_id"
            )
        )
        fresh = [one for one in drafts if one.key not in stored]
        named = [one for one in drafts if one.customer_id and stored.get(one.key, 0) is None]
        made = Answer.objects.bulk_create(fresh, batch_size=1000)
        self.plan.made(Answer, [one.pk for one in made])
        renamed = Answer.objects.filter(survey=survey, key__in=[one.key for one in named])
        self.plan.keep(Answer, renamed.values_list("pk", flat=True) if named else [])
        for one in named:  # The person has become known since: the answer is theirs now.
            Answer.objects.filter(survey=survey, key=one.key).update(customer_id=one.customer_id)
        self._remember(survey, [one for one in [*fresh, *named] if one.customer_id])
        unchanged = len(rows) - len(fresh) - len(named)
        return Outcome({"created": len(fresh), "updated": len(named), "unchanged": unchanged})

    def _remember(self, survey: Survey, named: list[Answer]) -> None:
        """Into the ledger, what is not there yet."""
        entries = [
            entry
            for one in named
            for entry in telling.ledger_entries(survey, self.questions, one, self.language)
        ]
        if not entries:
            return
        keys = [entry.key for entry in entries]
        ours = Interaction.objects.filter(source=entries[0].source, key__in=keys)
        before = set(ours.values_list("pk", flat=True))
        ledger.record(entries)
        self.plan.made(Interaction, set(ours.values_list("pk", flat=True)) - before)

    def finish(self) -> dict[str, Any]:
        survey = self.survey or self._find_survey()
        return {"survey": survey.slug if survey else None}

    def _draft(self, survey: Survey, data: dict[str, Any], occurrence: int, who: int | None) -> Answer:
        values = {**data["others"], **{k: v for k, v in data["said"].items() if k != survey.kind}}
        return Answer(
            survey=survey,
            customer_id=who,
            channel=Answer.Channel.IMPORT,
            version=survey.version,
            key=f"row:{data['fingerprint']}:{occurrence}",
            score=data["said"].get(survey.kind),
            comment=data["comment"],
            values=values,
            answered_at=datetime.fromisoformat(data["at"]) if data["at"] else self.plan.at,
        )

    def _find_survey(self) -> Survey | None:
        if slug := self.plan.options.get("survey"):
            return Survey.objects.filter(slug=slug).first()
        kind = next((one for one in METRICS if one in self.plan.mapped), Survey.Kind.NPS)
        return Survey.objects.filter(is_imported=True, name=self._name(), kind=kind).first()

    def _open_survey(self) -> Survey:
        """The survey the answers belong to; the same file again finds the one made for it before."""
        survey = self._find_survey()
        if survey is None:
            kind = next((one for one in METRICS if one in self.plan.mapped), Survey.Kind.NPS)
            name = self._name()
            survey = Survey.objects.create(
                slug=free_slug(name.replace("_", "-")), name=name, kind=kind, is_imported=True
            )
            self.plan.made(Survey, [survey.pk])
        asked = {
            _key(one): one[len(PREFIX) :].strip()
            for one in sorted(self.plan.mapped)
            if one.startswith(PREFIX)
        }
        if survey.is_imported:
            for position, (key, label) in enumerate(asked.items()):
                told = {"texts": {"en": {"label": label}}, "position": position}
                question, is_new = survey.questions.get_or_create(key=key, defaults=told)
                self.plan.made(Question, [question.pk] if is_new else [])
        self.survey, self.questions = survey, list(survey.questions.all())
        return survey

    def _name(self) -> str:
        return self.plan.batch.file_name.split("/")[-1].split(".")[0][:120] or "survey"


def _key(field: str) -> str:
    """The key of a question, from "answer.<question>"; long questions that begin alike stay apart."""
    text = field[len(PREFIX) :].strip().replace("/", "-")
    if len(text) <= LONGEST_KEY:
        return text
    return f"{text[:52]}-{hashlib.sha256(text.encode()).hexdigest()[:7]}"


def _keys(row: dict[str, Any]) -> list[str]:
    """Whom the row names, the surest first."""
    keys = [people.key_of({name: row[name]}) for name in ("customer", "email") if row.get(name)]
    return [key for key in keys if key]
