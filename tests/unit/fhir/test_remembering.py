from __future__ import annotations

from itertools import count

from app.fhir.remembering import LONGEST, remembered, remembered_pair


def test_an_answer_is_kept() -> None:
    answers = count(1)
    read = remembered(lambda _: next(answers))

    assert (read("a"), read("b"), read("a")) == (1, 2, 1)


def test_an_answer_to_two_texts_is_kept() -> None:
    answers = count(1)
    read = remembered_pair(lambda _, __: next(answers))

    assert (read("a", "b"), read("b", "a"), read("a", "b")) == (1, 2, 1)


def test_a_long_text_is_not_kept() -> None:
    answers = count(1)
    one, two = remembered(lambda _: next(answers)), remembered_pair(lambda _, __: next(answers))
    long = "x" * LONGEST

    assert (one(long + "x"), one(long + "x")) == (1, 2)
    assert (two(long, "x"), two(long, "x")) == (3, 4)
