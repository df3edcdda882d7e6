"""Texts that attack whoever shows, stores, mails or exports them, and how to see that one got through."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

from tests.reference import NAUGHTY

SCRIPTS = [
    "<script>window.__hacked=1</script>",
    "</script><script>window.__hacked=1</script>",
    "</textarea><img src=x onerror=window.__hacked=1>",
    "</title></option></select><svg onload=window.__hacked=1>",
    '" onmouseover=window.__hacked=1 autofocus onfocus=window.__hacked=1 x="',
    "' onfocus='window.__hacked=1' autofocus '",
    "`-window.__hacked--`",
    "javascript:window.__hacked=1",
    '<a href="javascript:window.__hacked=1">tea</a>',
    "<iframe srcdoc='<script>parent.__hacked=1</script>'></iframe>",
    "<ck-evil hx-get='/sign-out/' hx-trigger='load'>",
    "<!--<img src='--><img src=x onerror=window.__hacked=1>",
    "&lt;script&gt;window.__hacked=1&lt;/script&gt;",
    "\\u003cscript\\u003ewindow.__hacked=1\\u003c/script\\u003e",
    "];window.__hacked=1;//",
]
TEMPLATES = [
    "{{ settings.SECRET_KEY }}",
    "{% debug %}",
    "{% load crm %}{{ user.password }}",
    "{{ 7 | times: 6 }}",
    "{{ customer.email }}",
    "{% raw %}{{ x",
    "{% endif %}",
    "{{",
    "}}",
    "{%",
    "%(name)s",
    "%s%d%n",
    "%",
    "${7*6}",
    "{0.__class__}",
    "<mj-raw><script>window.__hacked=1</script></mj-raw>",
    "</mj-text><mj-image src='x' />",
    "<mj-include path='/etc/passwd' />",
]
HEADERS = [
    "Tea\r\nBcc: everybody@evil.example",
    "Tea\nX-Evil: 1",
    "Tea\rSubject: 2",
    "Tea\u2028X-Evil: 1",
    "a\x0bb\x0cc",
    "=?utf-8?b?QmNjOg==?=",
    "Ada <ada@evil.example>",
    '"Ada" , eve@evil.example',
    "Ada (",
    "ada;eve:",
]
FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "＝1+1",
    "＋1+1",
    "＠SUM(1)",
    "－1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example","tea")',
    "'=1+1",
    "-2+3+cmd|' /C calc'!A0",
    "tea;=1+1",
    "tea; +1+1;@SUM(1)",
    "tea\n=1+1",
    "';'=1+1",
]
SIGNS = [
    "\u202egnihsif",
    "\u2066tea\u2069",
    "te\u200ba",
    "\ufeff",
    "\u200b",
    "👩‍👩‍👧‍👦 家",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "Z̸̡̢a̷̧͓l̶̨̛g̵̢͝o̴̡͌",
    "e\u0301",
    "é",
    "ﷺ",
    "ẞß",
    "İi̇ı",
    "²³٣",
    "𝕿𝖊𝖆",
    "\ue000",
    "\ufffd",
    "\ufffe\uffff",
    "\U0010ffff",
    "\x7f\x1b[31m",
    "null",
    "undefined",
    "NaN",
    "None",
    "0",
    "-1",
    "1e999",
    "true",
    "[]",
    "{}",
    "\\",
    '"',
    "'",
    "`",
    ";",
    ",",
    "a;b",
    "a,b",
    "a|b",
]
STORES = [
    "Robert'); DROP TABLE crm_customer;--",
    "' OR 1=1 --",
    "%' OR '%'='",
    "_",
    "%%",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "file:///etc/passwd",
    "con",
    "a/b",
    "/",
    "?x=1&y=2#z",
    "x" * 5000,
    "永" * 3000,
]
OWN = SCRIPTS + TEMPLATES + HEADERS + FORMULAS + SIGNS + STORES
UNKEEPABLE = ["a\0b", "\0"]  # No database takes them; forms and files come without.


def public() -> list[str]:
    """The public list, where it lies beside the checkout; [] elsewhere."""
    return json.loads(NAUGHTY.read_text(encoding="utf-8")) if NAUGHTY.exists() else []


class Injected(HTMLParser):
    """Elements and attributes that no page of ours has: somebody's text became part of the page."""

    STRANGE = frozenset({
        "ck-evil", "object", "embed", "applet", "marquee", "bgsound", "base", "layer", "xss", "plaintext",
        "frameset", "math", "isindex", "xml", "blink", "comment", "foo", "b", "mj-raw", "mj-image",
    })  # fmt: skip

    def __init__(self, allowed: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.found: list[str] = []
        self.strange = self.STRANGE - allowed
        self.script: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        wrong = [name for name in held if name.startswith("on") or name == "srcdoc" or not name.isprintable()]
        wrong += [
            name
            for name in ("href", "src", "action", "formaction", "hx-get", "hx-post")
            if (held.get(name) or "")
            .strip("\x00\x01\t\n\r ")
            .lower()
            .startswith(("javascript:", "data:text"))
        ]
        if tag in self.strange or wrong:
            self.found.append(f"<{tag} {wrong}> at {self.getpos()}")
        if tag == "script" and not held.get("src"):
            self.script = [held.get("type") or ""]

    def handle_data(self, data: str) -> None:
        if self.script is not None:
            self.script.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self.script is not None:
            kind, text = self.script[0], "".join(self.script[1:])
            if kind == "application/json":
                json.loads(text)
            elif text.strip():
                self.found.append(f"<script> {text[:60]!r}")
            self.script = None


def injected(html: str, *, allowed: frozenset[str] = frozenset()) -> list[str]:
    reader = Injected(allowed)
    reader.feed(html)
    reader.close()
    return reader.found


def formulas_in_csv(text: str) -> list[str]:
    """Cells that a spreadsheet would calculate, whatever blank or wide sign stands before.

    Excel parts cells at commas or at semicolons, as the country of its user has it.
    """
    return [
        cell
        for sign in ",;"
        for line in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=sign)
        for cell in line
        if is_formula(cell)
    ]


def is_formula(cell: str) -> bool:
    bare = cell.lstrip(" \t\r\n\u00a0\u200b\ufeff\u200e\u202e\u2066")
    return bare.startswith(tuple("=+-@＝＋－＠")) and not re.fullmatch(r"[-－][\d.,\s]*", bare)
