"""What stands for steps to other resources in MongoDB, as tables; and when they are looked up."""

from __future__ import annotations

from typing import Any

import pytest
from mongomock_motor import AsyncMongoMockClient

from app.search.algebra import And, Eq, Filter, Linked, Not, Or, Referenced, SortKey
from app.store import keyset
from app.store.mongo import MongoStore
from app.store.mongo.links import FEW, Matched, joined, listed, lookup, targets
from app.store.mongo.searching import pipeline
from tests.store.toy import INDEX, patient, refers, write

GP = Linked("general-practitioner", "Practitioner", Eq("family", "x"), ("Practitioner/", "http://x/Practitioner/"))
BACK = Referenced("Procedure", "patient", And(), ("Patient/",))
ACTIVE = Eq("active", "true")
NOW = {"deleted": False}
END = Matched({"ix.family": "x"})
SEEK: list[dict[str, Any]] = [{"$match": {"ix.family": "x"}}, {"$limit": 1}, {"$project": {"_id": True}}]


def test_few_ids_are_listed_in_every_form_of_a_reference() -> None:
    forms = ["Practitioner/1", "http://x/Practitioner/1", "Practitioner/2", "http://x/Practitioner/2"]
    assert listed(GP, ["1", "2"]) == {"ix.general-practitioner": {"$in": forms}}


def test_few_references_are_listed_as_the_ids_of_their_type() -> None:
    assert listed(BACK, [["Patient/b", "Group/c"], ["Patient/a"], ["http://x/Patient/d"], ()]) == {
        "_id": {"$in": ["a", "b"]}
    }


def test_a_filter_whose_steps_lead_to_few_is_only_a_filter() -> None:
    found = {"ix.general-practitioner": {"$in": ["Practitioner/1"]}}
    assert _joined(Or((GP, ACTIVE)), few={GP: found}) == Matched(
        {"$and": [NOW, {"$or": [found, {"ix.active": "true"}]}]}
    )


def test_what_needs_no_look_up_comes_ahead_of_it() -> None:
    matched = _joined(And((GP, ACTIVE)), many={GP: END})
    assert matched.filter == {"$and": [NOW, {"ix.active": "true"}]}
    assert matched.stages == (
        *lookup("Practitioner", targets("general-practitioner", GP.prefixes), "_id", SEEK, "step0"),
        {"$match": {"step0": {"$ne": []}}},
    )


def test_a_look_up_stands_anywhere_in_a_filter() -> None:
    matched = _joined(Not(Or((GP, ACTIVE, BACK))), few={BACK: {"_id": {"$in": ["a"]}}}, many={GP: END})
    assert matched.filter == NOW
    either = [{"step0": {"$ne": []}}, {"ix.active": "true"}, {"_id": {"$in": ["a"]}}]
    assert matched.stages[-1] == {"$match": {"$nor": [{"$or": either}]}}


def test_what_refers_is_looked_up_by_the_names_of_what_it_refers_to() -> None:
    assert _joined(BACK, many={BACK: END}).stages[:2] == (
        {"$addFields": {"step0": [{"$concat": ["Patient/", "$_id"]}]}},
        {
            "$lookup": {
                "from": "Procedure",
                "localField": "step0",
                "foreignField": "ix.patient",
                "pipeline": SEEK,
                "as": "step0",
            }
        },
    )


def test_what_a_look_up_leads_to_may_itself_be_looked_up() -> None:
    inner = Matched({"a": 1}, ({"$lookup": {}}, {"$match": {}}))
    [_, stage, _] = _joined(GP, many={GP: inner}).stages
    assert stage["$lookup"]["pipeline"] == [{"$match": {"a": 1}}, {"$lookup": {}}, {"$match": {}}, *SEEK[1:]]


def test_each_of_several_look_ups_has_a_field_of_its_own() -> None:
    matched = _joined(Or((GP, BACK)), many={GP: END, BACK: END})
    assert [stage["$lookup"]["as"] for stage in matched.stages if "$lookup" in stage] == ["step0", "step1"]


def test_the_ids_of_references_are_cut_out_of_their_texts() -> None:
    rest = {"$substrBytes": ["$$this", len("Practitioner/é/".encode()), -1]}
    [form] = targets("general-practitioner", ("Practitioner/é/",))["$concatArrays"]
    assert form["$map"]["in"] == rest
    assert targets("general-practitioner", ()) == {"$concatArrays": [[]]}


def test_a_page_looks_up_after_its_sort_and_ahead_of_its_limit() -> None:
    [segment, _] = keyset.segments((SortKey("family"),))
    stages = pipeline(Matched({"a": 1}, ({"$lookup": {}},)), segment, backwards=False, skip=3, limit=5)
    assert [next(iter(stage)) for stage in stages] == ["$match", "$sort", "$lookup", "$skip", "$limit"]


@pytest.mark.parametrize(("practitioners", "expected"), [(3, 0), (4, 1)])
async def test_only_what_leads_to_many_is_looked_up(
    practitioners: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.mongo.links.FEW", 3)
    store = MongoStore(AsyncMongoMockClient()["dmi"], INDEX)
    await store.open()
    names = [str(number) for number in range(practitioners)]
    await store.write([write(name, {"resourceType": "Practitioner", "name": [{"family": "x"}]}) for name in names])
    await store.write([write("a", patient(generalPractitioner=[refers("Practitioner/1")]))])
    matched = await store._links.matched("Patient", GP)
    assert [list(stage) for stage in matched.stages].count(["$lookup"]) == expected
    await store.close()


def test_few_are_no_more_than_a_command_can_hold() -> None:
    longest = "https://" + "x" * 300 + "/fhir/Practitioner/" + "x" * 64
    assert 2 * FEW * len(longest) < 2**20


def _joined(wanted: Filter, few: Any = (), many: Any = ()) -> Matched:
    return joined(wanted, INDEX.parameters["Patient"], dict(few), dict(many))
