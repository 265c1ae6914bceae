from __future__ import annotations

from typing import TYPE_CHECKING

from app.fhir.served import SERVED
from app.search import index, values
from app.search.algebra import Indexed
from app.search.index import search_index

if TYPE_CHECKING:
    import pytest


def test_the_index_tells_how_every_parameter_is_kept() -> None:
    procedure = search_index().parameters["Procedure"]

    assert procedure["status"] == Indexed("value", sortable=True)
    assert procedure["date"] == Indexed("interval", sortable=True)
    assert procedure["patient"] == Indexed("reference", sortable=False)
    assert procedure["patient:identifier"] == Indexed("value", sortable=False)
    assert search_index().parameters["Observation"]["value_quantity:unit"] == Indexed("interval", sortable=False)


def test_every_served_type_is_indexed_and_the_stores_own_parameters_are_not() -> None:
    parameters = search_index().parameters

    assert tuple(parameters) == SERVED
    assert not any({"_id", "_lastUpdated"} & kept.keys() for kept in parameters.values())


def test_the_version_is_stable_and_depends_on_table_and_format(monkeypatch: pytest.MonkeyPatch) -> None:
    version = search_index().version

    assert version == search_index().version
    monkeypatch.setattr(index, "FORMAT", index.FORMAT + 1)
    assert version != search_index().version


def test_the_index_reads_resources() -> None:
    resource = {"resourceType": "Device", "patient": {"reference": "https://h.fr/fhir/Patient/1"}}

    assert search_index().values(resource) == values.search_values(resource)
