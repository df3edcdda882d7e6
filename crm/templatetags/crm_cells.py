"""The cells of a list of customers, drawn in Python: hundreds of them stand on one page."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django import template
from django.template import Context
from django.template.base import render_value_in_context
from django.template.defaultfilters import date as written
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from crm.listing.columns import Column, Look
from crm.models import Customer
from crm.templatetags.crm_format import ago, money, number, said

register = template.Library()
SOMEBODY = "-somebody-"  # Stands for a customer in an address that is made once for all.


@register.simple_tag(takes_context=True)
def cell(context: Context, customer: Customer, column: Column, value: Any) -> str:
    """A value of a customer; who may change it gets a link that opens its field there."""
    shown = _shown(context, column, value)
    if not (column.editable and context["may"].get("edit")):
        return shown
    address = at_customer(_field_address(column.key), customer)
    return format_html(
        '<a class="ck-cell" href="{0}" hx-get="{0}" hx-target="this" hx-swap="outerHTML" title="{1}">{2}</a>',
        *(address, _("Change"), shown),
    )


@register.filter
def at_customer(address: str, customer: Customer) -> str:
    """The address of this customer, from the one of somebody."""
    return address.replace(SOMEBODY, customer.public_id, 1)


@register.filter
def with_panel(query: str, customer: Customer) -> str:
    """The same list with this customer opened beside it; `query` opens nobody."""
    return f"{query}{'' if query == '?' else '&'}panel={customer.public_id}"


@cache
def _field_address(column: str) -> str:
    return reverse("crm:customer_cell", args=[SOMEBODY, column])


def _shown(context: Context, column: Column, value: Any) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return "–"
    if column.look == Look.MONEY:
        return money(context, value)
    if column.look == Look.NUMBER and not column.key.startswith("custom."):
        return number(value)
    if column.look == Look.NUMBER:
        return str(render_value_in_context(value, context))
    if column.look == Look.DAY:
        local = localtime(value) if isinstance(value, datetime) else value
        return format_html(
            '<time datetime="{}" title="{}">{}</time>',
            *(written(local, "c"), ago(value), written(local, "DATE_FORMAT")),
        )
    words = render_value_in_context(said(value, column.key), context)
    return format_html('<span class="ck-clip d-block">{}</span>', words)
