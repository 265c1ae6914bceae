from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import StoreUnavailable
from app.recall.rows import AT_ONCE, COLUMNS
from tests.builders import device, patient, procedure

if TYPE_CHECKING:
    from app.store.repository import Repository
    from tests.conftest import Start


async def test_a_recall_is_a_table_to_keep(start: Start) -> None:
    product = await start(device(), patient(), procedure(id="o1"))
    response = await product.http.get("/recall.csv", params={"lot": ["other", "lot-1"]})
    assert (response.status_code, response.headers["content-disposition"]) == (200, 'attachment; filename="recall.csv"')
    assert response.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert response.headers["cache-control"] == "no-store"
    header, row, end = response.text.removeprefix("\ufeff").split("\r\n")
    assert (header, row.split(",")[12], end) == (",".join(COLUMNS), "Martin Zoé", "")


async def test_french_and_the_semicolon_are_asked_for(start: Start) -> None:
    product = await start()
    headers = {"accept-language": "fr"}
    response = await product.http.get("/recall.csv?lot=1&separator=%3B", headers=headers)
    assert response.text == "\ufeff" + ";".join(COLUMNS.values()) + "\r\n"
    assert "rappel.csv" in response.headers["content-disposition"]


@pytest.mark.parametrize(
    ("query", "expression"),
    [
        ("", None),
        ("lot=", "lot"),
        ("lots=1&lot=1", "lots"),
        ("lot=1&expiresBefore=x", "expiresBefore"),
        ("lot=1&expiresBefore=2024&expiresBefore=2025", "expiresBefore"),
        ("lot=1&separator=|", "separator"),
        ("lot=%ED%A0%80%00" + "x" * 300, "lot"),
    ],
)
async def test_criteria_that_cannot_be_meant_are_an_outcome(start: Start, query: str, expression: str | None) -> None:
    response = await (await start()).http.get(f"/recall.csv?{query}")
    assert (response.status_code, response.headers["content-type"]) == (400, "application/fhir+json")
    assert response.json()["issue"][0].get("expression") == (expression and [expression])


async def test_another_method_is_refused(start: Start) -> None:
    assert (await (await start()).http.post("/recall.csv?lot=1")).status_code == 405


async def test_the_head_of_a_recall_has_no_body(start: Start) -> None:
    response = await (await start()).http.head("/recall.csv?lot=1")
    assert (response.status_code, response.content) == (200, b"")


async def test_a_store_that_does_not_answer_is_503(start: Start) -> None:
    product = await start()
    await product.store.close()
    response = await product.http.get("/recall.csv?lot=1")
    assert (response.status_code, response.json()["issue"][0]["code"]) == (503, "transient")


class Failing:
    """A store that is gone after its first page of devices."""

    def __init__(self, store: Repository) -> None:
        self._store = store
        self._pages = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def search(self, type: str, search: Any) -> Any:  # noqa: A002 - FHIR's word
        self._pages += type == "Device"
        if self._pages > 1:
            raise StoreUnavailable("gone", "partie")
        return await self._store.search(type, search)


async def test_a_failure_in_the_middle_breaks_off_and_logs_nobody(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    many = [device(id=f"d{n}", patient={"reference": f"Patient/secret{n}"}) for n in range(AT_ONCE + 1)]
    product = await start(*many, wrap=Failing)
    with caplog.at_level(logging.DEBUG), pytest.raises(StoreUnavailable):
        await product.http.get("/recall.csv?lot=LOT-1")
    assert "secret" not in caplog.text
    assert "LOT-1" not in "".join(record.getMessage() for record in caplog.records if record.name == "dmi")
