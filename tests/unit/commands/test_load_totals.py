from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from app.commands.load_totals import Mark, Totals, show_totals, totals_line
from app.errors import RequestError
from app.fhir.json import decode
from app.search.index import search_index
from app.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(None, search_index())
    await opened.open()
    yield opened
    await opened.close()


def some() -> Totals:
    totals = Totals(resources=3, rejects={"/r": 12})
    totals.count("Patient", stored=True, warned=True)
    totals.count("", refused=2)
    return totals


async def test_what_was_noted_is_found_again_by_another_process(store: SqliteStore) -> None:
    mark = Mark(store, "files")
    assert await mark.found() is None
    await mark.note(some())
    assert await Mark(store, "files").resumed() == some()


async def test_other_files_begin_at_the_beginning(store: SqliteStore) -> None:
    mark = Mark(store, "files")
    await mark.found()
    await mark.note(some())
    assert await Mark(store, "other files").resumed() == Totals()


async def test_a_load_from_a_pipe_cannot_be_resumed_and_notes_nothing(store: SqliteStore) -> None:
    mark = Mark(store, None)
    await mark.note(some())
    assert await mark.found() is None
    with pytest.raises(RequestError, match="--resume"):
        await mark.resumed()


def test_the_line_of_json_has_sums_and_types() -> None:
    told = decode(totals_line(some(), 2.0, "/r"))
    assert (told["stored"], told["refused"], told["warned"], told["rejects"]) == (1, 2, 1, "/r")
    assert told["types"]["Patient"] == {"stored": 1, "same": 0, "refused": 0, "warned": 1}


@pytest.mark.parametrize(("language", "closing"), [("en", "1 stored, 0 already"), ("fr", "1 enregistrées, 0 déjà")])
def test_the_table_has_a_line_for_each_type_and_a_closing_line(language: str, closing: str) -> None:
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        show_totals(console, some(), 1.0, 3, language)
    assert "Patient" in capture.get()
    assert closing in capture.get()
