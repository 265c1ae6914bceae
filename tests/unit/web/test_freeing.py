"""What a request has read is freed when it is answered: a search for circles of objects comes seldom, and stops
everybody for as long as there is much to find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.schema.batches import Batch
from app.schema.context import Context
from app.schema.loaders import Loaders
from tests.contract.operations import ASKED, variables
from tests.eventually import eventually
from tests.freed import freed, without_search

if TYPE_CHECKING:
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
