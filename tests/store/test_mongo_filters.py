"""The compiler from the algebra to MongoDB filters, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from app.search.algebra import And, Contains, Eq, Filter, In, Linked, Missing, Not, Or, Prefix, Range, Referenced
from app.store.mongo.filters import Step, mongo_filter, steps
from tests.store.toy import INDEX

A, B = Eq("active", "A"), Eq("family", "B")

CASES: list[tuple[Filter, dict[str, Any]]] = [
    (A, {"ix.active": "A"}),
    (Eq("general-practitioner", "Practitioner/1"), {"ix.general-practitioner": "Practitioner/1"}),
    (Eq("_id", "x"), {"_id": "x"}),
    (In("family", ("a", "b")), {"ix.family": {"$in": ["a", "b"]}}),
    (In("family", ()), {"ix.family": {"$in": []}}),
    (In("_id", ("a",)), {"_id": {"$in": ["a"]}}),
    (Prefix("family", "du p.(x)"), {"ix.family": {"$regex": r"^du\ p\.\(x\)"}}),
    (Prefix("family", "a\0b"), {"ix.family": {"$regex": r"^a\x00b"}}),
    (Contains("family", "du.p"), {"ix.family": {"$regex": r"du\.p"}}),
    (Contains("family", "a\0", at_end=True), {"ix.family": {"$regex": r"a\x00(?![\s\S])"}}),
    (Missing("family"), {"ix.family": {"$exists": False}}),
    (Missing("stay", missing=False), {"ix.stay.lo": {"$exists": True}}),
    (Missing("_lastUpdated"), {"at": {"$exists": False}}),
    (Range("stay", lo_from="a", lo_before="b"), {"ix.stay": {"$elemMatch": {"lo": {"$gte": "a", "$lt": "b"}}}}),
    (Range("stay", hi_after="a"), {"ix.stay": {"$elemMatch": {"hi": {"$gt": "a"}}}}),
    (
        Range("stay", lo_from="a", hi_upto="b"),
        {"ix.stay": {"$elemMatch": {"lo": {"$gte": "a", "$lt": "b"}, "hi": {"$lte": "b"}}}},
    ),
    (Range("stay"), {"ix.stay.lo": {"$exists": True}}),
    (Range("_lastUpdated", lo_from="a", hi_upto="b"), {"at": {"$gte": "a", "$lt": "b"}}),
    (And(), {}),
    (And((A,)), {"ix.active": "A"}),
    (And((A, And((B, And())))), {"$and": [{"ix.active": "A"}, {"ix.family": "B"}]}),
    (Or(), {"_id": {"$in": []}}),
    (Or((A, B)), {"$or": [{"ix.active": "A"}, {"ix.family": "B"}]}),
    (Not(A), {"$nor": [{"ix.active": "A"}]}),
    (Not(And()), {"$nor": [{}]}),
]


@pytest.mark.parametrize(("filter", "expected"), CASES, ids=str)
def test_each_filter_is_a_flat_document(filter: Filter, expected: dict[str, Any]) -> None:  # noqa: A002 - its word
    assert mongo_filter(filter, INDEX.parameters["Patient"]) == expected


STEP = Linked("general-practitioner", "Practitioner", Eq("family", "x"), ("Practitioner/",))
BACK = Referenced("Procedure", "patient", And(), ("Patient/",))


def test_a_step_to_another_resource_is_what_it_was_found_to_be() -> None:
    known: dict[Step, dict[str, Any]] = {
        STEP: {"ix.general-practitioner": {"$in": ["Practitioner/1"]}},
        BACK: {"_id": {"$in": ["a"]}},
    }
    assert mongo_filter(Not(Or((STEP, And((A, BACK))))), INDEX.parameters["Patient"], known) == {
        "$nor": [{"$or": [known[STEP], {"$and": [{"ix.active": "A"}, known[BACK]]}]}]
    }


def test_a_step_that_nobody_has_taken_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError):
        mongo_filter(STEP, INDEX.parameters["Patient"])


def test_the_steps_of_a_filter_are_not_those_inside_them() -> None:
    outer = Linked("organization", "Organization", Linked("partof", "Organization", A, ()), ())
    assert list(steps(And((A, Not(Or((STEP, outer))), BACK)))) == [STEP, outer, BACK]
