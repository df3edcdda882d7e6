"""Lines of an order that are no product: postage, fees, discounts. They would spoil every comparison."""

from __future__ import annotations

import re

from crm.models import Product

# The whole name, so that “Postage stamp earrings” stays a product.
NAMED = re.compile(
    r"(?:dotcom|standard|express|free|next day|international|local|bank|amazon|paypal|card|payment|service|"
    r"handling|eco|gift|order|loyalty|staff|manual|kostenlose[rs]?)?\W*"
    r"(?:postage|shipping|delivery|carriage|freight|p\s?&\s?p|handling|charges?|fees?|surcharge|discount|"
    r"rebate|rounding|adjustment|adjust bad debt|bad debt|manual|samples|deposit|tips?|voucher redemption|"
    r"versand(?:kosten)?|porto|fracht|rabatt|skonto|gebühr(?:en)?|trinkgeld|pfand|"
    r"frais de port|livraison|remise|gastos de envío|envío|descuento|spedizione|sconto)"
    r"(?:\W+(?:(?:and|&|und|y|et|e)\W+)?(?:packing|packaging|handling|costs?|fees?|charges?|line|kosten|pauschale))*"
    r"|运费|邮费|快递费|配送费|手续费|包装费|服务费|折扣|优惠|小费|押金|满减|抹零",
    re.IGNORECASE,
)


def is_charge(product: Product) -> bool:
    """As the shop said, else by its name."""
    if product.nature:
        return product.nature == Product.Nature.CHARGE
    return is_named_so(product.name)


def is_named_so(name: str) -> bool:
    return bool(NAMED.fullmatch(name.strip(" .:*-")))


def numbers() -> set[int]:
    """The keys of all products that are charges."""
    rows = Product.objects.filter(nature__in=[Product.Nature.UNSAID, Product.Nature.CHARGE])
    found = rows.values_list("pk", "name", "nature").iterator(chunk_size=5000)
    return {pk for pk, name, nature in found if nature or is_named_so(name)}
