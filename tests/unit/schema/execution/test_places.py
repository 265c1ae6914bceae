from __future__ import annotations

from typing import Any

from app.schema.execution.places import Shared, nullified, paths


def test_a_value_that_may_be_null_is_null_itself() -> None:
    data: dict[str, Any] = {"name": "x"}
    place = (None, "name", data, False)
    assert nullified(place) is place
    assert data == {"name": None}


def test_a_value_that_must_not_be_null_makes_what_holds_it_null() -> None:
    inner: dict[str, Any] = {"name": "x"}
    data: dict[str, Any] = {"patient": inner}
    above = (None, "patient", data, False)
    assert nullified((above, "name", inner, True)) is above
    assert data == {"patient": None}


def test_null_that_nothing_holds_up_is_the_answer_itself() -> None:
    inner: dict[str, Any] = {"name": "x"}
    data: dict[str, Any] = {"patient": inner}
    assert nullified(((None, "patient", data, True), "name", inner, True)) is None
    assert data == {"patient": inner}


def test_a_shared_document_is_null_at_all_of_its_places() -> None:
    document: dict[str, Any] = {"name": "x"}
    rows: list[dict[str, Any]] = [{"resource": document}, {"resource": document}]
    shared = Shared([], 1)
    shared.places += [((None, index, rows, False), "resource", row, False) for index, row in enumerate(rows)]
    nullified((shared, "name", document, True))
    assert rows == [{"resource": None}, {"resource": None}]


def test_a_place_below_shared_documents_has_a_path_for_each_way_to_it() -> None:
    patient, clinic = Shared([], 1), Shared([], 1)
    patient.places += [(None, "a", {}, False), (None, "b", {}, False)]
    clinic.places += [(patient, "c", {}, False), (patient, "d", {}, False)]
    assert list(paths((clinic, "name", {}, False))) == [
        ("a", "c", "name"),
        ("b", "c", "name"),
        ("a", "d", "name"),
        ("b", "d", "name"),
    ]
