"""Cases: list, open, read the conversation, answer, note."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm import cases
from crm.access import Right
from crm.api import lists
from crm.api.doors import Door
from crm.api.people import find_reference
from crm.api.problems import Problem
from crm.api.values import Text
from crm.models import Case, CaseMessage, User

ORDERS = {"opened": ("id",), "-opened": ("-id",)}
ANSWERED = {one.value: one.label for one in (Case.State.OPEN, Case.State.WAITING, Case.State.SOLVED)}


class CaseMessageSerializer(serializers.ModelSerializer[CaseMessage]):
    class Meta:
        model = CaseMessage
        fields = ["id", "direction", "sender_name", "text", "at"]


class CaseSerializer(serializers.ModelSerializer[Case]):
    customer = serializers.SerializerMethodField()
    owner = serializers.CharField(source="owner.email", default=None, allow_null=True)

    class Meta:
        model = Case
        fields = [
            "id", "subject", "customer", "state", "priority", "owner", "channel", "category", "sender_name",
            "sender_email", "opened_at", "changed_at", "first_due_at", "due_at", "solved_at", "outcome",
        ]  # fmt: skip

    def get_customer(self, case: Case) -> str | None:
        return case.customer.public_id if case.customer else None


class CaseQuery(lists.ListQuery):
    state = serializers.ChoiceField(choices=Case.State.choices, required=False)
    priority = serializers.ChoiceField(choices=Case.Priority.choices, required=False)
    customer = serializers.CharField(max_length=12, required=False, help_text="Id of a customer.")
    order = serializers.ChoiceField(choices=list(ORDERS), default="opened")


class CaseInput(serializers.Serializer[Any]):
    subject = Text(max_length=250)
    text = Text(max_length=20_000, help_text="What the customer said.")
    customer = Text(
        max_length=254, required=False, allow_null=True, help_text="Id, your customer number, or e-mail."
    )
    sender_name = Text(max_length=120, required=False, allow_blank=True)
    sender_email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    priority = serializers.ChoiceField(choices=Case.Priority.choices, default=Case.Priority.NORMAL)
    category = Text(max_length=60, required=False, allow_blank=True)


class ReplyInput(serializers.Serializer[Any]):
    text = Text(max_length=20_000)
    kind = serializers.ChoiceField(
        choices=["reply", "note", "heard"],
        default="reply",
        help_text="A mail to the customer, a note among staff, or what the customer said elsewhere.",
    )
    then = serializers.ChoiceField(choices=list(ANSWERED.items()), default=Case.State.WAITING.value)


def find(user: User, pk: int) -> Case:
    row = cases.visible(user).select_related("customer", "owner").filter(pk=pk).first()
    if row is None:
        raise Problem("not_found", _("No such case."))
    return row


class Cases(Door):
    area = "cases"
    operations: ClassVar[dict[str, str]] = {"GET": "list_cases", "POST": "open_case"}
    scopes: ClassVar[dict[str, str]] = {"GET": "cases:read", "POST": "cases:write"}
    rights: ClassVar[dict[str, Right]] = {"POST": Right.SERVE}

    @extend_schema(parameters=[CaseQuery], responses=lists.listing(CaseSerializer))
    def get(self, request: Request) -> Response:
        """List cases."""
        query = lists.asked(CaseQuery, request)
        rows = cases.visible(self.user).select_related("customer", "owner")
        fields = {"state": "state", "priority": "priority", "customer": "customer__public_id"}
        rows = rows.filter(**{fields[name]: value for name, value in query.items() if name in fields})
        return lists.page(rows, ORDERS[query["order"]], query, lambda one: CaseSerializer(one).data)

    @extend_schema(request=CaseInput, responses={201: CaseSerializer})
    def post(self, request: Request) -> Response:
        """Open a case with what the customer said; its clocks start now."""
        said = CaseInput(data=request.data)
        said.is_valid(raise_exception=True)
        values = dict(said.validated_data)
        name = values.pop("customer", None)
        person = find_reference(self.user, name) if name else None
        case = cases.open_case(
            values.pop("subject"),
            at=timezone.now(),
            channel=Case.Channel.API,
            customer=person,
            by=self.user,
            **values,
        )
        place = f"/api/v1/cases/{case.pk}"
        found = find(self.user, case.pk)
        return Response(CaseSerializer(found).data, status=201, headers={"Location": place})


class OneCase(Door):
    area = "cases"
    operations: ClassVar[dict[str, str]] = {"GET": "get_case"}
    scopes: ClassVar[dict[str, str]] = {"GET": "cases:read"}

    @extend_schema(responses=CaseSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One case."""
        return Response(CaseSerializer(find(self.user, pk)).data)


class CaseMessages(Door):
    area = "cases"
    operations: ClassVar[dict[str, str]] = {"GET": "list_case_messages", "POST": "answer_case"}
    scopes: ClassVar[dict[str, str]] = {"GET": "cases:read", "POST": "cases:write"}
    rights: ClassVar[dict[str, Right]] = {"POST": Right.SERVE}

    @extend_schema(parameters=[lists.ListQuery], responses=lists.listing(CaseMessageSerializer))
    def get(self, request: Request, pk: int) -> Response:
        """The conversation, oldest first."""
        query = lists.asked(lists.ListQuery, request)
        rows = CaseMessage.objects.filter(case=find(self.user, pk))
        return lists.page(rows, ("id",), query, lambda one: CaseMessageSerializer(one).data)

    @extend_schema(request=ReplyInput, responses={201: CaseMessageSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Answer the customer by mail, or write down a note or what they said."""
        case = find(self.user, pk)
        said = ReplyInput(data=request.data)
        said.is_valid(raise_exception=True)
        text, now = said.validated_data["text"], timezone.now()
        match said.validated_data["kind"]:
            case "note":
                message = cases.note(case, text, by=self.user, at=now)
            case "heard":
                message = cases.hear(case, text, at=now)[1]
            case _:
                message = cases.reply(case, text, by=self.user, at=now, then=said.validated_data["then"])
        return Response(CaseMessageSerializer(message).data, status=201)
