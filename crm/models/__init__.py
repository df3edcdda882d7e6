"""What crm remembers."""

from __future__ import annotations

from crm.models.api import ApiToken, RememberedAnswer
from crm.models.article import (
    Article,
    ArticleGram,
    ArticleText,
    ArticleVersion,
    ArticleVote,
    HelpCategory,
)
from crm.models.audit import AuditEntry, AuditPass
from crm.models.brand import Brand, Picture
from crm.models.bulk_job import BulkJob, BulkTarget
from crm.models.business import Business
from crm.models.case import Case, CaseAttachment, CaseMessage, CaseQuerySet
from crm.models.chat import Chat
from crm.models.connection import Feed, FeedFile, ShopConnection, ShopEvent
from crm.models.consent import (
    Channel,
    Consent,
    ConsentState,
    ConsentWording,
    Purpose,
    Suppression,
)
from crm.models.customer import Customer, CustomerQuerySet, CustomerTag, CustomField, Tag
from crm.models.customer_view import CustomerView, ListHabit
from crm.models.delivery import ContactRules, ContactWish, DeliveryEvent
from crm.models.duplicates import (
    BulkMerge,
    CustomerAlias,
    CustomerMerge,
    DifferentPeople,
    DuplicateGroup,
    DuplicateMember,
    DuplicateSearch,
)
from crm.models.export_file import ExportFile
from crm.models.group import Group, GroupMember, GroupRefusal
from crm.models.import_batch import ImportBatch, ImportParcel, ImportProblem
from crm.models.import_profile import ImportProfile
from crm.models.interaction import Interaction
from crm.models.interest import Interest
from crm.models.journal import Journal, JournalEntry
from crm.models.message import Mailing, Message, SandboxMail
from crm.models.opt_in import OptIn
from crm.models.privacy import (
    BackupRecord,
    ErasedIdentity,
    PersonalArchive,
    PrivacyRequest,
    RetentionRule,
)
from crm.models.purchase import Product, Purchase, PurchaseLine, Refund
from crm.models.quality import QualityException, QualityFinding, QualityRun
from crm.models.rate import Rate
from crm.models.second_factor import RecoveryCode, SecondFactor
from crm.models.sender import Pace, PaceCount, Sender
from crm.models.sensitive import SensitiveValue
from crm.models.service import (
    BusinessHours,
    CannedReply,
    Holiday,
    Mailbox,
    ReceivedMail,
    ServiceLevel,
    SlaPolicy,
)
from crm.models.sign_up import SignUpForm
from crm.models.subscription import Subscription, SubscriptionQuerySet
from crm.models.task import Task
from crm.models.user import User
from crm.models.webhook import WebhookDelivery, WebhookEndpoint
from crm.models.website import AnonymousEvent, Visitor, Website
from crm.models.worker import WorkerHeartbeat

__all__ = [
    "AnonymousEvent",
    "ApiToken",
    "Article",
    "ArticleGram",
    "ArticleText",
    "ArticleVersion",
    "ArticleVote",
    "AuditEntry",
    "AuditPass",
    "BackupRecord",
    "Brand",
    "BulkJob",
    "BulkMerge",
    "BulkTarget",
    "Business",
    "BusinessHours",
    "CannedReply",
    "Case",
    "CaseAttachment",
    "CaseMessage",
    "CaseQuerySet",
    "Channel",
    "Chat",
    "Consent",
    "ConsentState",
    "ConsentWording",
    "ContactRules",
    "ContactWish",
    "CustomField",
    "Customer",
    "CustomerAlias",
    "CustomerMerge",
    "CustomerQuerySet",
    "CustomerTag",
    "CustomerView",
    "DeliveryEvent",
    "DifferentPeople",
    "DuplicateGroup",
    "DuplicateMember",
    "DuplicateSearch",
    "ErasedIdentity",
    "ExportFile",
    "Feed",
    "FeedFile",
    "Group",
    "GroupMember",
    "GroupRefusal",
    "HelpCategory",
    "Holiday",
    "ImportBatch",
    "ImportParcel",
    "ImportProblem",
    "ImportProfile",
    "Interaction",
    "Interest",
    "Journal",
    "JournalEntry",
    "ListHabit",
    "Mailbox",
    "Mailing",
    "Message",
    "OptIn",
    "Pace",
    "PaceCount",
    "PersonalArchive",
    "Picture",
    "PrivacyRequest",
    "Product",
    "Purchase",
    "PurchaseLine",
    "Purpose",
    "QualityException",
    "QualityFinding",
    "QualityRun",
    "Rate",
    "ReceivedMail",
    "RecoveryCode",
    "Refund",
    "RememberedAnswer",
    "RetentionRule",
    "SandboxMail",
    "SecondFactor",
    "Sender",
    "SensitiveValue",
    "ServiceLevel",
    "ShopConnection",
    "ShopEvent",
    "SignUpForm",
    "SlaPolicy",
    "Subscription",
    "SubscriptionQuerySet",
    "Suppression",
    "Tag",
    "Task",
    "User",
    "Visitor",
    "WebhookDelivery",
    "WebhookEndpoint",
    "Website",
    "WorkerHeartbeat",
]
