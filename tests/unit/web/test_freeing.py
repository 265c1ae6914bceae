"""What a request has read is freed when it is answered: a search for circles of objects comes seldom, and stops
everybody for as long as there is much to find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.schema.batches import Batch
from app.schema.context import Context
from app.schema.loaders import Loaders
from app.web import graphql
from app.web.encoding import emptied
from tests.builders import patient
from tests.contract.operations import ASKED, variables
from tests.eventually import eventually
from tests.freed import freed, without_search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Start

QUERIES = [
    *((path.read_text(encoding="utf-8"), variables(path)) for path in ASKED),
    ('{ Procedure(id: "_") { id } Patient(id: "none") { id } }', {}),
    ("{ ProcedureList { subject { identifier { value } resource { id } } } }", {}),
    ("{ ProcedureList { history { edges { node { version } } } } }", {}),
]


@pytest.mark.parametrize(("query", "values"), QUERIES)
async def test_nothing_of_a_request_waits_for_a_search(start: Start, query: str, values: dict[str, object]) -> None:
    product = await start(environment={"DMI_EXAMPLE_DATA": "auto"})
    with without_search():
        response = await product.http.post("/graphql", json={"query": query, "variables": values})
        assert response.status_code == 200
        await eventually(lambda: freed(Context, Loaders, Batch))


async def test_the_lists_of_a_long_answer_are_emptied_once_it_is_written(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await start(*(patient(id=f"p{number}") for number in range(100)))
    lists: list[list[object]] = []
    lengths: list[int] = []

    async def watched(long: Sequence[list[object]]) -> None:
        lists.extend(long)
        lengths.extend(map(len, long))
        await emptied(long)

    monkeypatch.setattr(graphql, "emptied", watched)
    data = await product.data("{ PatientList(_count: 100) { id } PatientConnection(_count: 100) { edges { cursor } } }")
    assert [len(data["PatientList"]), len(data["PatientConnection"]["edges"])] == [100, 100]
    assert (lengths, lists) == ([100, 100], [[], []])
