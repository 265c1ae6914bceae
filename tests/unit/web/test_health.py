from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import StoreUnavailable

if TYPE_CHECKING:
    import pytest

    from tests.conftest import Start


async def test_a_server_whose_store_answers_is_live_and_ready(start: Start) -> None:
    product = await start()
    assert (await product.http.get("/health")).json() == {"status": "live"}
    assert (await product.http.get("/ready")).json() == {"status": "ready"}


async def test_a_server_whose_store_is_away_is_live_and_not_ready(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await start()

    async def away() -> None:
        raise StoreUnavailable("The store is away.", "La base est absente.")

    monkeypatch.setattr(product.store, "ready", away)
    assert (await product.http.get("/health")).status_code == 200
    response = await product.http.get("/ready", headers={"Accept-Language": "fr"})
    assert response.status_code == 503
    assert response.json()["outcome"]["issue"][0]["details"]["text"] == "La base est absente."
