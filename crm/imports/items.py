"""Several items of an order in one cell, as shops and export plugins write them.

Understood are lists of words ("Tea x2; Mug x1", "2 × Tea, 1 × Mug"), named parts as WooCommerce plugins write
them ("name:Tea|quantity:2|total:9.00; name:Mug|…") and JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from crm.imports import parsing

MOST: Final = 500  # Items of one order.
LONGEST: Final = 30_000
CENT: Final = Decimal("0.01")
NAMES: Final = {
    "name": "name product product_name product_title item item_name title description 商品 商品名称 名称",
    "sku": "sku item_sku product_sku article_number 货号",
    "quantity": "quantity qty count pieces amount_of 数量",
    "price": "price unit_price item_price price_per_item 单价",
    "amount": "total line_total item_total amount subtotal sub_total 金额 小计",
}
_PART: Final = re.compile(r"(?:^|\|)\s*([^\W\d][\w ]{0,30}?)\s*:", re.UNICODE)
_NAMED: Final = re.compile(
    r"\s*(?:id|name|product_id|product|sku|quantity|item_id|order_item_id)\s*:", re.IGNORECASE
)
_SIGN: Final = r"[xX×✕*]"
_COUNT_FIRST: Final = re.compile(rf"(\d{{1,6}})\s*{_SIGN}\s+(.+)|(\d{{1,6}})\s*[×✕]\s*(.+)", re.DOTALL)
_COUNT_LAST: Final = re.compile(
    rf"(.+?)\s+{_SIGN}\s*(\d{{1,6}})|(.+?)\s*[×✕*]\s*(\d{{1,6}})|(.+?)\s*[(（]{_SIGN}?\s*(\d{{1,6}})\s*[)）]",
    re.DOTALL,
)
_LETTER: Final = re.compile(r"\w")
_PRICED: Final = re.compile(r"(.+?)\s+@\s*(\S+)", re.DOTALL)
_STRONG: Final = re.compile(r"\s*[;；\n|]\s*")
_BEFORE_COUNT: Final = re.compile(rf"\s*[,，、;；|\n]\s*(?=\d{{1,6}}\s*{_SIGN}\s*\S)")
_AFTER_COUNT: Final = re.compile(r"(?<=\d)\s*[,，、]\s*|(?<=[)）])\s*[,，、]\s*")


class Item(NamedTuple):
    """What the cell says of one article: `price` of one piece, `amount` of all; None where it says none."""

    name: str
    sku: str = ""
    quantity: Decimal = Decimal(1)
    price: Decimal | None = None
    amount: Decimal | None = None


class Line(NamedTuple):
    """One line of the order: its money is exact to the cent, and None as `price` when only shared out."""

    code: str
    name: str
    quantity: Decimal
    price: Decimal | None
    amount: Decimal


def parse(cell: str) -> list[Item]:
    """The items of a cell; raises `parsing.Bad` where it cannot be told what they are."""
    text = parsing.tidy(cell)
    if len(text) > LONGEST:
        raise parsing.Bad("too_long")
    if text[:1] in "[{":
        found = list(_from_json(text))
    elif _NAMED.match(text):
        found = [_of_parts(_parts(piece)) for piece in _pieces(text)]
    else:
        found = [_of_words(piece) for piece in _split(text)]
    if not found or len(found) > MOST:
        raise parsing.Bad("bad_items")
    return found


def shown(cell: str) -> list[str]:
    """The items of a cell in words, for who checks what was understood."""
    return [f"{one.quantity.normalize():f} × {one.name or one.sku}" for one in parse(cell)]


def _from_json(text: str) -> Iterator[Item]:
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise parsing.Bad("bad_items") from error
    if isinstance(data, dict):
        lists = [one for one in data.values() if isinstance(one, list)]
        data = lists[0] if len(lists) == 1 else [data]
    for one in data:
        if isinstance(one, str):
            yield _of_words(one)
        elif isinstance(one, dict):
            plain = {name: value for name, value in one.items() if isinstance(value, str | int | float)}
            yield _of_parts({name.strip().lower(): str(value) for name, value in plain.items()})
        else:
            raise parsing.Bad("bad_items")


def _pieces(text: str) -> list[str]:
    """The items of named parts: a new one begins where a first name stands behind a semicolon or a line."""
    cuts = [0, *(found.end() for found in re.finditer(r"[;\n]", text) if _NAMED.match(text, found.end()))]
    return [
        text[start:end].strip().rstrip(";") for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)
    ]


def _parts(piece: str) -> dict[str, str]:
    found = list(_PART.finditer(piece))
    ends = [*(one.start() for one in found[1:]), len(piece)]
    parts: dict[str, str] = {}
    for one, end in zip(found, ends, strict=True):
        parts.setdefault(one[1].strip().lower().replace(" ", "_"), piece[one.end() : end].strip())
    return parts


def _of_parts(parts: dict[str, str]) -> Item:
    said = {
        name: next((parts[word] for word in words.split() if parts.get(word, "").strip()), "")
        for name, words in NAMES.items()
    }
    if not (said["name"] or said["sku"]):
        raise parsing.Bad("bad_items")
    quantity = _figure(said["quantity"])
    return Item(
        said["name"],
        said["sku"],
        Decimal(1) if quantity is None else quantity,
        _figure(said["price"]),
        _figure(said["amount"]),
    )


def _figure(text: str | None) -> Decimal | None:
    if not text:
        return None
    sign = "," if parsing.number_style(text).strip("?") == "," and "." not in text else "."
    try:
        return parsing.decimal(text, sign)
    except (parsing.Bad, InvalidOperation) as error:
        raise parsing.Bad("bad_items") from error


def _split(text: str) -> list[str]:
    if _COUNT_FIRST.match(text):
        return [piece for piece in _BEFORE_COUNT.split(text) if piece.strip()]
    strong = [piece for piece in _STRONG.split(text) if piece.strip()]
    if len(strong) > 1:
        return strong
    weak = [piece for piece in _AFTER_COUNT.split(text) if piece.strip()]
    return weak if all(_COUNT_LAST.fullmatch(piece.strip()) for piece in weak) else [text]


def _of_words(piece: str) -> Item:
    text, price = " ".join(piece.split()), None
    if (priced := _PRICED.fullmatch(text)) and (price := _figure(priced[2])) is not None:
        text = priced[1]
    count = "1"
    if found := _COUNT_FIRST.fullmatch(text):
        count, text = (part for part in found.groups() if part is not None)
    elif found := _COUNT_LAST.fullmatch(text):
        text, count = (part for part in found.groups() if part is not None)
    if not _LETTER.search(text) or int(count) == 0:
        raise parsing.Bad("bad_items")
    return Item(text.strip(), "", Decimal(count), price)


def lines(items: Iterable[Item], total: Decimal | None) -> list[Line]:
    """The lines of an order that cost `total`; what no item says is shared out by pieces, to the cent.

    None as total: every item says its price. Returns [] when that is not so.
    """
    found = list(items)
    told = [_told(one) for one in found]
    open_ones = [place for place, amount in enumerate(told) if amount is None]
    if open_ones:
        if total is None:
            return []
        left = max(Decimal(0), total - sum(amount for amount in told if amount is not None))
        pieces = sum(found[place].quantity for place in open_ones)
        shared = Decimal(0)
        for place in open_ones[:-1]:
            part = (left * found[place].quantity / pieces).quantize(CENT) if pieces else Decimal(0)
            told[place], shared = part, shared + part
        told[open_ones[-1]] = left - shared
    return [
        Line(one.sku or one.name, one.name, one.quantity, one.price, amount or Decimal(0))
        for one, amount in zip(found, told, strict=True)
    ]


def _told(item: Item) -> Decimal | None:
    if item.amount is not None:
        return item.amount
    return None if item.price is None else (item.price * item.quantity).quantize(parsing.EXACT)
