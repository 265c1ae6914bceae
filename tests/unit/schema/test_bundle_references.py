"""References between the entries of a Bundle. https://hl7.org/fhir/R4/bundle.html#references"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import organization, patient, procedure
from tests.counted import CountedStore

if TYPE_CHECKING:
    from tests.builders import Document
    from tests.conftest import Product, Start


def bundle(*entries: Document) -> Document:
    return {"resourceType": "Bundle", "id": "b", "type": "collection", "entry": list(entries)}


IN_BUNDLE = '{ Bundle(id: "b") { entry { resource { ... on Procedure { subject { resource { id } } } } } } }'


async def first_subject(product: Product) -> Any:
    entry = (await product.ask(IN_BUNDLE))["data"]["Bundle"]["entry"][0]
    return entry["resource"]["subject"]["resource"]


@pytest.mark.parametrize(
    ("own_url", "reference", "full_url"),
    [
        ("urn:uuid:1", "urn:uuid:2", "urn:uuid:2"),
        ("http://other/fhir/Procedure/x", "Patient/inside", "http://other/fhir/Patient/inside"),
        ("http://other/fhir/Procedure/x", "urn:uuid:2", "urn:uuid:2"),
        ("urn:uuid:1", "http://other/Patient/9", "http://other/Patient/9"),
        ("urn:uuid:1", "Patient/inside", "urn:uuid:2"),
        (None, "Patient/inside", None),
        ("urn:uuid:1", "http://other/Patient/9/_history/3", "http://other/Patient/9"),
    ],
)
async def test_a_reference_in_a_bundle_means_its_own_entry_first(
    start: Start, own_url: str | None, reference: str, full_url: str | None
) -> None:
    entries = [
        {"fullUrl": own_url, "resource": procedure(id="x", subject={"reference": reference})},
        {"fullUrl": full_url, "resource": patient(id="inside", meta={"versionId": "3"})},
    ]
    product = await start(
        bundle(*({name: value for name, value in entry.items() if value} for entry in entries)), wrap=CountedStore
    )
    product.store.commands.clear()  # type: ignore[attr-defined]
    assert await first_subject(product) == {"id": "inside"}
    assert product.store.commands == [("read", "Bundle")]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "own_url", [None, "urn:uuid:1", "http://other/fhir/Procedure/x", "http://localhost/fhir/Procedure/x"]
)
async def test_a_reference_that_the_bundle_does_not_answer_leads_to_the_store(start: Start, own_url: str) -> None:
    entry = {"fullUrl": own_url, "resource": procedure(id="x", subject={"reference": "Patient/p1"})}
    product = await start(bundle(entry), patient())
    assert await first_subject(product) == {"id": "p1"}


async def test_a_relative_reference_does_not_mean_the_entry_from_another_server(start: Start) -> None:
    product = await start(
        bundle(
            {"fullUrl": "http://a/Procedure/x", "resource": procedure(subject={"reference": "Patient/p1"})},
            {"fullUrl": "http://b/Patient/p1", "resource": patient(name=[{"family": "Autre"}])},
        )
    )
    answer = await product.ask(IN_BUNDLE)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["not-found"]


async def test_a_chain_of_references_stays_in_the_bundle(start: Start) -> None:
    product = await start(
        bundle(
            {"fullUrl": "urn:uuid:1", "resource": procedure(subject={"reference": "urn:uuid:2"})},
            {"fullUrl": "urn:uuid:2", "resource": patient(managingOrganization={"reference": "urn:uuid:3"})},
            {"fullUrl": "urn:uuid:3", "resource": organization(id="inside")},
        )
    )
    query = IN_BUNDLE.replace("{ id }", "{ ... on Patient { managingOrganization { resource { id } } } }")
    entry = (await product.ask(query))["data"]["Bundle"]["entry"][0]
    assert entry["resource"]["subject"]["resource"]["managingOrganization"]["resource"] == {"id": "inside"}


@pytest.mark.parametrize(
    "entries",
    ["text", {"resource": {}}, [None, 7, "x", [], {"resource": 7}, {"fullUrl": {}, "resource": {"resourceType": []}}]],
)
async def test_a_bundle_of_another_shape_is_no_unexpected_error(
    start: Start, entries: Any, caplog: pytest.LogCaptureFixture
) -> None:
    product = await start({"resourceType": "Bundle", "id": "b", "type": "collection", "entry": entries})
    answer = await product.ask(IN_BUNDLE)
    assert {error["extensions"]["code"] for error in answer.get("errors", [])} <= {"structure"}
    assert caplog.text == ""


async def test_a_request_that_follows_too_many_references_gets_nulls_and_one_error(start: Start) -> None:
    others = [{"other": {"reference": f"Patient/p{number}"}, "type": "seealso"} for number in range(30)]
    entries = [{"fullUrl": f"urn:x:{n}", "resource": patient(id=f"p{n}", link=others)} for n in range(30)]
    product = await start(bundle(*entries))
    level = "link { other { resource { ... on Patient { id %s } } } }"
    answer = await product.ask(
        f'{{ Bundle(id: "b") {{ entry {{ resource {{ ... on Patient {{ {level % (level % "")} }} }} }} }} }}'
    )
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "too-costly"
    first, *_, last = answer["data"]["Bundle"]["entry"]
    assert first["resource"]["link"][0]["other"]["resource"]["link"][0]["other"]["resource"] == {"id": "p0"}
    assert last["resource"]["link"][0]["other"]["resource"]["link"][-1]["other"]["resource"] is None
