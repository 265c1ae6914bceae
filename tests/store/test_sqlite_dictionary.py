"""Numbers for texts and keys for resources: what is remembered is what the tables have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.store.sqlite.dictionary import Dictionary
from app.store.sqlite.file import open_writer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import apsw


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[apsw.Connection]:
    connection = open_writer(tmp_path)
    yield connection
    connection.close()


def terms(connection: apsw.Connection) -> dict[str, int]:
    """The terms that the table has."""
    return dict(connection.execute("SELECT text, number FROM term"))


def test_a_text_has_one_number_under_a_parameter(connection: apsw.Connection) -> None:
    dictionary = Dictionary(connection)
    numbers = [dictionary.term(*each) for each in ((1, "a"), (1, "b"), (2, "a"), (1, "a"))]
    assert len(set(numbers)) == 3
    assert numbers[0] == numbers[3]


def test_a_number_that_was_given_before_is_found_again(connection: apsw.Connection) -> None:
    first = Dictionary(connection)
    given = first.term(1, "a"), first.key("Patient", "p1")
    again = Dictionary(connection)
    assert (again.term(1, "a"), again.key("Patient", "p1")) == given


def test_a_number_that_a_transaction_took_back_is_not_remembered(connection: apsw.Connection) -> None:
    dictionary = Dictionary(connection)
    connection.execute("BEGIN IMMEDIATE")
    dictionary.begin()
    dictionary.term(1, "lost")
    connection.execute("ROLLBACK")
    connection.execute("BEGIN IMMEDIATE")
    dictionary.begin()
    other, lost = dictionary.term(1, "other"), dictionary.term(1, "lost")
    connection.execute("COMMIT")
    assert terms(connection) == {"other": other, "lost": lost}


def test_what_another_connection_has_changed_is_asked_again(connection: apsw.Connection, tmp_path: Path) -> None:
    dictionary = Dictionary(connection)
    dictionary.begin()
    dictionary.term(1, "a")
    other = open_writer(tmp_path)
    other.execute("DELETE FROM term; INSERT INTO term VALUES (7, 1, 'b'), (8, 1, 'a')")
    other.close()
    dictionary.begin()
    assert (dictionary.term(1, "a"), dictionary.term(1, "b")) == (8, 7)
