"""An answer beyond DMI_MAX_ANSWER is refused before it is written out, whatever would have made it so large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.errors import AnswerTooLarge
from app.fhir.json import encode
from app.schema.execution import room
from app.schema.execution.room import Room
from tests.builders import device, organization, patient, practitioner, procedure

if TYPE_CHECKING:
    from tests.conftest import Answer, Product, Start

MOST = 100_000
SMALL = {"DMI_MAX_ANSWER": str(MOST)}
TEXT = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{"x" * 5_000}</div>'}
LISTED = [{"family": "x" * 50, "given": ["y"]} for _ in range(100)]
ROWS = 40


def large(**changes: Any) -> Any:
    return patient(text=TEXT, **changes)


def bundle() -> Any:
    """Entries that all refer to the one large resource among them."""
    entries = [{"fullUrl": "urn:uuid:0f1a2b3c-0000-4000-8000-000000000000", "resource": large(id="inside")}]
    subject = {"reference": "urn:uuid:0f1a2b3c-0000-4000-8000-000000000000"}
    entries += [
        {
            "fullUrl": f"urn:uuid:0f1a2b3c-0000-4000-8000-{number:012}",
            "resource": procedure(id=f"e{number}", subject=subject),
        }
        for number in range(1, ROWS + 1)
    ]
    return {"resourceType": "Bundle", "id": "b1", "type": "collection", "entry": entries}


def contained() -> Any:
    """A procedure whose performers are all the one large resource that it contains."""
    inner = {"resourceType": "Organization", "id": "in", "name": "x" * 5_000}
    return procedure(id="c1", contained=[inner], performer=[{"actor": {"reference": "#in"}}] * ROWS)


def of(count: int, **subject: Any) -> list[Any]:
    return [procedure(id=f"x{number}", **({"subject": subject} if subject else {})) for number in range(count)]


DIV = "... on Patient { text { div } }"
BY_IDENTIFIER = {"type": "Patient", "identifier": {"system": "urn:oid:1.2", "value": "7"}}
WAYS: dict[str, tuple[str, list[Any]]] = {
    "a resource to which many refer": (
        "{ ProcedureList(_count: 40) { subject { resource { " + DIV + " } } } }",
        [large(), *of(ROWS)],
    ),
    "the same with a field that depends on its place": (
        "{ ProcedureList(_count: 40) { subject { resource { ... on Patient { text { div } "
        'DeviceList(_reference: "patient") { id } } } } } }',
        [large(), *of(ROWS)],
    ),
    "the same behind another resource": (
        "{ ProcedureList(_count: 40) { focalDevice { manipulated { resource { "
        "patient { resource { text { div } } } } } } } }",
        [large(), device(patient={"reference": "Patient/p1"}), *of(ROWS)],
    ),
    "a long list in such a resource": (
        "{ ProcedureList(_count: 40) { subject { resource { ... on Patient { name { family given } } } } } }",
        [patient(name=LISTED), *of(ROWS)],
    ),
    "a resource that is named by an identifier": (
        "{ ProcedureList(_count: 40) { subject { resource { " + DIV + " } } } }",
        [large(identifier=[{"system": "urn:oid:1.2", "value": "7"}]), *of(ROWS, **BY_IDENTIFIER)],
    ),
    "a resource that is contained": (
        '{ Procedure(id: "c1") { performer { actor { resource { ... on Organization { name } } } } } }',
        [contained()],
    ),
    "a resource of a Bundle": (
        '{ Bundle(id: "b1") { entry { resource { ... on Procedure { subject { resource { ' + DIV + " } } } } } } }",
        [bundle()],
    ),
    "a resource that implants have in common": (
        '{ Patient(id: "p1") { implants(first: 40) { edges { node { patient { text { div } } } } } } }',
        [large(), device(), *of(ROWS)],
    ),
    "aliases of one text": (
        '{ Patient(id: "p1") { ' + " ".join(f"a{number}: text {{ div }}" for number in range(ROWS)) + " } }",
        [large()],
    ),
    "aliases of the whole": (
        '{ Patient(id: "p1") { ' + " ".join(f"a{number}: raw" for number in range(ROWS)) + " } }",
        [large()],
    ),
    "fragments with aliases": (
        '{ Patient(id: "p1") { ...A } } fragment A on Patient { '
        + " ".join(f"a{number}: text {{ ...B }}" for number in range(ROWS))
        + " } fragment B on Narrative { div }",
        [large()],
    ),
    "what graphql-core runs": (
        '{ __type(name: "Patient") { name } ProcedureList(_count: 40) { subject { resource { ' + DIV + " } } } }",
        [large(), *of(ROWS)],
    ),
    "many rows": ("{ PatientList(_count: 40) { text { div } } }", [large(id=f"r{number}") for number in range(ROWS)]),
    "shaping": (
        "{ ProcedureList(_count: 40) { subject @flatten { resource { ... on Patient { text { div } } } } } }",
        [large(), *of(ROWS)],
    ),
}
REFERRED = (practitioner(), organization())


def refused(answer: Answer) -> bool:
    (error,) = answer["errors"]
    assert "data" not in answer
    assert error["extensions"]["code"] == "too-costly"
    return "DMI_MAX_ANSWER" in error["message"] and str(MOST) in error["message"]


@pytest.mark.parametrize("way", WAYS)
async def test_no_way_leads_to_an_answer_that_is_too_large(start: Start, way: str) -> None:
    query, resources = WAYS[way]
    product = await start(*REFERRED, *resources, environment=SMALL)
    assert refused(await product.ask(query))


@pytest.mark.parametrize("way", [way for way in WAYS if way != "many rows"])
async def test_what_would_stand_there_often_is_found_out_before_it_is_written(
    start: Start, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    query, resources = WAYS[way]
    product = await start(*REFERRED, *resources, environment=SMALL)
    written = encoded(monkeypatch)
    await product.ask(query)
    assert max(written) < MOST / 2


async def test_what_is_not_too_large_is_answered_whole(start: Start) -> None:
    product = await start(*REFERRED, large(), *of(15), environment=SMALL)
    data = await product.data(
        "{ ProcedureList(_count: 15) { subject { resource { ... on Patient { text { div } } } } } }"
    )
    assert [each["subject"]["resource"]["text"]["div"] for each in data["ProcedureList"]] == [TEXT["div"]] * 15


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "/fhir/Patient?_count=40"),
        ("POST", "/fhir/Patient/_search"),
        ("GET", "/fhir/Patient/r1/$graphql?query={" + "".join(f"a{n}:text{{div}} " for n in range(ROWS)) + "}"),
        ("GET", "/graphql?query={PatientList(_count:40){text{div}}}"),
    ],
)
async def test_no_address_answers_with_more(start: Start, method: str, address: str) -> None:
    product = await start(*(large(id=f"r{number}") for number in range(ROWS)), environment=SMALL)
    form = {"_count": "40"} if method == "POST" else None
    response = await product.http.request(method, address, data=form)
    assert "DMI_MAX_ANSWER" in response.text
    assert len(response.content) < 2_000


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k"}])
async def test_a_mutation_whose_answer_is_too_large_is_carried_out_once(start: Start, key: dict[str, str]) -> None:
    product = await start(*REFERRED, device(), large(), *of(ROWS), environment=SMALL)
    fields = "location resource { subject { resource { ... on Patient { " + (
        'ProcedureList(_reference: "patient", _count: 40) { subject { resource { ' + DIV + " } } } } } } }"
    )
    body = {
        "query": f"mutation($r: FHIR!) {{ ProcedureCreate(resource: $r) {{ {fields} }} }}",
        "variables": {"r": procedure()},
    }
    answers = [(await product.http.post("/graphql", json=body, headers=key)).json() for _ in range(2 if key else 1)]
    for answer in answers:
        assert answer["data"] is None
        assert "what a mutation stores is stored" in answer["errors"][0]["message"]
    assert await procedures(product) == ROWS + 1


async def test_looking_gives_others_their_turn_and_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "AT_ONCE", 10)
    shared = {"text": "x" * 10}
    await Room(2_500).look({"rows": [shared] * 100, "none": None})
    with pytest.raises(AnswerTooLarge):
        await Room(1_000).look({"rows": [shared] * 1_000_000})


async def procedures(product: Product) -> int:
    found: int = (await product.data("{ ProcedureConnection { count } }"))["ProcedureConnection"]["count"]
    return found


def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what is written as JSON by the HTTP layer from here on."""
    sizes = [0]

    def noted(value: Any) -> bytes:
        body = encode(value)
        sizes.append(len(body))
        return body

    monkeypatch.setattr("app.web.encoding.json.encode", noted)
    return sizes
