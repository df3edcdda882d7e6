"""Customers: list, look up, add, change; their tags and their word about mails."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm import access, audit, consent, masking, tagging
from crm.access import Right
from crm.api import lists, writing
from crm.api.doors import Door
from crm.api.problems import Problem
from crm.api.values import Simple, Text
from crm.api.versions import check_version, version_of, versioned
from crm.models import AuditEntry, Customer, CustomerQuerySet, CustomerTag, Tag, User

ORDERS = {
    "added": ("id",),
    "-added": ("-id",),
    "created_on": ("created_on", "id"),
    "-created_on": ("-created_on", "-id"),
}


class TagUseSerializer(serializers.ModelSerializer[CustomerTag]):
    name = Text(source="tag.name", max_length=60)
    weight = serializers.IntegerField(min_value=0, max_value=100, default=100)

    class Meta:
        model = CustomerTag
        fields = ["name", "weight", "source", "reason", "tagged_at"]
        read_only_fields = ["source", "reason", "tagged_at"]


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """A customer as the API shows it; analysts see dots instead of personal data."""

    id = serializers.CharField(source="public_id")
    can_get_mail = serializers.SerializerMethodField()
    custom = serializers.DictField(child=Simple())
    tags = TagUseSerializer(many=True)

    class Meta:
        model = Customer
        fields = [
            "id", "external_id", "email", "phone", "first_name", "last_name", "country", "city", "birth_date",
            "gender", "language", "source", "created_on", "email_consent", "can_get_mail", "custom", "tags",
            "added_at",
        ]  # fmt: skip
        extra_kwargs = {
            name: {"validators": [], "help_text": ""} for name in ("external_id", "email", "phone")
        }

    def get_can_get_mail(self, customer: Customer) -> bool:
        agreed = customer.email_consent == Customer.EmailConsent.GRANTED
        return bool(customer.email and agreed and customer.suppressed_at is None)


class CustomerQuery(lists.ListQuery):
    q = serializers.CharField(
        max_length=200, required=False, help_text="Words of name, e-mail, phone, number."
    )
    email = serializers.CharField(max_length=254, required=False)
    external_id = serializers.CharField(max_length=80, required=False)
    phone = serializers.CharField(max_length=40, required=False, help_text="As stored: +33…")
    country = serializers.CharField(max_length=60, required=False)
    tag = serializers.CharField(max_length=60, required=False)
    email_consent = serializers.ChoiceField(choices=Customer.EmailConsent.choices, required=False)
    created_from = serializers.DateField(required=False)
    created_to = serializers.DateField(required=False)
    order = serializers.ChoiceField(choices=list(ORDERS), default="added")


def visible(user: User) -> CustomerQuerySet:
    """Whom this token sees, with what is shown of them."""
    tags = CustomerTag.objects.select_related("tag").order_by("tag__name")
    return access.customers(user).prefetch_related(Prefetch("tags", tags))


def find(user: User, public_id: str, *, lock: bool = False) -> Customer:
    people = visible(user)
    if lock:
        people = people.select_for_update()
    found = people.filter(public_id=public_id).first()
    if found is None:
        raise Problem("not_found", _("No such customer."))
    return found


def shown(customer: Customer) -> dict[str, Any]:
    return dict(CustomerSerializer(customer).data)


def narrowed(people: CustomerQuerySet, query: dict[str, Any]) -> CustomerQuerySet:
    """The customers that a list asks for."""
    personal = {"q", "email", "external_id", "phone"} & set(query)
    if personal and masking.active():  # Else answers would tell what the masks hide.
        raise Problem("not_allowed", _("Whom this token acts as sees no personal data to search by."))
    if "q" in query:
        people = people.search(query["q"])
    if "email" in query:
        people = people.filter(email=query["email"].strip().lower())
    for name in ("external_id", "phone", "country", "email_consent"):
        if name in query:
            people = people.filter(**{name: query[name]})
    if "tag" in query:
        people = people.filter(tags__tag__in=Tag.objects.filter(name__iexact=query["tag"]))
    if "created_from" in query:
        people = people.filter(created_on__gte=query["created_from"])
    if "created_to" in query:
        people = people.filter(created_on__lte=query["created_to"])
    return people


class Customers(Door):
    area = "customers"
    operations: ClassVar[dict[str, str]] = {"GET": "list_customers", "POST": "create_customer"}
    scopes: ClassVar[dict[str, str]] = {"GET": "customers:read", "POST": "customers:write"}
    rights: ClassVar[dict[str, Right]] = {"POST": Right.EDIT}

    @extend_schema(parameters=[lists.ListQuery, CustomerQuery], responses=lists.listing(CustomerSerializer))
    def get(self, request: Request) -> Response:
        """List customers, or look one up by e-mail, phone or your own number."""
        query = lists.asked(CustomerQuery, request)
        people = narrowed(visible(self.user), query)
        response = lists.page(people, ORDERS[query["order"]], query, shown)
        audit.record(self.user, AuditEntry.Action.VIEWED, "customer", count=len(response.data["data"]))
        return response

    @extend_schema(request=writing.CustomerInput, responses={201: CustomerSerializer})
    def post(self, request: Request) -> Response:
        """Add a customer. The rules are those of the page: an identifying value is needed."""
        person = writing.save(Customer(), request.data, by=self.user)
        found = find(self.user, person.public_id)
        return versioned(Response(shown(found), status=201, headers={"Location": address(found)}))


def address(customer: Customer) -> str:
    return f"/api/v1/customers/{customer.public_id}"


class OneCustomer(Door):
    area = "customers"
    operations: ClassVar[dict[str, str]] = {"GET": "get_customer", "PATCH": "change_customer"}
    scopes: ClassVar[dict[str, str]] = {"GET": "customers:read", "PATCH": "customers:write"}
    rights: ClassVar[dict[str, Right]] = {"PATCH": Right.EDIT}
    problems: ClassVar[dict[str, tuple[str, ...]]] = {"PATCH": ("changed_meanwhile",)}

    @extend_schema(responses=CustomerSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """One customer. The ETag can be sent back as If-Match when changing it."""
        found = find(self.user, public_id)
        audit.record(self.user, AuditEntry.Action.VIEWED, found)
        return versioned(Response(shown(found)))

    @extend_schema(
        parameters=[OpenApiParameter("If-Match", str, OpenApiParameter.HEADER)],
        request=writing.CustomerInput(partial=True),
        responses=CustomerSerializer,
    )
    def patch(self, request: Request, public_id: str) -> Response:
        """Change what is given and keep the rest; null or "" empties a value."""
        with writing.transaction():
            person = find(self.user, public_id, lock=True)
            writing.check(request.data)
            check_version(request, version_of(shown(person)))
            writing.save(person, request.data, by=self.user)
        return versioned(Response(shown(find(self.user, public_id))))


class CustomerTags(Door):
    area = "tags"
    operations: ClassVar[dict[str, str]] = {"GET": "list_customer_tags", "POST": "tag_customer"}
    scopes: ClassVar[dict[str, str]] = {"GET": "customers:read", "POST": "customers:write"}
    rights: ClassVar[dict[str, Right]] = {"POST": Right.EDIT}

    @extend_schema(responses=TagUseSerializer(many=True))
    def get(self, request: Request, public_id: str) -> Response:
        """The tags of a customer."""
        person = find(self.user, public_id)
        return Response(TagUseSerializer(person.tags.all(), many=True).data)

    @extend_schema(request=TagUseSerializer, responses={201: TagUseSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Put a tag on a customer; a known tag gets the new weight."""
        person = find(self.user, public_id)
        said = TagUseSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        name, weight = said.validated_data["tag"]["name"], said.validated_data["weight"]
        use = tagging.add(person, name, weight=weight, at=timezone.now())
        return Response(TagUseSerializer(use).data, status=201)


class CustomerTagDoor(Door):
    area = "tags"
    operations: ClassVar[dict[str, str]] = {"DELETE": "untag_customer"}
    scopes: ClassVar[dict[str, str]] = {"DELETE": "customers:write"}
    rights: ClassVar[dict[str, Right]] = {"DELETE": Right.EDIT}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, public_id: str, name: str) -> Response:
        """Take a tag off; fine when it is not there."""
        person = find(self.user, public_id)
        for tag in Tag.objects.filter(name__iexact=name):
            tagging.remove(person, tag.pk)
        return Response(status=204)


class ConsentInput(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=["granted", "withdrawn"])
    wording = Text(max_length=400, required=False, help_text="What the customer agreed to, kept as evidence.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["action"] == "granted" and not attrs.get("wording"):
            raise serializers.ValidationError({"wording": _("Say what the customer agreed to.")})
        return attrs


class CustomerConsent(Door):
    area = "customers"
    operations: ClassVar[dict[str, str]] = {"POST": "set_consent"}
    scopes: ClassVar[dict[str, str]] = {"POST": "customers:write"}
    rights: ClassVar[dict[str, Right]] = {"POST": Right.EDIT}

    @extend_schema(request=ConsentInput, responses={200: CustomerSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Write down that the customer agreed or objected to marketing mail, now."""
        person = find(self.user, public_id)
        said = ConsentInput(data=request.data)
        said.is_valid(raise_exception=True)
        source, now = f"api:{self.token.name}"[:80], timezone.now()
        if said.validated_data["action"] == "withdrawn":
            consent.withdraw(person, source=source, at=now)
        elif not person.email:
            raise Problem("refused", _("There is no e-mail address yet. Add one first."))
        else:
            consent.grant(person, source=source, at=now, wording=said.validated_data["wording"])
        return Response(shown(find(self.user, public_id)))
