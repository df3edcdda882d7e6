"""Designs that attack: each is refused in words or harmless, soon over, and tells nothing of anybody else."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from django.conf import settings

from campaigns import gallery, placeholders
from campaigns.rendering import DesignProblem, Sources, prepare
from crm.models import Customer, CustomField
from tests.campaigns.mails import design
from tests.feedback.surveys import make_survey
from tests.hostile.strings import OWN, injected, public
from tests.people import make_customer

pytestmark = pytest.mark.django_db
OUT = "https://shop.example/u/token"
PLANTED = "Planted-Evelyn-7731"
LEAKED = (PLANTED, "root:x:", "<class", "object at 0x", "&lt;class", "bound method", "sqlite3", "postgres")


def loops(inner: str, *names: str, times: int = 900) -> str:
    for name in names:
        inner = f"{{% for {name} in (1..{times}) %}}{inner}{{% endfor %}}"
    return inner


WALKS = {
    "class": "{{ customer.__class__ }}",
    "class by brackets": '{{ customer["__class__"]["__mro__"][1] }}',
    "subclasses": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals": "{{ customer.first_name.format.__globals__ }}",
    "dictionary": "{{ customer.items }}{{ customer.custom.values }}{{ business.keys }}",
    "model": "{{ customer.objects.all.first.first_name }}",
    "hidden names": "{{ _currency }}{{ _language }}{{ _unsubscribe }}{{ customer._state }}",
    "engine": "{{ self }}{{ context.globals }}{{ template.env }}{{ forloop.parentloop }}",
    "settings": "{{ settings.SECRET_KEY }}{{ request.user.password }}",
    "picked class": "{% assign k = '__class__' %}{{ customer[k] }}",
    "format": "{{ '%s{0.__class__}' | append: customer.first_name }}",
    "time of day": "{{ today.__init__.__globals__ }}{{ today.replace }}",
}
OTHERS = {
    "all customers": "{% for one in customers %}{{ one.email }}{% endfor %}",
    "another customer": "{{ customers[0].first_name }}{{ other.first_name }}",
    "by number": "{% for n in (1..99) %}{{ customer[n] }}{{ customer.custom[n] }}{% endfor %}",
    "own fields of others": "{% for one in customer.custom %}{{ one }}{{ one[1] }}{% endfor %}",
    "relations": "{{ customer.merged_into.first_name }}{{ customer.purchases.first.customer.email }}",
    "people of segments": "{% for one in customer.segments %}{{ one.members }}{% endfor %}",
    "last one's rest": "{{ customer.custom.secret | default: business.last_customer }}",
    "by id": "{{ customer.id }}{{ customer.pk }}{{ customer.public_id }}{{ customer.external_id }}",
}
FILES = {
    "include": "{% include '/etc/passwd' %}",
    "include of a name": "{% include customer.first_name %}",
    "render": "{% render '../../etc/passwd' %}",
    "extends": "{% extends 'base.html' %}{% block x %}{% endblock %}",
    "layout": "{% layout 'base' %}",
    "load": "{% load crm %}{% debug %}",
    "snippet of a path": "{% snippet '../../etc/passwd' %}",
    "macro": "{% macro x %}{% call x %}{% endmacro %}",
    "mj-include": "</mj-text><mj-include path='/etc/passwd' /><mj-text>",
    "mj-include as html": "</mj-text><mj-include path='/etc/passwd' type='html' /><mj-text>",
    "mj-include by code": "</mj-text>{{ '<mj-include path=x />' }}<mj-text>",
    "entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>&a;',
}
LONG = {
    "endless": "{% for n in (1..99999999999) %}x{% endfor %}",
    "nested": loops("x", *"abcd"),
    "backwards": "{% for n in (99999999999..1) reversed %}x{% endfor %}"
    "{% for n in (-99999999..99999999) reversed %}x{% endfor %}",
    "far place": "{% for n in (1..9999999999) offset: 9999999990 limit: 3 %}{{ n }}{% endfor %}",
    "size of a range": "{{ (1..99999999999) | size }}",
    "range as text": "{{ (1..999999999) | append: 'x' | upcase }}",
    "default of a range": "{{ nothing | default: (1..999999999) }}",
    "doubled text": "{% assign s = 'xxxx' %}" + loops("{% assign s = s | append: s %}", "n") + "{{ s }}",
    "captured": "{% capture s %}xxxxxxxx{% endcapture %}"
    + loops("{% capture s %}{{ s }}{{ s }}{% endcapture %}", "n"),
    "doubled by hand": "{% assign a = 'xxxxxxxxxx' %}" + "{% assign a = a | append: a %}" * 60 + "{{ a }}",
    "grown number": "{% assign n = 9 %}" + loops("{% assign n = n | times: n %}", "i") + "{{ n }}",
    "grown fraction": "{% assign n = 1.5 %}"
    + loops("{% assign n = n | times: n %}", "i")
    + "{{ n | money }}",
    "many outputs": loops("{{ customer.first_name }} tea " * 25, "n", times=1000),
    "endless condition": "{% if " + "true and " * 300 + "true %}x{% endif %}",
    "chain of filters": "{{ 'x' " + "| append: 'x' | upcase | escape " * 30 + "}}",
}
ABSURD = {
    "huge truncation": "{{ 'x' | truncate: 99999999999999999999 }}",
    "negative truncation": "{{ 'tea' | truncate: -5, 'y' }}{{ 'tea' | truncate: 'x' }}",
    "huge round": "{{ 3.14159 | round: 999999999 }}{{ 1 | round: -999999999 }}",
    "infinite money": "{{ '1e999999' | money }}{{ 'NaN' | money }}{{ '-Infinity' | money }}",
    "huge exponent": "{{ '1e999999999' | times: 10 }}{{ '1e99999999' | plus: 1 | money }}",
    "divided by nothing": "{{ 0 | divided_by: 0.0 }}{{ 1 | divided_by: nothing }}",
    "date of anything": "{{ '9999999-99-99' | date: 'full' }}{{ 'x' | date: '%n%n%n' }}",
    "too many arguments": "{{ 'x' | upcase: 1, 2, 3, 4 }}",
    "named arguments": "{{ 1 | money: context: 1, self: 2 }}",
    "replaced by itself": "{{ 'aaaaaaaa' | replace: 'a', 'aaaaaaaaaaaaaaaa' }}",
    "joined split": "{{ '1,2' | split: ',' | join: 'x' | map: '__class__' }}",
}
BROKEN = {
    "never closed": "{% if customer.city %}x",
    "closed too much": "x{% endif %}{% endfor %}",
    "crossed": "{% if true %}{% for n in (1..2) %}{% endif %}{% endfor %}",
    "half a code": "{{ customer.first_name | ",
    "raw": "{% raw %}{{ x }}{% endraw %}",
    "liquid in liquid": "{{ '{{ customer.email }}' }}{{ '{% include x %}' }}",
    "deep blocks": "{% if true %}" * 400 + "{% endif %}" * 400,
    "deep brackets": "{{ customer" + "[customer" * 90 + "]" * 90 + " }}",
    "deep tags": "<b>" * 3000 + "</b>" * 3000,
    "unknown tag": "{% exec 'rm -rf /' %}{{ `id` }}",
    "nothing": "{{ }}{% %}",
    "control signs": "\x00\x01\ufffe{{ 'a\x00b' }}\ue0001\ue002\ue000h\ue002",
    "marks of ours": "ckliquid0ckend{{ customer.city }}ckliquid99999999999ckend",
}
HOSTILE = {**WALKS, **OTHERS, **FILES, **LONG, **ABSURD, **BROKEN}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_design_is_refused_in_words_or_tells_nothing(shop, name):
    CustomField.objects.create(key="secret", label="Secret")
    make_customer(first_name=PLANTED, email="planted-evelyn-7731@example.com", custom={"secret": PLANTED})
    reader = make_customer(first_name="Ada", email="ada@example.com", custom={})
    values = placeholders.Values(shop).of(reader, OUT)
    code, began, shown = HOSTILE[name], time.process_time(), ""

    for written in (
        Sources("Tea", design(code)),
        Sources(code, design("tea"), code),
        Sources("Tea", design("x"), "", code),
    ):
        try:
            mail = prepare(written).render(values)
        except DesignProblem as problem:
            said = str(problem)
            assert 10 < len(said) < 500
            shown += said
        else:
            shown += mail.subject + mail.html + mail.text
            assert "\n" not in mail.subject

    assert time.process_time() - began < 2
    assert not [one for one in (*LEAKED, settings.SECRET_KEY) if one.lower() in shown.lower()]
    assert len(shown) < 6_000_000


def test_the_parts_of_a_mail_share_one_clock(shop, monkeypatch):
    monkeypatch.setattr("campaigns.rendering.liquid.SECONDS", 0.3)
    slow = loops("{% assign a = 'abc' | upcase | downcase %}" * 60, "n", times=1000)
    values = placeholders.Values(shop).of(placeholders.sample_customer(), OUT)
    mail, began = prepare(Sources(slow, design(slow), "", slow)), time.monotonic()

    with pytest.raises(DesignProblem, match="too long"):
        mail.render(values)

    assert time.monotonic() - began < 0.8


def test_there_are_at_least_fifty_of_them():
    assert len(HOSTILE) >= 50


PLACES = """<mjml><mj-head><mj-style>p { color: {{ customer.city }} }</mj-style></mj-head><mj-body>
<mj-section css-class="{{ customer.city }}"><mj-column>
<mj-image src="https://x.example/{{ customer.city }}.png" alt="{{ customer.first_name }}" />
<mj-button href="{{ customer.city }}">{{ customer.first_name }}</mj-button>
<mj-text><a href='{{ customer.city }}'
title='{{ customer.first_name }}'>{{ customer.last_name }}</a></mj-text>
<mj-raw><div style='color:{{ customer.city }}'
title='{{ customer.first_name }}'>{{ customer.name }}</div></mj-raw>
<mj-raw><a href='{{ customer.city }}'>x</a><a href="{{ customer.city }}">x</a></mj-raw>
</mj-column></mj-section></mj-body></mjml>"""


class Shape(HTMLParser):
    """The tags of a mail with the names of their attributes, in order; comments count as well."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(" ".join([tag, *(name for name, _value in attrs)]))

    def handle_endtag(self, tag):
        self.tags.append(f"/{tag}")

    def handle_comment(self, data):
        self.tags.append("!")

    handle_decl = handle_pi = unknown_decl = handle_comment


def test_no_value_of_a_customer_becomes_a_part_of_any_design(shop):
    texts = OWN + [text for text in public() if text and "\0" not in text]
    survey = make_survey()
    values = placeholders.Values(shop, survey=survey)
    shipped = [gallery.shipped()[f"{name}.en"] for name in ("win_back", "feedback")]
    designs = [prepare(Sources("For {{ customer.name }} {{ customer.city }}", PLACES, "{{ customer.name }}"))]
    designs += [
        prepare(Sources(one.subject + " {{ customer.name }}", one.mjml, one.preheader)) for one in shipped
    ]
    known = [mail.render(of(values, "Ada")) for mail in designs]

    for number, text in enumerate(texts):
        person = of(values, text)
        for mail, plain in zip(designs, known, strict=True):
            shown = mail.render(person)
            for sign in "<>\"'":
                assert shown.html.count(sign) == plain.html.count(sign), (text, sign)
            assert shown.subject.isprintable() or len(shown.subject.splitlines()) == 1, text
            if number < len(OWN) and mail is not designs[1]:
                assert Shape(shown.html).tags == Shape(plain.html).tags, text
                assert injected(shown.html, allowed=frozenset({"b"})) == [], text


def of(values, text):
    reader = Customer(
        pk=7, first_name=text[:80], last_name=text[:80], city=text[:80], email="ada@example.com"
    )
    return values.of(reader, OUT)
