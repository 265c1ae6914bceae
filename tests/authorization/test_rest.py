"""FHIR's own doors with every kind of token: the statuses and outcomes that its clients expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.fhir.served import SERVED
from tests.authorization.holders import HOLDERS, REFUSED, Holder
from tests.authorization.world import SECRET, ids

if TYPE_CHECKING:
    import httpx

    from tests.authorization.conftest import Guarded

pytestmark = pytest.mark.asyncio(loop_scope="module")

each_holder = pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: holder.name)
FHIR = "application/fhir+json"


def is_forbidden(response: httpx.Response) -> bool:
    """Whether the answer is 403 as FHIR has it; one that is no such answer must be none of the refusals."""
    if response.status_code != 403:
        assert response.status_code != 401
        return False
    assert response.headers["www-authenticate"] == 'Bearer realm="dmi-graph", error="insufficient_scope"'
    assert [each["code"] for each in response.json()["issue"]] == ["forbidden"]
    assert SECRET not in response.text
    return True


@pytest.mark.parametrize("kind", REFUSED)
async def test_no_door_opens_without_a_token_that_is_accepted(guarded: Guarded, kind: str) -> None:
    headers = {"Authorization": f"Bearer {sent}"} if (sent := REFUSED[kind]()) else {}
    doors = [("GET", f"/fhir/{name}{end}") for name in SERVED for end in ("", "/a", "/a/_history", "/a/_history/1")]
    doors += [(method, "/fhir/Patient/a") for method in ("PUT", "PATCH", "DELETE", "HEAD")]
    doors += [("POST", path) for path in ("/fhir", "/fhir/", "/fhir/Patient", "/fhir/Patient/_search")]
    doors += [("GET", "/fhir/Patient/a/$graphql?query={id}"), ("GET", "/recall.csv?lot=LOT-1"), ("GET", "/none")]
    for method, path in doors:
        response = await guarded.http.request(method, path, headers=headers)
        assert (response.status_code, SECRET in response.text) == (401, False), (method, path)
        assert response.headers["www-authenticate"].startswith("Bearer ")


@each_holder
async def test_reading_by_rest(guarded: Guarded, holder: Holder) -> None:
    for name in SERVED:
        for id_ in (*ids(name), "gone"):
            # Who sees only some is not told which ids there are.
            reached = holder.may("r", name) and holder.sees(name, "b" if id_ == "gone" else id_)
            for end in ("", "/_history", "/_history/1"):
                response = await guarded.http.get(f"/fhir/{name}/{id_}{end}", headers=holder.headers)
                assert is_forbidden(response) is not reached, (name, id_, end)
                assert response.status_code in ((404,) if id_ == "gone" else (200,)) or not reached
                assert SECRET not in response.text or not holder.patient


@each_holder
async def test_searching_by_rest(guarded: Guarded, holder: Holder) -> None:
    for name in SERVED:
        found = await guarded.http.get(f"/fhir/{name}", headers=holder.headers)
        posted = await guarded.http.post(f"/fhir/{name}/_search", data={"_id": "a,b"}, headers=holder.headers)
        counted = await guarded.http.get(f"/fhir/{name}?_summary=count", headers=holder.headers)
        if not holder.may("s", name):
            assert all(is_forbidden(response) for response in (found, posted, counted)), name
            continue
        expected = {id_ for id_ in ids(name) if holder.sees(name, id_)}
        assert {each["resource"]["id"] for each in found.json().get("entry", ())} == expected
        assert found.json()["total"] == counted.json()["total"] == len(expected)
        assert posted.json()["total"] == len(expected & {"a", "b"})
        assert SECRET not in found.text + posted.text or not holder.patient


@each_holder
async def test_writing_by_rest(guarded: Guarded, holder: Holder) -> None:
    """Nothing is written: what is allowed is no valid resource, or is not there."""
    typed = {**holder.headers, "Content-Type": FHIR}
    for name in SERVED:
        invalid = {"resourceType": name, "nonsense": True}
        asked = {
            "c": await guarded.http.post(f"/fhir/{name}", json=invalid, headers=typed),
            "u": await guarded.http.put(f"/fhir/{name}/gone", json=invalid, headers=typed),
            "d": await guarded.http.delete(f"/fhir/{name}/gone", headers=holder.headers),
        }
        for interaction, response in asked.items():
            may = holder.may(interaction, name) and not (holder.patient and interaction != "c")
            assert is_forbidden(response) is not may, (name, interaction)
            assert response.status_code in (403, 404, 422)
        patch = {**holder.headers, "Content-Type": "application/json-patch+json"}
        patched = await guarded.http.patch(f"/fhir/{name}/gone", json=[{"op": "remove", "path": "/x"}], headers=patch)
        may = holder.may("u", name) and holder.may("r", name) and not holder.patient
        assert is_forbidden(patched) is not may, name


@each_holder
async def test_a_transaction_by_rest(guarded: Guarded, holder: Holder) -> None:
    entry = {"request": {"method": "DELETE", "url": "Observation/gone"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    for path in ("/fhir", "/fhir/Bundle"):
        response = await guarded.http.post(path, json=bundle, headers={**holder.headers, "Content-Type": FHIR})
        assert is_forbidden(response) is not (holder.may("d", "Observation") and not holder.patient)
        assert response.status_code in (403, 422)


@each_holder
async def test_graphql_at_an_instance(guarded: Guarded, holder: Holder) -> None:
    for name in SERVED:
        for id_ in ids(name):
            path = f"/fhir/{name}/{id_}/$graphql"
            response = await guarded.http.get(path, params={"query": "{ raw }"}, headers=holder.headers)
            reached = holder.may("r", name) and holder.sees(name, id_)
            assert is_forbidden(response) is not reached, (name, id_)
            assert response.status_code in (200, 403)


@each_holder
async def test_a_recall_as_a_table(guarded: Guarded, holder: Holder) -> None:
    response = await guarded.http.get("/recall.csv?lot=LOT-1", headers=holder.headers)
    types = ("Procedure", "Device", "DeviceDefinition", "Patient", "Practitioner", "PractitionerRole", "Organization")
    may = all(holder.may(each, name) for each in "rs" for name in types)
    assert is_forbidden(response) is not may
    if may:
        assert response.status_code == 200
        patients = {line.split(",")[10] for line in response.text.splitlines()[1:]}
        assert patients == ({"a"} if holder.patient else {"a", "b"})
