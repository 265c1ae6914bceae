"""A failing case becomes a small one that still fails."""

from __future__ import annotations

from tests.exactness.cases import Case
from tests.exactness.reduction import reduced
from tests.exactness.request import Request

QUERY = """query Q($a: ID = "a", $b: Boolean!) { Patient(id: $a) { ...F id @skip(if: $b) } PatientList { id } }
fragment F on Patient { name { family ...G } } fragment G on HumanName { given use }"""


def test_what_a_failure_does_not_need_is_taken_away() -> None:
    document = {"resourceType": "Patient", "id": "a", "meta": {}, "name": [{"given": ["x"], "use": "y"}], "gender": "z"}
    case = Case(Request(QUERY, {"b": True}), {("Patient", "a"): document, ("Device", "b"): {"resourceType": "Device"}})

    def fails(each: Case) -> bool:
        names = each.documents.get(("Patient", "a"), {}).get("name") or [{}]
        return "given" in each.request.query and "given" in names[0]

    small = reduced(case, fails)
    assert " ".join(small.request.query.split()) == (
        "query Q { Patient { ...F } } fragment F on Patient { name { ...G } } fragment G on HumanName { given }"
    )
    assert small.request.variables is None
    assert list(small.documents.values()) == [
        {"resourceType": "Patient", "id": "a", "meta": {}, "name": [{"given": []}]}
    ]


def test_a_case_without_superfluous_parts_stays_as_it_is() -> None:
    case = Case(Request("{ __typename }"), {})
    assert reduced(case, lambda each: "__typename" in each.request.query).documents == {}
