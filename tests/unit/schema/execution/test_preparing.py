"""What is kept of documents, and what their errors cost. How much is kept is a matter of memory, not of behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.schema.execution import preparing
from app.schema.execution.latest import Latest
from tests.builders import patient

if TYPE_CHECKING:
    from tests.conftest import Product, Start


@pytest.fixture
async def product(start: Start) -> Product:
    found = await start(patient())
    found.schema.preparing.documents = Latest(preparing.ROOM)
    found.schema.preparing.operations = Latest(preparing.ROOM)
    return found


def kept(product: Product) -> tuple[int, int]:
    """How many documents are kept, and how many plans."""
    prepared = product.schema.preparing
    return len(list(prepared.documents)), len(list(prepared.operations))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('{ Patient(id: "p1") { id } }', (1, 1)),
        ('{ Patient(id: "p1") { unknown } }', (1, 0)),
        ('{ Patient(id: "p1") { id }', (0, 0)),
    ],
    ids=["executed", "refused", "unreadable"],
)
async def test_what_was_read_is_kept(product: Product, query: str, expected: tuple[int, int]) -> None:
    for _ in range(2):
        await product.ask(query)
    assert kept(product) == expected


async def test_texts_that_decide_about_a_plan_count_as_what_they_take(product: Product) -> None:
    product.schema.preparing.operations = Latest(1_000_000)
    query = (
        'query A($p: String!) { Patient(id: "p1") { name @slice(path: $p) { family } } } '
        "query B($p: String!) { PatientList(family: [$p]) { id } }"
    )
    for number in range(30):
        body: Any = {"query": query, "operationName": "B", "variables": {"p": f"{number:01000}"}}
        assert "errors" not in (await product.http.post("/graphql", json=body)).json()
    few = kept(product)[1]
    for number in range(30):
        body = {"query": query, "operationName": "B", "variables": {"p": f"{number:080000}"}}
        await product.http.post("/graphql", json=body)
    assert few == 30
    assert 0 < kept(product)[1] < 15


@pytest.mark.parametrize(
    "padding", ["\n" * (preparing.LINES + 1), "," * (preparing.LOCATED + 1)], ids=["lines", "long"]
)
async def test_errors_of_a_long_document_tell_no_line(product: Product, padding: str) -> None:
    query = '{ Patient(id: "p1") { name(_count: -1) { family } } }'
    short, long = await product.ask(query), await product.ask(padding + query)
    assert [list(error) for error in short["errors"]] == [["message", "locations", "path", "extensions"]]
    assert [list(error) for error in long["errors"]] == [["message", "path", "extensions"]]
    assert short["data"] == long["data"] == {"Patient": {"name": None}}
