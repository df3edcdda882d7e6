"""Names, addresses and numbers in a comment, replaced by dots for who may not see whose it is.

Made for readers inside the shop: it hides what tells who wrote or who is meant, as far as that can be seen
from the words; names that are known beforehand (the customer's own) are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

DOTS: Final = "•••"

_MAIL: Final = re.compile(
    r"[^\s@<>()\[\],;:，。；：]+@[^\s@<>()\[\],;:，。；：]+\.[^\s@<>()\[\],;:，。；：!！?？]+"
)
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HANDLE: Final = re.compile(r"(?<![\w@])@\w{2,}")
_DATE: Final = re.compile(r"(?:19|20)\d\d[\-/.]\d\d?[\-/.]\d\d?|\d\d?[\-/.]\d\d?[\-/.](?:19|20)\d\d")
_NUMBER: Final = re.compile(r"(?<![A-Za-z0-9_.])\+?\(?\d(?:[\s().\-/]{0,2}\d){6,}[\dXx]?(?!\w*%)")
_ACCOUNT: Final = re.compile(
    r"((?:微信|wechat|weixin|qq|vx|whatsapp|telegram)(?:号|\s*id)?\s*(?:is|是|[:：])?\s*)([a-z0-9_\-]{5,})",
    re.IGNORECASE,
)
_STREET: Final = re.compile(
    r"\b\d{1,5}[a-z]?\s+(?:[A-Z][\w'’]+\s+){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Close|Way|Court|Ct)\b"
    r"|[\u4e00-\u9fff]{2,8}(?:路|街|大道|巷|弄)\s*\d+\s*(?:号|弄)(?:\s*[\w\u4e00-\u9fff]{0,6}(?:室|楼|栋|单元))?"
)
_TITLED: Final = re.compile(
    r"\b((?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Madam|Herr|Frau)\.?\s+)((?:[A-Z][\w'’\-]+)(?:\s+[A-Z][\w'’\-]+)?)"
)
_INTRODUCED: Final = re.compile(
    r"\b((?:[Mm]y name is|[Mm]y name's|[Tt]his is|I am called|named|[Rr]egards,?|[Ss]incerely,?|[Cc]heers,?"
    r"|(?:colleague|employee|waiter|waitress|driver|agent|manager|lady|guy|teacher|assistant)"
    r"(?: named| called)?)\s+)"
    r"([A-Z][\w'’\-]+(?:\s+[A-Z][\w'’\-]+)?)"
)
_SURNAMES: Final = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜谢邹喻苏潘葛范彭鲁韦马方俞任袁柳唐罗薛雷贺"
    "倪汤殷毕郝安常傅卞齐康伍余顾孟黄萧尹姚邵汪毛狄贝臧戴宋庞熊纪舒屈项祝董梁杜阮蓝季贾江郭梅林钟徐邱骆高夏蔡"
    "田樊胡凌霍万卢莫房丁邓洪包左石崔龚程邢陆翁段侯武刘龙叶黎白赖谭廖史曾欧肖文关查游易温"
)
_CHINESE: Final = re.compile(
    rf"((?:我叫|我是|名叫|名字叫|姓名[:：]?)\s*)([{_SURNAMES}][\u4e00-\u9fff]{{1,2}})(?=[,，。.!！\s、]|$)"
    rf"|(?<![\u4e00-\u9fff])?([{_SURNAMES}][\u4e00-\u9fff]{{0,2}}?)(先生|女士|小姐|经理|老师|师傅|医生|大夫|店长|阿姨)"
)


def redact(text: str, names: Iterable[str] = ()) -> str:
    """The text with dots in place of what tells who somebody is."""
    text = _MAIL.sub(DOTS, text)
    text = _LINK.sub(DOTS, text)
    text = _ACCOUNT.sub(rf"\1{DOTS}", text)
    text = _HANDLE.sub(DOTS, text)
    text = _STREET.sub(DOTS, text)
    text = _NUMBER.sub(lambda found: found[0] if _DATE.fullmatch(found[0]) else DOTS, text)
    for name in sorted({one.strip() for one in names if len(one.strip()) > 1}, key=len, reverse=True):
        edge = r"\b" if name.isascii() else ""
        text = re.sub(f"{edge}{re.escape(name)}{edge}", DOTS, text, flags=re.IGNORECASE)
    text = _TITLED.sub(rf"\1{DOTS}", text)
    text = _INTRODUCED.sub(rf"\1{DOTS}", text)
    return _CHINESE.sub(lambda found: f"{found[1]}{DOTS}" if found[2] else f"{DOTS}{found[4]}", text)
