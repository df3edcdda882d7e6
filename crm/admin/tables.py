"""Customers, what they bought and what happened with them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from crm.admin.bases import LargeAdmin, ReadOnlyAdmin
from crm.models import (
    Business,
    Consent,
    Customer,
    CustomerTag,
    CustomField,
    ImportBatch,
    ImportProblem,
    Interaction,
    Mailing,
    Message,
    Product,
    Purchase,
    PurchaseLine,
    Refund,
    SandboxMail,
    Suppression,
    Tag,
    User,
    WorkerHeartbeat,
)


@admin.register(Customer)
class CustomerAdmin(LargeAdmin):
    list_display = ("name", "email", "country", "email_consent", "created_on")
    list_filter = ("email_consent", "is_demo")
    search_fields = ("search_text",)
    ordering = ("-id",)
    readonly_fields = ("email_consent", "suppressed_at", "public_id")  # Consent has one door: crm.consent.

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        super().save_model(request, obj.prepare(), form, change)


@admin.register(CustomField)
class CustomFieldAdmin(LargeAdmin):
    list_display = ("label", "key", "kind", "position")
    list_filter = ("kind",)
    search_fields = ("label", "key")


@admin.register(Tag)
class TagAdmin(LargeAdmin):
    search_fields = ("name",)


@admin.register(CustomerTag)
class CustomerTagAdmin(LargeAdmin):
    list_display = ("tag", "customer", "weight", "source", "tagged_at")
    list_filter = ("source",)
    list_select_related = ("tag", "customer")
    search_fields = ("tag__name",)
    autocomplete_fields = ("customer", "tag")
    ordering = ("-id",)


@admin.register(Product)
class ProductAdmin(LargeAdmin):
    list_display = ("name", "sku", "category", "price")
    search_fields = ("name", "sku")


@admin.register(Purchase)
class PurchaseAdmin(LargeAdmin):
    list_display = ("number", "customer", "bought_at", "charged", "refunded", "status", "channel")
    list_filter = ("status",)
    list_select_related = ("customer",)
    search_fields = ("number", "=key")
    raw_id_fields = ("customer",)
    ordering = ("-id",)


@admin.register(PurchaseLine)
class PurchaseLineAdmin(LargeAdmin):
    list_display = ("id", "purchase", "product", "quantity", "price", "amount")
    list_select_related = ("purchase", "product")
    search_fields = ("=purchase__number",)
    raw_id_fields = ("purchase", "product")
    ordering = ("-id",)


@admin.register(Refund)
class RefundAdmin(LargeAdmin):
    list_display = ("number", "customer", "refunded_at", "amount")
    list_select_related = ("customer",)
    search_fields = ("=number",)
    raw_id_fields = ("customer", "purchase", "product")
    ordering = ("-id",)


@admin.register(Interaction)
class InteractionAdmin(ReadOnlyAdmin):
    list_display = ("kind", "customer", "at", "source", "title", "number")
    list_select_related = ("customer",)
    search_fields = ("=kind", "=source", "=subject")
    ordering = ("-id",)


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ("customer", "action", "channel", "purpose", "source", "at")
    list_filter = ("action",)
    list_select_related = ("customer",)
    search_fields = ("=customer__email",)
    ordering = ("-id",)


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    list_display = ("email_hash", "reason", "at")
    list_filter = ("reason",)
    search_fields = ("=email_hash",)
    ordering = ("-id",)


@admin.register(Mailing)
class MailingAdmin(ReadOnlyAdmin):
    list_display = ("name", "source", "kind", "purpose", "state")
    list_filter = ("state", "purpose")
    search_fields = ("name", "=source")
    ordering = ("-id",)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("to_email", "mailing", "state", "reason", "planned_at", "sent_at")
    list_filter = ("state",)
    list_select_related = ("mailing",)
    search_fields = ("=to_email", "=key")
    ordering = ("-id",)


@admin.register(SandboxMail)
class SandboxMailAdmin(ReadOnlyAdmin):
    list_display = ("subject", "to", "caught_at")
    search_fields = ("subject", "to")
    exclude = ("raw",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SandboxMail]:
        return super().get_queryset(request).defer("raw")


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    list_display = ("file_name", "kind", "state", "total_rows", "created_at")
    list_filter = ("state", "kind")
    search_fields = ("file_name",)


@admin.register(ImportProblem)
class ImportProblemAdmin(ReadOnlyAdmin):
    list_display = ("batch", "row", "verdict", "column", "reason")
    list_filter = ("verdict",)
    list_select_related = ("batch",)
    search_fields = ("=reason",)
    ordering = ("-id",)


@admin.register(Business)
class BusinessAdmin(LargeAdmin):
    list_display = ("name", "currency", "time_zone", "language")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Accounts change on their own page, which keeps one owner."""

    list_display = ("email", "name", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name")
    exclude = ("password", "groups", "user_permissions")


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "seen_at", "started_at")
