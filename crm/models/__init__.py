"""What crm remembers."""

from __future__ import annotations

from crm.models.audit import AuditEntry
from crm.models.business import Business
from crm.models.consent import Consent, Suppression
from crm.models.customer import Customer, CustomerQuerySet, CustomerTag, CustomField, Tag
from crm.models.import_batch import ImportBatch, ImportParcel, ImportProblem
from crm.models.interaction import Interaction
from crm.models.message import Mailing, Message, SandboxMail
from crm.models.purchase import Product, Purchase, PurchaseLine, Refund
from crm.models.sensitive import SensitiveValue
from crm.models.user import User
from crm.models.worker import WorkerHeartbeat

__all__ = [
    "AuditEntry",
    "Business",
    "Consent",
    "CustomField",
    "Customer",
    "CustomerQuerySet",
    "CustomerTag",
    "ImportBatch",
    "ImportParcel",
    "ImportProblem",
    "Interaction",
    "Mailing",
    "Message",
    "Product",
    "Purchase",
    "PurchaseLine",
    "Refund",
    "SandboxMail",
    "SensitiveValue",
    "Suppression",
    "Tag",
    "User",
    "WorkerHeartbeat",
]
