"""Names and places for invented people; telephone numbers come from ranges kept free for fiction."""

from __future__ import annotations

from dataclasses import dataclass

WOMEN = "Alice Amelia Beth Chloe Clare Daisy Eleanor Emma Fiona Grace Hannah Isla Jane Kate Laura Lucy Megan"
WOMEN += " Nora Olivia Poppy Rose Sarah Zoe"
MEN = "Adam Aidan Ben Callum Daniel Edward Finn George Harry Ian Jack James Kevin Liam Mark Nathan Oliver"
MEN += " Patrick Peter Ryan Sean Thomas Will"
FAMILIES = (
    "Ashdown Barlow Byrne Carver Coleman Dalton Doyle Ellery Fairfax Fletcher Gallagher Greaves Hartley"
)
FAMILIES += (
    " Hollis Ingram Jarvis Keane Kendall Larkin Lowell Marlow Merrick Norris Oakley Penrose Quinn Radley"
)
FAMILIES += " Redmond Sawyer Selby Sherwood Tansley Thorne Underhill Vickers Walsh Weston Whitby Wren Yates"
ENGLISH_FIRST = (*((name, "female") for name in WOMEN.split()), *((name, "male") for name in MEN.split()))
ENGLISH_LAST = FAMILIES.split()
# Characters with their spelling in Latin letters, for the mail address.
CHINESE_FIRST = (
    *(
        ("静", "jing", "female"),
        ("敏", "min", "female"),
        ("丽华", "lihua", "female"),
        ("雨桐", "yutong", "female"),
    ),
    *(("欣怡", "xinyi", "female"), ("梓涵", "zihan", "female"), ("佳宁", "jianing", "female")),
    *(("思远", "siyuan", "male"), ("伟", "wei", "male"), ("强", "qiang", "male"), ("浩然", "haoran", "male")),
    *(
        ("子轩", "zixuan", "male"),
        ("建国", "jianguo", "male"),
        ("明", "ming", "male"),
        ("晓东", "xiaodong", "male"),
    ),
    *(("雪", "xue", "female"), ("志强", "zhiqiang", "male"), ("婷婷", "tingting", "female")),
)
CHINESE_LAST = (
    *(
        ("王", "wang"),
        ("李", "li"),
        ("张", "zhang"),
        ("刘", "liu"),
        ("陈", "chen"),
        ("杨", "yang"),
        ("赵", "zhao"),
    ),
    *(
        ("黄", "huang"),
        ("周", "zhou"),
        ("吴", "wu"),
        ("徐", "xu"),
        ("孙", "sun"),
        ("林", "lin"),
        ("何", "he"),
    ),
    *(("欧阳", "ouyang"), ("郭", "guo"), ("罗", "luo"), ("高", "gao"), ("郑", "zheng"), ("谢", "xie")),
)
EUROPEAN = {
    "de": (
        (
            ("Anna", "female"),
            ("Jürgen", "male"),
            ("Lena", "female"),
            ("Matthias", "male"),
            ("Sabine", "female"),
        ),
        ("Brandt", "Förster", "Kühn", "Lindner", "Vogt", "Weiß"),
    ),
    "fr": (
        (("Camille", "female"), ("Élodie", "female"), ("Hugo", "male"), ("Luc", "male"), ("Inès", "female")),
        ("Besson", "Carpentier", "Lefèvre", "Marchand", "Rousselle"),
    ),
    "es": (
        (("Lucía", "female"), ("Íñigo", "male"), ("Marta", "female"), ("Pablo", "male")),
        ("Ibáñez", "Navarro", "Ortega", "Peñalver"),
    ),
    "pl": (
        (("Agnieszka", "female"), ("Michał", "male"), ("Zofia", "female"), ("Paweł", "male")),
        ("Dąbrowska", "Lis", "Wójcik", "Zając"),
    ),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where people live; `phone` holds # for digits inside a range that belongs to nobody."""

    country: str
    city: str
    language: str
    weight: float
    phone: str = ""


PLACES = (
    Place("Ireland", "Dublin", "en", 24, "020 91# ####"),
    Place("Ireland", "Cork", "en", 9, "020 91# ####"),
    Place("Ireland", "Galway", "en", 7, "020 91# ####"),
    Place("United Kingdom", "Belfast", "en", 6, "+44 7700 900###"),
    Place("United Kingdom", "Liverpool", "en", 6, "+44 7700 900###"),
    Place("United Kingdom", "London", "en", 8, "+44 7700 900###"),
    Place("United States", "Boston", "en", 4, "+1 617 555 01##"),
    Place("Australia", "Melbourne", "en", 2),
    Place("China", "Shanghai", "zh-hans", 7),
    Place("China", "Hangzhou", "zh-hans", 4),
    Place("China", "Xiamen", "zh-hans", 3),
    Place("Singapore", "Singapore", "zh-hans", 4),
    Place("Germany", "Hamburg", "de", 5, "+49 171 39200##"),
    Place("Germany", "Bremen", "de", 2, "+49 171 39200##"),
    Place("France", "Nantes", "fr", 4, "+33 6 39 98 ## ##"),
    Place("Spain", "Bilbao", "es", 3),
    Place("Poland", "Gdańsk", "pl", 3),
)
