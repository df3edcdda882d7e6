"""Help articles of the invented shop, in both languages."""

from __future__ import annotations

from datetime import datetime

from crm.knowledge import writing
from crm.models import Article, HelpCategory

CATEGORIES = {
    "delivery": {"en": "Delivery", "zh-hans": "配送"},
    "returns": {"en": "Returns and damage", "zh-hans": "退货与破损"},
    "tea": {"en": "Tea at home", "zh-hans": "在家喝茶"},
}
ARTICLES = [
    (
        "delivery",
        "How long does delivery take?",
        "Parcels leave us on the day after your order, Monday to Friday.\n\n"
        "- **Ireland:** 1 to 2 working days\n- **Europe:** 3 to 5 working days\n"
        "- **Elsewhere:** 7 to 14 days\n\n"
        "You get a mail with the tracking number when your parcel leaves.",
        "配送需要多长时间？",
        "我们在您下单后的下一个工作日发货（周一至周五）。\n\n"
        "- **爱尔兰：** 1 至 2 个工作日\n- **欧洲：** 3 至 5 个工作日\n- **其他地区：** 7 至 14 天\n\n"
        "包裹发出后，您会收到带有快递单号的邮件。",
    ),
    (
        "delivery",
        "What does delivery cost?",
        "Delivery costs €4.90 in Ireland and €8.90 in Europe. It is free for orders of €50 and more.",
        "运费是多少？",
        "爱尔兰境内运费 4.90 欧元，欧洲 8.90 欧元。订单满 50 欧元免运费。",
    ),
    (
        "returns",
        "My cup arrived broken",
        "We are sorry! Write to us within 14 days and send a picture of the cup and the box.\n\n"
        "We send a new one or give the money back, as you like. You need not send the pieces.",
        "收到的茶杯破损了怎么办？",
        "非常抱歉！请在 14 天内联系我们，并附上茶杯和包装盒的照片。\n\n"
        "我们会补发新的，或者全额退款，由您选择。碎片无需寄回。",
    ),
    (
        "returns",
        "How do I return something?",
        "You have 30 days. Tea must be unopened; cups and pots unused.\n\n"
        "1. Write to us with the number of your order.\n2. We send you a label.\n"
        "3. The money is back within 5 days after the parcel arrived.",
        "如何退货？",
        "您可以在 30 天内退货。茶叶须未开封，杯具和茶壶须未使用。\n\n"
        "1. 把订单号发给我们。\n2. 我们会寄给您退货标签。\n3. 收到包裹后 5 天内退款。",
    ),
    (
        "tea",
        "How do I store tea?",
        "Dry, dark and away from spices. A closed tin keeps green tea fresh for a year, black tea for two.",
        "茶叶怎么保存？",
        "避光、干燥，远离香料。密封的茶罐可让绿茶保鲜一年，红茶两年。",
    ),
]


def make_articles(now: datetime) -> None:
    shelves = {
        slug: HelpCategory.objects.create(slug=f"demo-{slug}", names=names, position=at, is_demo=True)
        for at, (slug, names) in enumerate(CATEGORIES.items())
    }
    for position, (slug, title, body, title_zh, body_zh) in enumerate(ARTICLES):
        article = Article(
            category=shelves[slug],
            state=Article.State.PUBLISHED,
            position=position,
            created_at=now,
            is_demo=True,
        )
        writing.save(article, {"en": (title, body), "zh-hans": (title_zh, body_zh)}, by=None, at=now)


def remove_articles() -> None:
    """A category goes when nothing of the shop’s own stands in it."""
    Article.objects.filter(is_demo=True).delete()
    HelpCategory.objects.filter(is_demo=True, articles=None).delete()
    HelpCategory.objects.filter(is_demo=True).update(is_demo=False)
