"""The compiler from the algebra to MongoDB filters, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from app.search.algebra import And, Eq, Filter, In, Missing, Not, Or, Prefix, Range
from app.store.mongo.filters import mongo_filter
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
    (Missing("family"), {"ix.family": {"$exists": False}}),
    (Missing("stay", missing=False), {"ix.stay": {"$exists": True}}),
    (Missing("_lastUpdated"), {"at": {"$exists": False}}),
    (Range("stay", lo_from="a", lo_before="b"), {"ix.stay": {"$elemMatch": {"lo": {"$gte": "a", "$lt": "b"}}}}),
    (Range("stay", hi_after="a"), {"ix.stay": {"$elemMatch": {"hi": {"$gt": "a"}}}}),
    (
        Range("stay", lo_from="a", hi_upto="b"),
        {"ix.stay": {"$elemMatch": {"lo": {"$gte": "a", "$lt": "b"}, "hi": {"$lte": "b"}}}},
    ),
    (Range("stay"), {"ix.stay": {"$exists": True}}),
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
