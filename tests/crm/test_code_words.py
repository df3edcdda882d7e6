"""Codes of customers in words: languages and genders, in both languages of the pages."""

from __future__ import annotations

import pytest
from django.utils import translation

from crm import code_words


@pytest.mark.parametrize(
    ("column", "value", "english", "chinese"),
    [
        ("language", "en", "English", "英语"),
        ("language", "zh-hans", "Chinese (Simplified)", "中文 (简体)"),
        ("language", "pt_BR", "Portuguese (Brazil)", "葡萄牙语 (巴西)"),
        ("language", "Klingon, low", "Klingon, low", "Klingon, low"),
        ("language", "xx", "xx", "xx"),
        ("gender", "female", "Female", "女"),
        ("gender", " M ", "Male", "男"),
        ("gender", "agender", "agender", "agender"),
        ("city", "en", "en", "en"),
    ],
)
def test_a_code_is_said_in_the_readers_language(column: str, value: str, english: str, chinese: str) -> None:
    assert code_words.said(column, value) == english
    with translation.override("zh-hans"):
        assert code_words.said(column, value) == chinese
