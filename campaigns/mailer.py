"""What the outbox calls to write a campaign's mails and test mails."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from campaigns import design, placeholders, variants
from campaigns.extras import Extras
from campaigns.links import Tracker
from campaigns.models import Arm, Campaign, Link
from campaigns.rendering import DesignProblem, PreparedMail, Sources
from campaigns.variants import Chosen
from crm import outbox
from crm.errors import PermanentFailure, Refusal
from crm.models import Business, Customer, Mailing, Message
from crm.outbox import Envelope
from feedback import invitations
from feedback.models import Survey

type Render = Callable[[Message], Envelope]


def register() -> None:
    outbox.register("campaign", campaign_mails)
    outbox.register("test", test_mails)


def campaign_mails(mailing: Mailing) -> Render:
    """Render messages of one campaign: design, texts and shared values are made ready here, once."""
    campaign = Campaign.objects.select_related("survey").filter(mailing=mailing).first()
    if campaign is None:
        raise PermanentFailure("The campaign of this mailing does not exist any more.")
    business = Business.current()
    texts = variants.texts(campaign, business)
    try:
        for written in texts.sources.values():
            design.prepared(written)
    except Refusal as problem:
        raise PermanentFailure(str(problem)) from problem
    coupon = placeholders.coupon_of(campaign)
    values = placeholders.Values(business, survey=campaign.survey, source=campaign.source, coupon=coupon)
    more = Extras(texts.names(), mailing)
    from_name, from_email = business.sender
    named = cache(partial(senders, campaign))  # Only a mail that is one of several versions asks.
    utm = campaign.slug if campaign.utm else ""
    stored = _stored(campaign) if any("{" in url for url in texts.addresses) else {}

    folded = cache(partial(_folded, values))
    list_id = f"campaigns.{from_email.rpartition('@')[2]}"

    def render(message: Message) -> Envelope:
        if message.customer is None:
            raise PermanentFailure("The customer does not exist any more.")
        unsubscribe = outbox.unsubscribe_url(message)
        chosen = texts.of(message)
        try:
            mode = message.customer.tracking or business.tracking
            tracker = Tracker(chosen.mail.urls, campaign.pk, message.pk, chosen.places, mode, utm, stored)
            about = more.of(message.customer.pk, message.pk)
            known = values.of(message.customer, unsubscribe, language=chosen.language, more=about)
            rendered = folded(chosen).render(known, tracker)
        except DesignProblem as problem:
            raise PermanentFailure(str(problem)) from problem
        return Envelope(
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            from_name=(named().get(message.arm.lower()) if message.arm else "") or from_name,
            from_email=from_email,
            reply_to=business.reply_to,
            to_name=message.customer.full_name,
            list_id=list_id,
            unsubscribe_url=unsubscribe,
        )

    return render


def _folded(values: placeholders.Values, text: Chosen) -> PreparedMail:
    return text.mail.folded(values.alike(text.language))


def _stored(campaign: Campaign) -> dict[int, str]:
    """Addresses with the shop's own data in them, as planning kept them."""
    return dict(Link.objects.filter(campaign=campaign).values_list("position", "url"))


def senders(campaign: Campaign) -> dict[str, str]:
    """The sender's name of each version that has its own."""
    named = Arm.objects.filter(experiment__campaign=campaign).exclude(from_name="")
    return dict(named.values_list("letter", "from_name"))


def test_mails(mailing: Mailing) -> Render:
    """Render test mails: the design travels in the message, links count nothing, the subject says test."""
    business = Business.current()
    from_name, from_email = business.sender

    def render(message: Message) -> Envelope:
        context = message.context
        survey = Survey.objects.filter(pk=context.get("survey")).first()
        values = placeholders.Values(business, survey=survey, source=invitations.TEST)
        link = invitations.link(survey.pk, invitations.TEST, 0) if survey else ""
        person = Customer.objects.filter(pk=context.get("as")).first() or placeholders.sample_customer()
        written = Sources(
            context["subject"], context["mjml"], context.get("preheader", ""), context.get("text", "")
        )
        try:
            ready = design.compiled(written)
            about = Extras(placeholders.used(ready)).of(person.pk)
            unsubscribe, spoken = outbox.unsubscribe_url(Message()), design.language(ready.author, business)
            known = values.of(person, unsubscribe, survey_url=link, language=spoken, more=about)
            rendered = ready.render(known)
        except DesignProblem as problem:
            raise PermanentFailure(str(problem)) from problem
        return Envelope(
            subject=f"[Test] {rendered.subject}",
            html=rendered.html,
            text=rendered.text,
            from_name=from_name,
            from_email=from_email,
            reply_to=business.reply_to,
        )

    return render
