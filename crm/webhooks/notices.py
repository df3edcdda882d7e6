"""Mails to the owners when a webhook was switched off, so that nobody believes it still tells."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm import outbox
from crm.errors import PermanentFailure
from crm.models import Business, Mailing, Message, User, WebhookDelivery, WebhookEndpoint
from crm.outbox.kinds import Render

KIND, SOURCE = "webhook_notice", "webhook-notices"


def tell(endpoint: WebhookEndpoint, *, at: datetime) -> None:
    """Once to each owner about each time that it is switched off."""
    for user in User.objects.filter(is_active=True, role=User.Role.OWNER).exclude(email=""):
        outbox.send_one(
            SOURCE,
            kind=KIND,
            key=f"{endpoint.pk}:{at.isoformat()}:{user.pk}"[:120],
            to_email=user.email,
            name=gettext_noop("Notices about webhooks"),
            context={"endpoint": endpoint.pk, "user": user.pk},
        )


def prepare(mailing: Mailing) -> Render:
    """Write notices in the language of each reader."""
    business = Business.current()

    def render(message: Message) -> outbox.Envelope:
        user = User.objects.filter(
            pk=message.context.get("user"), is_active=True, role=User.Role.OWNER
        ).first()
        endpoint = WebhookEndpoint.objects.filter(pk=message.context.get("endpoint")).first()
        if user is None or endpoint is None or user.email != message.to_email:
            raise PermanentFailure(gettext_noop("The webhook or its reader does not exist any more."))
        with translation.override(user.language or business.language):
            return _envelope(business, user, endpoint)

    return render


def _envelope(business: Business, user: User, endpoint: WebhookEndpoint) -> outbox.Envelope:
    deliveries = WebhookDelivery.objects.filter(endpoint=endpoint)
    last = deliveries.exclude(attempts=0).order_by("-claimed_at").first()
    context = {
        "business": business,
        "endpoint": endpoint,
        "last": last,
        "waiting": deliveries.filter(state=WebhookDelivery.State.WAITING).count(),
        "link": settings.SITE_URL + reverse("crm:webhook", args=[endpoint.pk]),
    }
    from_name, from_email = business.sender
    return outbox.Envelope(
        subject=_("The webhook “%(name)s” was switched off") % {"name": endpoint},
        html=render_to_string("mail/webhook_notice.html", context),
        text=render_to_string("mail/webhook_notice.txt", context),
        from_name=from_name,
        from_email=from_email,
        to_name=user.name,
        headers={"Auto-Submitted": "auto-generated"},
    )
