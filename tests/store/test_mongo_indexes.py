"""The indexes of MongoDB collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.fhir.served import SERVED
from app.search.algebra import Contains, Eq, In, Indexed, Missing, Prefix, Range
from app.search.index import search_index
from app.store.mongo.filters import mongo_filter
from app.store.mongo.indexes import indexes, missing, needed, states
from tests.store.toy import INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pymongo import IndexModel

    from app.search.algebra import Filter

PARAMETERS = search_index().parameters


def keys(parameters: Mapping[str, Indexed]) -> list[dict[str, Any]]:
    return [dict(index.document["key"]) for index in indexes(parameters)]


def test_a_text_is_found_with_the_latest_first() -> None:
    assert {"ix.family": 1, "sort.birthdate": -1, "_id": 1} in keys(INDEX.parameters["Patient"])


def test_an_interval_is_found_by_both_of_its_ends_and_by_its_end_alone() -> None:
    assert {"ix.stay.lo": 1, "ix.stay.hi": 1} in keys(INDEX.parameters["Patient"])
    assert {"ix.stay.hi": 1} in keys(INDEX.parameters["Patient"])


def test_a_sort_has_an_index_for_each_direction() -> None:
    found = keys(INDEX.parameters["Patient"])
    assert {"sort.family": 1, "_id": 1} in found
    assert {"sort.family": -1, "_id": 1} in found
    assert {"sort.identifier": 1, "_id": 1} not in found


def test_keys_are_unique_among_the_documents_that_have_some() -> None:
    [unique] = [index.document for index in indexes(INDEX.parameters["Patient"]) if index.document.get("unique")]
    assert (dict(unique["key"]), unique["sparse"], unique["name"]) == ({"keys": 1}, True, "dmi: keys 1")


def test_date_is_the_date_of_a_type_that_has_several() -> None:
    parameters = {name: Indexed("interval", sortable=True) for name in ("birthdate", "date")}
    found = keys({**parameters, "status": Indexed("value", sortable=False)})
    assert {"ix.status": 1, "sort.date": -1, "_id": 1} in found


def test_a_type_without_dates_is_found_in_no_order() -> None:
    assert {"ix.status": 1} in keys({"status": Indexed("value", sortable=True)})


def test_filters_by_text_come_ahead_of_those_by_interval_and_these_ahead_of_sorts() -> None:
    leading = [next(iter(each)) for each in keys(INDEX.parameters["Patient"])[7:]]
    kinds = [{"birthdate": "interval", "stay": "interval"}.get(field.split(".")[1], "text") for field in leading]
    filters = [kind for kind, field in zip(kinds, leading, strict=True) if field.startswith("ix.")]
    assert filters == sorted(filters, key=("text", "interval").index)
    assert all(field.startswith("sort.") for field in leading[len(filters) :])


def test_an_index_has_one_array_at_most(subtests: pytest.Subtests) -> None:
    for type_name, parameters in PARAMETERS.items():
        for each in needed(parameters):
            with subtests.test(type=type_name, keys=each):
                assert len({field.split(".")[1] for field in each if field.startswith("ix.")}) <= 1


LEFT_OUT: dict[str, set[str]] = {
    "Patient": {"_security", "_tag"},
    "Encounter": {"_security", "_tag"},
    "Condition": {"_security", "_tag", "stage", "verification_status"},
    "Observation": {name for name, kept in PARAMETERS["Observation"].items() if kept.sortable} - {"date"},
}
"""Sorts in ascending order that MongoDB has no room for: 64 indexes a collection are its limit. Lists are seldom sorted
by these; one that is takes the index of its filter, and is sorted in memory. In descending order there are more."""


@pytest.mark.parametrize("type_name", SERVED)
def test_only_sorts_but_never_that_by_date_are_left_out(type_name: str) -> None:
    parameters = PARAMETERS[type_name]
    taken = keys(parameters)
    absent = needed(parameters)[len(taken) - 1 :]
    assert [{"keys": 1}, *needed(parameters)] == taken + absent
    assert absent == [] or len(taken) == 63
    sorts = [next(iter(each.items())) for each in absent]
    assert all(field.startswith("sort.") and field != "sort.date" for field, _ in sorts)
    assert {field.removeprefix("sort.") for field, way in sorts if way == 1} == LEFT_OUT.get(type_name, set())


def forms(parameter: str, kept: Indexed) -> Iterator[Filter]:
    """Every leaf of the algebra that a parameter allows."""
    yield from (Missing(parameter), Missing(parameter, missing=False))
    if kept.kind == "interval":
        yield from (Range(parameter, **{bound: "x"}) for bound in ("lo_from", "lo_before", "hi_after", "hi_upto"))
        yield from (Range(parameter), Range(parameter, lo_before="y", hi_after="x"))
        yield Range(parameter, "a", "b", "c", "d")
    else:
        yield from (Eq(parameter, "x"), In(parameter, ("x", "y")), Prefix(parameter, "x"))
        yield from (Contains(parameter, "x"), Contains(parameter, "x", at_end=True))


@pytest.mark.parametrize("type_name", SERVED)
def test_every_leaf_of_every_parameter_leads_with_the_first_field_of_an_index(
    type_name: str, subtests: pytest.Subtests
) -> None:
    parameters = PARAMETERS[type_name]
    leading = {next(iter(each)) for each in keys(parameters)}
    for parameter, kept in parameters.items():
        for leaf in forms(parameter, kept):
            with subtests.test(str(leaf)):
                assert first_field(mongo_filter(leaf, parameters)) in leading


def first_field(compiled: Mapping[str, Any]) -> str:
    """The path that the first condition of a leaf is on."""
    [(path, condition)] = compiled.items()
    bounds = condition.get("$elemMatch") if isinstance(condition, dict) else None
    return f"{path}.{next(iter(bounds))}" if bounds else path


def information(*models: IndexModel) -> dict[str, dict[str, Any]]:
    return {index.document["name"]: {"key": list(index.document["key"].items())} for index in models}


WANTED = indexes(INDEX.parameters["Patient"])


def test_what_is_wanted_is_present_or_missing_and_what_else_is_ours_is_stale() -> None:
    existing = {"_id_": {"key": [("_id", 1)]}, "theirs": {"key": [("x", 1)]}, "dmi: gone 1": {"key": [("gone", 1)]}}
    found = states("Patient", {**existing, **information(*WANTED[1:])}, WANTED)
    assert [index.name for index in found] == sorted(index.name for index in found)
    assert {index.name for index in found if index.state == "missing"} == {WANTED[0].document["name"]}
    assert [index.name for index in found if index.state == "stale"] == ["dmi: gone 1"]
    assert len(found) == len(WANTED) + 1


def test_an_index_of_the_same_keys_under_another_name_is_no_missing_one() -> None:
    existing = {"theirs": next(iter(information(WANTED[0]).values()))}
    assert missing(existing, WANTED) == WANTED[1:]
