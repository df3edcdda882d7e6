from __future__ import annotations

from django.utils import translation

from segments.lapse import notes as lapse_notes
from segments.value import notes as value_notes


def test_notes_write_days_and_numbers_as_the_reader_does():
    old = [value_notes.note("old", day="2011-02-28")]
    short = [lapse_notes.note("short", first="2010-12-01", days=90)]
    few = [lapse_notes.note("differs", expected=12345, actual=9876)]

    english = [*value_notes.in_words(old), *lapse_notes.in_words(short), *lapse_notes.in_words(few)]
    with translation.override("zh-hans"):
        chinese = [*value_notes.in_words(old), *lapse_notes.in_words(short), *lapse_notes.in_words(few)]

    assert "The last sale was on 28 Feb 2011;" in english[0]
    assert "begin on 1 Dec 2010:" in english[1]
    assert "stay away 12,345, stayed away 9,876." in english[2]
    assert "2011年2月28日" in chinese[0]
    assert "2010年12月1日" in chinese[1]
    assert "12,345" in chinese[2]
    assert "9,876" in chinese[2]
