"""Building a large survey: 60 questions, 30 rules, 5 languages, many answers; the slowest page and change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from statistics import median
from typing import Any

from django.forms import Form
from django.test import Client
from django.utils import timezone

from crm import bulk
from crm.models import Business, User
from feedback import invitations
from feedback.forms.editing import SurveyForm
from feedback.forms.endings import ending_forms
from feedback.forms.questions import QuestionForm
from feedback.models import Answer, Question, Survey

QUESTIONS, RULES = 60, 30
ANSWERS = 100_000
ROUNDS = 7
LIMIT = 300
LANGUAGES = ("en", "zh-hans", "de", "fr", "ar")
KINDS = ("single", "text", "multi", "rating", "matrix", "nps", "ranking", "date")
CHOICES = {"single": 6, "multi": 8, "matrix": 5, "ranking": 5}


def figures(size: str) -> Iterator[dict[str, Any]]:
    Business.objects.filter(pk=Business.current().pk).update(set_up_at=timezone.now())
    survey = _survey()
    _answer(survey)
    owner = User.objects.create_user("bench@example.com", "bench", role=User.Role.OWNER)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    took = {name: 1000 * median(_seconds(ask) for _ in range(ROUNDS)) for name, ask in _asks(client, survey)}
    for name, value in sorted(took.items(), key=lambda pair: -pair[1])[:5]:
        yield {"name": f"builder_{name}", "value": round(value), "unit": "ms", "limit": LIMIT}
    yield {"name": "builder", "value": round(max(took.values())), "unit": "ms", "limit": LIMIT}


def _asks(client: Client, survey: Survey) -> Iterator[tuple[str, Callable[[], int]]]:
    """Every page of the builder, and every change that is made there."""
    home, question = f"/feedback/{survey.slug}/", f"/feedback/{survey.slug}/questions/"
    pages = {
        "list": "/feedback/",
        "edit": f"{home}edit/",
        "endings": f"{home}endings/",
        "share": f"{home}share/",
        "preview": f"{home}preview/",
        "versions": f"{home}versions/",
        "answered_question": f"{question}q29/",
        "last_question": f"{question}q58/",
        "matrix": f"{question}q52/",
        "remove_page": f"{question}q58/remove/",
        "new_question": f"{question}new/?kind=matrix",
        "test_page": f"/s/{invitations.test_token(survey.pk)}",
    }
    for name, path in pages.items():
        yield name, lambda path=path: client.get(path).status_code  # type: ignore[misc]
    forms: dict[str, tuple[str, Sequence[Form]]] = {
        "edit": (pages["edit"], [SurveyForm(survey=survey, shop="Tea")]),
        "endings": (pages["endings"], ending_forms(survey, None)),
        "question": (pages["last_question"], [QuestionForm(question=survey.questions.get(key="q58"))]),
    }
    for name, (path, filled) in forms.items():
        sent = _filled(filled)
        yield f"{name}_saved", lambda path=path, sent=sent: client.post(path, sent).status_code  # type: ignore[misc]
    yield (
        "moved",
        lambda: client.post(f"{question}q40/move/", {"to": "up"}, HTTP_HX_REQUEST="true").status_code,
    )


def _filled(forms: Sequence[Form]) -> dict[str, Any]:
    """What a browser would send when nothing was changed."""
    fields = {one.html_name: one.value() for form in forms for one in form}
    return {
        name: "on" if value is True else value for name, value in fields.items() if value not in (None, False)
    }


def _survey() -> Survey:
    said = {"question": "Would you?", "comment": "Why?", "thanks": "Thanks!"}
    ending = {"from": 9, "to": 10, "texts": {"en": {"title": "Thanks"}}, "url": "https://tea.example/"}
    survey = Survey.objects.create(
        slug="large",
        name="Large",
        languages=list(LANGUAGES),
        texts=dict.fromkeys(LANGUAGES, said),
        endings=[ending],
    )
    Question.objects.bulk_create(_question(survey, at) for at in range(QUESTIONS))
    return survey


def _question(survey: Survey, at: int) -> Question:
    kind = "section" if at % 10 == 9 else KINDS[at % len(KINDS)]
    said = {
        "label": f"What do you think of the part with the number {at} of our shop?",
        "choices": [f"Choice {n} of {at}" for n in range(CHOICES.get(kind, 0))],
        "hint": "Say it as it is.",
    }
    if kind == "matrix":
        said["rows"] = [f"Row {n}" for n in range(6)]
    earlier = (
        {"of": f"q{at - at % 8}", "op": "is", "value": 1}
        if at % 8
        else {"of": "score", "op": "at_most", "value": 6}
    )
    has_rule = at % 2 == 1 and at // 2 < RULES
    return Question(
        survey=survey, key=f"q{at}", kind=kind, position=at, texts=dict.fromkeys(LANGUAGES, said),
        show_if={"any": [earlier, {"of": "score", "op": "at_least", "value": 9}]} if has_rule else {},
    )  # fmt: skip


def _answer(survey: Survey) -> None:
    """Many answered the first half, nobody the last questions."""
    at, values = (
        timezone.now().astimezone(UTC).isoformat(sep=" "),
        bulk.json_text({f"q{n}": 1 for n in range(30)}),
    )
    rows = (
        {"survey_id": survey.pk, "key": f"b:{n}", "score": n % 11, "values": values, "answered_at": at}
        for n in range(ANSWERS)
    )
    bulk.write_full(Answer, rows)


def _seconds(ask: Callable[[], int]) -> float:
    began = time.perf_counter()
    code = ask()
    assert code in (200, 302), code
    return time.perf_counter() - began
