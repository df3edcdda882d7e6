"""What the invented shop sells, and when it is bought."""

from __future__ import annotations

from dataclasses import dataclass

# By month: how busy a coffee and tea shop is; December and the gift weeks before it are the height.
BUSY = (0.70, 0.82, 0.86, 0.80, 0.84, 0.72, 0.66, 0.68, 0.84, 0.92, 1.0, 1.0)
# Monday to Sunday.
WEEKDAYS = (0.60, 0.66, 0.72, 0.80, 0.96, 1.0, 0.45)
SEASONS = {
    "": (1.0,) * 12,
    "summer": (0.2, 0.2, 0.4, 0.8, 1.6, 2.6, 3.0, 2.8, 1.4, 0.5, 0.2, 0.2),
    "winter": (2.0, 1.7, 1.1, 0.6, 0.4, 0.3, 0.2, 0.3, 0.9, 1.5, 2.2, 2.6),
    "spring": (0.4, 0.8, 1.8, 2.6, 2.4, 1.2, 0.7, 0.5, 0.5, 0.4, 0.4, 0.4),
    "gifts": (0.3, 0.9, 0.5, 0.6, 1.0, 0.5, 0.4, 0.4, 0.5, 0.8, 2.6, 4.2),
}


@dataclass(frozen=True, slots=True)
class Article:
    sku: str
    name: str
    category: str
    price: str
    popularity: float
    season: str = ""


COFFEE = (
    Article("HL-C01", "Harbour House Blend 250 g", "Coffee", "9.80", 9),
    Article("HL-C02", "Harbour House Blend 1 kg", "Coffee", "33.00", 4),
    Article("HL-C03", "Night Ferry Espresso 250 g", "Coffee", "10.40", 8),
    Article("HL-C04", "Night Ferry Espresso 1 kg", "Coffee", "35.50", 4),
    Article("HL-C05", "Lighthouse Filter 250 g", "Coffee", "11.20", 6),
    Article("HL-C06", "Ethiopia Guji 250 g", "Coffee", "13.90", 5),
    Article("HL-C07", "Colombia Huila 250 g", "Coffee", "12.60", 5),
    Article("HL-C08", "Sumatra Mandheling 250 g", "Coffee", "12.90", 3),
    Article("HL-C09", "Kenya Nyeri 250 g", "Coffee", "14.80", 3),
    Article("HL-C10", "Low Tide Decaf 250 g", "Coffee", "11.60", 3),
    Article("HL-C11", "Yunnan Honey Process 250 g", "Coffee", "13.20", 3),
    Article("HL-C12", "Cold Brew Pouches, 6 pieces", "Coffee", "12.40", 4, "summer"),
    Article("HL-C13", "Winter Roast 250 g", "Coffee", "12.20", 5, "winter"),
    Article("HL-C14", "Panama Geisha 100 g", "Coffee", "24.00", 1),
)
TEA = (
    Article("HL-T01", "Quayside Breakfast 100 g", "Tea", "7.60", 8),
    Article("HL-T02", "Earl Grey with Bergamot 100 g", "Tea", "8.20", 7),
    Article("HL-T03", "Darjeeling First Flush 100 g", "Tea", "14.90", 4, "spring"),
    Article("HL-T04", "Sencha 100 g", "Tea", "11.40", 5),
    Article("HL-T05", "Longjing Before the Rain 50 g", "Tea", "19.80", 3, "spring"),
    Article("HL-T06", "Tieguanyin Oolong 100 g", "Tea", "15.60", 4),
    Article("HL-T07", "Aged Pu-erh 100 g", "Tea", "17.20", 3),
    Article("HL-T08", "Silver Needle 50 g", "Tea", "18.40", 2),
    Article("HL-T09", "Jasmine Pearls 100 g", "Tea", "13.80", 4),
    Article("HL-T10", "Matcha, Ceremonial 30 g", "Tea", "22.50", 4),
    Article("HL-T11", "Rooibos Orange 100 g", "Tea", "7.40", 4),
    Article("HL-T12", "Peppermint 60 g", "Tea", "6.20", 4),
    Article("HL-T13", "Iced Peach Tea 100 g", "Tea", "8.60", 4, "summer"),
    Article("HL-T14", "Masala Chai 100 g", "Tea", "8.40", 5, "winter"),
    Article("HL-T15", "Fireside Spice 100 g", "Tea", "8.80", 4, "winter"),
)
EQUIPMENT = (
    Article("HL-E01", "Pour-over Dripper", "Equipment", "19.90", 2.2),
    Article("HL-E02", "Paper Filters, 100 pieces", "Equipment", "5.90", 5),
    Article("HL-E03", "Hand Grinder", "Equipment", "64.00", 1.1),
    Article("HL-E04", "Gooseneck Kettle", "Equipment", "72.00", 0.8),
    Article("HL-E05", "French Press 0.8 l", "Equipment", "34.00", 1.1),
    Article("HL-E06", "Moka Pot, 3 cups", "Equipment", "29.50", 1.2),
    Article("HL-E07", "Gaiwan, White Porcelain", "Equipment", "23.00", 1),
    Article("HL-E08", "Clay Teapot 0.3 l", "Equipment", "46.00", 0.7),
    Article("HL-E09", "Matcha Whisk", "Equipment", "17.80", 1.1),
    Article("HL-E10", "Tea Strainer", "Equipment", "8.90", 1.8),
    Article("HL-E11", "Cold Brew Bottle", "Equipment", "26.00", 1.3, "summer"),
    Article("HL-E12", "Kitchen Scale with Timer", "Equipment", "39.00", 0.7),
)
GIFTS = (
    Article("HL-G01", "Gift Box: Three Teas", "Gifts", "29.90", 4, "gifts"),
    Article("HL-G02", "Gift Box: Three Coffees", "Gifts", "34.90", 4, "gifts"),
    Article("HL-G03", "Advent Calendar with 24 Teas", "Gifts", "42.00", 2.6, "gifts"),
    Article("HL-G04", "Two Cups, Handmade", "Gifts", "38.00", 1.6, "gifts"),
    Article("HL-G05", "Tasting Evening Ticket", "Gifts", "25.00", 1.6),
    Article("HL-G06", "Voucher 25", "Gifts", "25.00", 2.6, "gifts"),
    Article("HL-G07", "Voucher 50", "Gifts", "50.00", 1.6, "gifts"),
)
TREATS = (
    Article("HL-S01", "Dark Chocolate with Sea Salt", "Treats", "4.80", 5),
    Article("HL-S02", "Oat Biscuits", "Treats", "4.20", 5),
    Article("HL-S03", "Almond Cantuccini", "Treats", "5.60", 3),
    Article("HL-S04", "Candied Ginger", "Treats", "4.60", 2.5),
    Article("HL-S05", "Heather Honey 250 g", "Treats", "7.90", 2.5),
)
USED_UP = {"Coffee", "Tea", "Treats"}  # Categories whose articles are bought again; equipment once.
SUBSCRIPTIONS = (
    Article("HL-A01", "Coffee Subscription, Monthly", "Subscriptions", "24.00", 1),
    Article("HL-A02", "Tea Subscription, Monthly", "Subscriptions", "21.00", 1),
)
ARTICLES = COFFEE + TEA + EQUIPMENT + GIFTS + TREATS + SUBSCRIPTIONS
