"""The indexes of MongoDB collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.fhir.served import SERVED
from app.search.algebra import Indexed
from app.search.index import search_index
from app.store.mongo.indexes import indexes, outdated
from tests.store.toy import INDEX

if TYPE_CHECKING:
    from collections.abc import Mapping


def keys(parameters: Mapping[str, Indexed]) -> list[dict[str, Any]]:
    return [dict(index.document["key"]) for index in indexes(parameters)]


def test_a_text_is_found_with_the_latest_first() -> None:
    assert {"ix.family": 1, "sort.birthdate": -1, "_id": 1} in keys(INDEX.parameters["Patient"])


def test_an_interval_is_found_by_both_of_its_ends() -> None:
    assert {"ix.stay.lo": 1, "ix.stay.hi": 1} in keys(INDEX.parameters["Patient"])


def test_a_sort_has_an_index_for_each_direction() -> None:
    found = keys(INDEX.parameters["Patient"])
    assert {"sort.family": 1, "_id": 1} in found
    assert {"sort.family": -1, "_id": 1} in found
    assert {"sort.identifier": 1, "_id": 1} not in found


def test_date_is_the_date_of_a_type_that_has_several() -> None:
    parameters = {name: Indexed("interval", sortable=True) for name in ("birthdate", "date")}
    found = keys({**parameters, "status": Indexed("value", sortable=False)})
    assert {"ix.status": 1, "sort.date": -1, "_id": 1} in found


def test_a_type_without_dates_is_found_in_no_order() -> None:
    assert {"ix.status": 1} in keys({"status": Indexed("value", sortable=True)})


@pytest.mark.parametrize("type_name", SERVED)
def test_every_filter_of_a_served_type_has_an_index_within_the_limits_of_mongodb(type_name: str) -> None:
    parameters = search_index().parameters[type_name]
    found = indexes(parameters)
    assert len(found) <= 63
    assert len({index.document["name"] for index in found}) == len(found)
    leading = {next(iter(index.document["key"])).removesuffix(".lo") for index in found}
    assert {f"ix.{name}" for name in parameters} <= leading


def test_indexes_that_an_earlier_release_has_made_are_outdated_and_those_of_others_are_not() -> None:
    wanted = indexes(INDEX.parameters["Patient"])
    names = ["_id_", "theirs", "dmi: ix.gone 1", *(index.document["name"] for index in wanted)]
    assert outdated(names, wanted) == ["dmi: ix.gone 1"]
