"""What the status of an order means: not paid, cancelled, given back, or a sale."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split("|"))


# Written as `plain` makes them.
FAILED: Final = _set(
    "failed|declined|failure|unpaid|expired|error|payment failed|checkout draft|draft|auto draft|trash"
    "|blocked|incomplete|uncaptured|requires payment method|requires confirmation|requires action"
    "|requires capture|payment pending|awaiting payment|waiting for payment|abandoned|rejected|not paid"
    "|失败|支付失败|未付款|未支付|待付款|待支付|交易关闭|等待买家付款"
    "|付款以前,卖家或买家主动关闭交易"
)
# Shopify and WooCommerce say so too of what is paid on delivery or by transfer.
WAITING: Final = _set("pending|pending payment|on hold")
CANCELLED: Final = _set("cancelled|canceled|void|voided|cancel|unavailable|已取消|取消|已作废")
REFUNDED: Final = _set(
    "refunded|fully refunded|returned|chargeback|charged back|reversed"
    "|已退款|全额退款|退款成功|付款以后用户退款成功|付款以后用户退款成功,交易自动关闭|已退货"
)
SOLD: Final = _set(
    "|paid|partially paid|overpaid|authorized|captured|approved|accepted|confirmed|settled|cleared"
    "|complete|completed|success|succeeded|successful|ok|done|finished|closed|processed|invoiced"
    "|created|new|open|active|placed|received|processing|in process|in progress|ready|ready to ship"
    "|packed|unshipped|partially shipped|shipped|shipping|dispatched|in transit|out for delivery"
    "|delivered|collected|picked up|unfulfilled|partial|partially fulfilled|fulfilled"
    "|partially refunded|partial refund|refund pending|partially returned"
    "|成功|支付成功|交易成功|已付款|已支付|付款成功|完成|已完成|交易完成|待发货|已发货|待收货|已收货"
    "|已签收|待评价|部分退款|部分发货|买家已付款,等待卖家发货|卖家已发货,等待买家确认"
)


@lru_cache(maxsize=1000)
def plain(status: str) -> str:
    """A status without case, hyphens and the prefix of WooCommerce."""
    text = unicodedata.normalize("NFKC", status).casefold().removeprefix("wc-")
    return " ".join(text.replace("-", " ").replace("_", " ").split())


def word(status: str, *, waiting_sells: bool = False) -> str:
    """What a status means to the order; "" for all that make it a sale."""
    text = plain(status)
    if text in FAILED or (text in WAITING and not waiting_sells):
        return "failed"
    if text in CANCELLED:
        return "cancelled"
    return "refunded" if text in REFUNDED else ""


def unknown(statuses: Iterable[str]) -> list[str]:
    """Those that count as sales only because nobody knows them."""
    return [one for one in statuses if not word(one) and plain(one) not in SOLD]
