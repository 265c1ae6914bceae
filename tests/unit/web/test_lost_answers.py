"""A server is killed after it stored what a request sent, and before it could note its answer: the repeated request is
answered in the same way, and stores nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.errors import StoreUnavailable
from app.search.algebra import And
from tests.builders import device, patient

if TYPE_CHECKING:
    import httpx

    from app.store.repository import Repository
    from tests.conftest import Start

DEVICE, PATIENT = device(id=None), patient(id=None)
BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [{"resource": DEVICE, "request": {"method": "POST", "url": "Device"}}] * 2,
}
CREATE = "mutation($sent: FHIR!) { DeviceCreate(resource: $sent) { location resource { raw } } }"
TRANSMIT = "mutation($sent: FHIR!) { TransmitTraces(bundle: $sent) { bundle } }"
REQUESTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "DeviceCreate": ("/graphql", {"query": CREATE, "variables": {"sent": DEVICE}}, 1),
    "TransmitTraces": ("/graphql", {"query": TRANSMIT, "variables": {"sent": BUNDLE}}, 2),
    "POST /fhir/Device": ("/fhir/Device", DEVICE, 1),
    "POST /fhir": ("/fhir", BUNDLE, 2),
}


class Forgetful:
    """A repository that is away when an answer is to be noted; later nobody holds its name any more."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def __getattr__(self, name: str) -> Any:
        return getattr(self._repository, name)

    async def settle(self, name: str, holder: str, answer: str | None) -> None:
        await self._repository.settle(name, holder, None)
        if answer is not None:
            raise StoreUnavailable("away", "absente")


def told(response: httpx.Response) -> tuple[int, str, Any]:
    assert "idempotency-replayed" not in response.headers
    return response.status_code, response.headers.get("location", ""), response.json()


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_repeated_request_whose_answer_was_lost_is_answered_alike(start: Start, name: str) -> None:
    path, body, stored = REQUESTS[name]
    product = await start(wrap=Forgetful)
    first, again = [told(await product.http.post(path, json=body, headers={"Idempotency-Key": "k"})) for _ in range(2)]
    assert first == again
    assert "errors" not in first[2]
    assert await product.store.count("Device", And()) == stored


@pytest.mark.parametrize("name", ["TransmitTraces", "POST /fhir"])
async def test_what_another_request_under_the_key_creates_is_stored_though_part_of_it_was_before(
    start: Start, name: str
) -> None:
    path, body, _ = REQUESTS[name]
    product = await start(wrap=Forgetful)
    more = {**BUNDLE, "entry": [*BUNDLE["entry"], {"resource": PATIENT, "request": {"method": "POST", "url": "x"}}]}
    for sent in (body, {**body, "variables": {"sent": more}} if "query" in body else more):
        assert "errors" not in told(await product.http.post(path, json=sent, headers={"Idempotency-Key": "k"}))[2]
    assert await product.store.count("Patient", And()) == 1
