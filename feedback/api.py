"""Answers through the programming interface: read them, and send what was answered elsewhere."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm import access
from crm.access import Right
from crm.api import lists
from crm.api.doors import Door
from crm.api.people import find_reference
from crm.api.problems import Problem
from crm.api.values import Text
from feedback import answers
from feedback.models import Answer, Survey

ORDERS = {"answered": ("answered_at", "id"), "-answered": ("-answered_at", "-id")}


class AnswerSerializer(serializers.ModelSerializer[Answer]):
    survey = serializers.CharField(source="survey.slug")
    kind = serializers.CharField(source="survey.kind")
    customer = serializers.SerializerMethodField()
    product = serializers.CharField(source="product.sku", default=None, allow_null=True)
    values = serializers.JSONField(help_text="Answers to the other questions, by their keys.")

    class Meta:
        model = Answer
        fields = [
            "id", "survey", "kind", "customer", "score", "comment", "values", "state", "channel", "product",
            "language", "answered_at",
        ]  # fmt: skip

    def get_customer(self, answer: Answer) -> str | None:
        return answer.customer.public_id if answer.customer else None


class AnswerQuery(lists.ListQuery):
    survey = serializers.CharField(max_length=80, required=False, help_text="Short name of a survey.")
    customer = serializers.CharField(max_length=12, required=False, help_text="Id of a customer.")
    since = serializers.DateTimeField(required=False, help_text="Answered at this moment or later.")
    order = serializers.ChoiceField(choices=list(ORDERS), default="answered")


class AnswerInput(serializers.Serializer[Any]):
    survey = Text(max_length=80, help_text="Short name of a survey.")
    key = Text(max_length=100, help_text="Your name of this answer: sent again, it corrects.")
    score = serializers.IntegerField(required=False, allow_null=True)
    comment = Text(max_length=20_000, required=False, allow_blank=True, default="")
    values = serializers.DictField(required=False, default=dict)
    customer = Text(
        max_length=254, required=False, allow_null=True, help_text="Id, your customer number, or e-mail."
    )
    language = Text(max_length=10, required=False, allow_blank=True, default="")
    answered_at = serializers.DateTimeField(required=False)


class Answers(Door):
    area = "answers"
    operations: ClassVar[dict[str, str]] = {"GET": "list_answers", "POST": "send_answer"}
    scopes: ClassVar[dict[str, str]] = {"GET": "answers:read", "POST": "answers:write"}
    rights: ClassVar[dict[str, Right]] = {"POST": Right.EDIT}

    @extend_schema(parameters=[AnswerQuery], responses=lists.listing(AnswerSerializer))
    def get(self, request: Request) -> Response:
        """List the answers that count."""
        query = lists.asked(AnswerQuery, request)
        rows = access.visible(self.user, Answer.objects.counted())
        fields = {"survey": "survey__slug", "customer": "customer__public_id", "since": "answered_at__gte"}
        rows = rows.filter(**{fields[name]: value for name, value in query.items() if name in fields})
        rows = rows.select_related("survey", "customer", "product")
        return lists.page(rows, ORDERS[query["order"]], query, lambda one: AnswerSerializer(one).data)

    @extend_schema(request=AnswerInput, responses={201: AnswerSerializer})
    def post(self, request: Request) -> Response:
        """Send an answer that was given elsewhere."""
        said = AnswerInput(data=request.data)
        said.is_valid(raise_exception=True)
        values = dict(said.validated_data)
        survey = Survey.objects.filter(slug=values["survey"]).first()
        if survey is None:
            raise Problem("invalid", errors=[{"field": "survey", "reason": _("There is no such survey.")}])
        score = values.get("score")
        if score is not None and score not in survey.scale:
            told = {"low": survey.scale[0], "high": survey.scale[-1]}
            reason = _("The scale of this survey goes from %(low)s to %(high)s.") % told
            raise Problem("invalid", errors=[{"field": "score", "reason": reason}])
        if score is None and not values["comment"] and not values["values"]:
            raise Problem("invalid", errors=[{"field": "score", "reason": _("Neither a score nor words.")}])
        name = values.get("customer")
        person = find_reference(self.user, name) if name else None
        draft = Answer(
            survey=survey,
            customer=person,
            score=score,
            comment=values["comment"],
            values=values["values"],
            language=values["language"],
            answered_at=values.get("answered_at") or timezone.now(),
        )
        kept = _keep(draft, values["key"])
        return Response(
            AnswerSerializer(kept).data, status=201, headers={"Location": f"/api/v1/answers/{kept.pk}"}
        )


class OneAnswer(Door):
    area = "answers"
    operations: ClassVar[dict[str, str]] = {"GET": "get_answer"}
    scopes: ClassVar[dict[str, str]] = {"GET": "answers:read"}

    @extend_schema(responses=AnswerSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One answer."""
        rows = access.visible(self.user, Answer.objects.counted())
        row = rows.select_related("survey", "customer", "product").filter(pk=pk).first()
        if row is None:
            raise Problem("not_found", _("No such answer."))
        return Response(AnswerSerializer(row).data)


@transaction.atomic
def _keep(draft: Answer, key: str) -> Answer:
    """Stored once under its key; the same key again corrects it."""
    return answers.accept_sent(draft, f"api:{key}")
