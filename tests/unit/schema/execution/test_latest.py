from __future__ import annotations

from app.schema.execution.latest import Latest


def kept(room: int, *values: tuple[str, int]) -> Latest[str, str]:
    latest: Latest[str, str] = Latest(room)
    for key, takes in values:
        latest.keep(key, key.upper(), takes)
    return latest


def test_what_is_kept_is_found_by_its_key() -> None:
    latest = kept(100, ("a", 10))
    assert (latest.get("a"), latest.get("b")) == ("A", None)


def test_what_was_not_used_for_longest_makes_room() -> None:
    latest = kept(100, *((letter, 10) for letter in "abcdefghij"))
    latest.get("a")
    latest.keep("k", "K", 10)
    assert list(latest) == list("cdefghijak")


def test_what_would_take_a_large_part_of_the_room_is_not_kept() -> None:
    assert list(kept(100, ("a", 10), ("b", 11))) == ["a"]


def test_as_many_are_let_go_as_there_must_be() -> None:
    latest = kept(100, *((letter, 10) for letter in "abcdefghi"), *((letter, 1) for letter in "lmnopqrst"))
    latest.keep("z", "Z", 10)
    assert list(latest) == [*"bcdefghi", *"lmnopqrst", "z"]
