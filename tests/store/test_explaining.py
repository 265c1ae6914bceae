"""What a read is in each store, told without values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.search.algebra import And, Eq, Facet, Search
from tests.store.kinds import KEEPING
from tests.store.toy import named, write

if TYPE_CHECKING:
    from app.store.repository import Repository, Statement

SECRET = "Dupont-Secret"
EXPLAINING = tuple(kind for kind in KEEPING if kind != "mongomock")
READS: list[tuple[str, tuple[Any, ...]]] = [
    ("read", (["p1", SECRET],)),
    ("read", ([SECRET], frozenset({"name"}))),
    ("heads", (["p1"],)),
    ("version", (SECRET,)),
    ("history", ("p1", 10)),
    ("search", (Search(Eq("family", SECRET)),)),
    ("count", (Eq("family", SECRET),)),
    ("tally", (And((Eq("family", SECRET),)), [Facet("family")])),
]


def told(statements: list[Statement]) -> str:
    return "\n".join([*(each.text for each in statements), *(step for each in statements for step in each.plan)])


@pytest.mark.parametrize("open_store", EXPLAINING, indirect=True)
@pytest.mark.parametrize(("method", "arguments"), READS, ids=[name for name, _ in READS])
async def test_a_read_is_told_in_the_words_of_the_store(
    store: Repository, method: str, arguments: tuple[Any, ...]
) -> None:
    await store.write([write("p1", named(SECRET))])
    statements = list(await store.explain(method, "Patient", *arguments))
    assert statements
    assert SECRET.lower() not in told(statements).lower()


@pytest.mark.parametrize("open_store", ["sqlite file", "sqlite memory"], indirect=True)
async def test_the_index_of_a_search_is_named(store: Repository) -> None:
    statements = list(await store.explain("search", "Patient", Search(Eq("family", "x"))))
    assert "USING COVERING INDEX value_term" in told(statements)


@pytest.mark.parametrize("open_store", ["sqlite file", "sqlite memory"], indirect=True)
async def test_the_store_answers_as_before_when_it_has_explained(store: Repository) -> None:
    await store.write([write("p1", named("A"))])
    await store.explain("search", "Patient", Search())
    assert len((await store.search("Patient", Search())).rows) == 1
    assert await store.count("Patient", And()) == 1
