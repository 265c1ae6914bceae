"""Earlier versions and deletions: what was somebody else's once, what is no longer there, and what never was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from app.store.repository import Write
from tests.authorization.conftest import codes
from tests.authorization.holders import BY_NAME
from tests.authorization.world import SECRET

if TYPE_CHECKING:
    from tests.authorization.conftest import Guarded

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENT, READER, ONE_TYPE, WRITER = (BY_NAME[name] for name in ("patient", "reader", "of one type", "writer"))
HISTORY = "history(first: 10) { edges { version resource { raw } } pageInfo { hasNextPage } }"


def condition(id_: str, patient: str, **more: Any) -> Write:
    secret = {"implicitRules": SECRET} if patient == "b" else {}
    about = {"subject": {"reference": f"Patient/{patient}"}}
    return Write("Condition", id_, {"resourceType": "Condition", "id": id_, **secret, **about, **more})


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def _written(guarded: Guarded) -> None:
    """corrected was patient b's, taken was patient a's; the others are deleted, of one and of the other."""
    for number in range(30):
        await guarded.store.write([condition("corrected", "b" if number < 25 else "a", note=[{"text": str(number)}])])
    await guarded.store.write([condition("taken", "a")])
    await guarded.store.write([condition("taken", "b")])
    for id_, patient in (("mine-deleted", "a"), ("theirs-deleted", "b")):
        await guarded.store.write([condition(id_, patient)])
        await guarded.store.write([Write("Condition", id_, None)])
    await guarded.store.write([condition("moved-deleted", "a")])
    await guarded.store.write([condition("moved-deleted", "b")])
    await guarded.store.write([Write("Condition", "moved-deleted", None)])


async def test_versions_that_were_somebody_elses_are_left_out(guarded: Guarded) -> None:
    answer = await guarded.asked(PATIENT, f'{{ Condition(id: "corrected") {{ {HISTORY} }} }}')
    history = answer["data"]["Condition"]["history"]
    assert [edge["version"] for edge in history["edges"]] == ["30", "29", "28", "27", "26"]
    assert history["pageInfo"] == {"hasNextPage": False}
    assert SECRET not in str(answer)
    everything = await guarded.asked(READER, f'{{ Condition(id: "corrected") {{ {HISTORY} }} }}')
    assert len(everything["data"]["Condition"]["history"]["edges"]) == 10


@pytest.mark.parametrize(
    "asked",
    [
        'Condition(id: "corrected", version: "3") { raw }',
        'Condition(id: "corrected", asOf: "2000") { raw }',
        'Condition(id: "taken") { raw }',
        'Condition(id: "taken", version: "1") { raw }',
        'Condition(id: "taken", version: "2") { raw }',
        'Condition(id: "taken", version: "3") { raw }',
        'Condition(id: "theirs-deleted") { raw }',
        'Condition(id: "theirs-deleted", version: "1") { raw }',
        'Condition(id: "theirs-deleted", version: "2") { raw }',
        'Condition(id: "moved-deleted", version: "1") { raw }',
        'Condition(id: "moved-deleted") { raw }',
        'Condition(id: "never") { raw }',
        'Condition(id: "never", version: "1") { raw }',
    ],
)
async def test_what_is_not_a_patients_is_forbidden_as_what_never_was(guarded: Guarded, asked: str) -> None:
    answer = await guarded.asked(PATIENT, f"{{ {asked} }}")
    if "2000" in asked:  # nothing was there yet, of a resource that is the patient's
        assert answer["data"] == {"Condition": None}
        return
    never = await guarded.asked(PATIENT, '{ Condition(id: "never") { raw } }')
    assert answer["data"] == {"Condition": None}
    assert codes(answer) == codes(never) == {("Condition",): "forbidden"}
    assert answer["errors"][0]["message"] == never["errors"][0]["message"]


async def test_what_was_a_patients_and_is_deleted_is_told_as_deleted(guarded: Guarded) -> None:
    answer = await guarded.asked(PATIENT, '{ Condition(id: "mine-deleted") { raw } }')
    assert codes(answer) == {("Condition",): "deleted"}
    version = await guarded.asked(PATIENT, '{ Condition(id: "mine-deleted", version: "1") { id } }')
    assert version["data"] == {"Condition": {"id": "mine-deleted"}}


@pytest.mark.parametrize("comparison", ['changes(from: "3", to: "30")', 'changes(from: "25")', 'changes(to: "26")'])
async def test_changes_from_what_was_somebody_elses_are_not_told(guarded: Guarded, comparison: str) -> None:
    query = f'{{ Condition(id: "corrected") {{ {comparison} {{ path before after }} }} }}'
    answer = await guarded.asked(PATIENT, query)
    assert answer["data"]["Condition"]["changes"] is None
    assert list(codes(answer).values()) == ["forbidden"]
    assert SECRET not in str(answer)
    assert SECRET in str(await guarded.asked(READER, query)) or "25" in comparison


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("corrected/_history/26", 200),
        ("corrected/_history/25", 403),
        ("corrected/_history/99", 404),
        ("taken/_history", 403),
        ("taken/_history/1", 403),
        ("theirs-deleted", 403),
        ("theirs-deleted/_history", 403),
        ("never", 403),
        ("never/_history", 403),
        ("never/_history/1", 403),
        ("mine-deleted", 410),
        ("mine-deleted/_history", 200),
        ("mine-deleted/_history/2", 410),
    ],
)
async def test_versions_by_rest(guarded: Guarded, path: str, status: int) -> None:
    response = await guarded.http.get(f"/fhir/Condition/{path}", headers=PATIENT.headers)
    assert (response.status_code, SECRET in response.text) == (status, False)


async def test_a_history_by_rest_goes_on_past_what_is_left_out(guarded: Guarded) -> None:
    path, seen = "/fhir/Condition/corrected/_history?_count=2", []
    while path:
        bundle = (await guarded.http.get(path, headers=PATIENT.headers)).json()
        seen += [each["resource"]["meta"]["versionId"] for each in bundle.get("entry", ())]
        path = next((each["url"] for each in bundle["link"] if each["relation"] == "next"), "")
    assert seen == ["30", "29", "28", "27", "26"]


async def test_a_versioned_reference_to_what_was_somebody_elses_is_forbidden_alone(guarded: Guarded) -> None:
    reasons = [{"reference": f"Condition/corrected/_history/{number}"} for number in (30, 3)]
    document = {"resourceType": "Procedure", "id": "versions", "subject": {"reference": "Patient/a"}}
    await guarded.store.write([Write("Procedure", "versions", {**document, "reasonReference": reasons})])
    query = '{ Procedure(id: "versions") { reasonReference { resource { ... on Condition { id } } } } }'
    answer = await guarded.asked(PATIENT, query)
    found = [each["resource"] for each in answer["data"]["Procedure"]["reasonReference"]]
    assert found == [{"id": "corrected"}, None]
    assert codes(answer) == {("Procedure", "reasonReference", 1, "resource"): "forbidden"}


async def test_histories_are_for_those_who_may_read(guarded: Guarded) -> None:
    for holder, path in ((WRITER, "Condition/corrected"), (ONE_TYPE, "Condition/mine-deleted")):
        for end in ("", "/_history", "/_history/1"):
            response = await guarded.http.get(f"/fhir/{path}{end}", headers=holder.headers)
            assert (response.status_code, response.json()["issue"][0]["code"]) == (403, "forbidden")
