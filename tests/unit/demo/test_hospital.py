from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from app.demo.hospital import hospital
from app.errors import SettingsError
from app.fhir import json
from app.fhir.served import SERVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.fhir.resource import Resource


def place(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from [item] if name == "reference" else references(item)


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert [json.encode(one) for one in hospital(300, 9)] == [json.encode(one) for one in hospital(300, 9)]


def test_another_seed_gives_another_hospital_with_other_ids() -> None:
    assert {place(one) for one in hospital(20, 1)}.isdisjoint(place(one) for one in hospital(20, 2))
    assert [one.get("name") for one in hospital(20, 1)] != [one.get("name") for one in hospital(20, 2)]


def test_two_streams_read_in_turns_do_not_disturb_each_other() -> None:
    alone = list(hospital(200, 4))
    first, second = hospital(200, 4), hospital(200, 4)
    pairs = list(zip(first, second, strict=True))
    assert [one for one, _ in pairs] == alone
    assert [other for _, other in pairs] == alone


@pytest.mark.parametrize("procedures", [0, 1, 7, 150])
def test_a_smaller_number_of_procedures_is_the_start_of_a_larger_one(procedures: int) -> None:
    smaller = list(hospital(procedures, 6))
    assert list(islice(hospital(600, 6), len(smaller))) == smaller


@pytest.mark.parametrize("procedures", [0, 1, 2, 3, 500])
def test_there_are_exactly_as_many_procedures_as_wanted(procedures: int) -> None:
    assert sum(one["resourceType"] == "Procedure" for one in hospital(procedures, 8)) == procedures


def test_the_first_resource_of_a_billion_procedures_comes_at_once() -> None:
    assert len(list(islice(hospital(10**9, 1), 2000))) == 2000


@pytest.mark.parametrize(("procedures", "seed"), [(-1, 1), (1, -1), (1, 10**9)])
def test_a_number_that_cannot_work_is_refused_before_the_first_resource(procedures: int, seed: int) -> None:
    with pytest.raises(SettingsError):
        hospital(procedures, seed)


def test_every_reference_points_at_an_earlier_resource(stream: list[Resource]) -> None:
    seen: set[str] = set()
    dangling = []
    for resource in stream:
        dangling += [target for target in references(resource) if target not in seen]
        seen.add(place(resource))
    assert dangling == []


def test_every_id_is_valid_and_used_once(stream: list[Resource]) -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", resource["id"]) for resource in stream)
    assert len({place(resource) for resource in stream}) == len(stream)


def test_the_largest_seed_gives_valid_ids() -> None:
    assert all(len(resource["id"]) <= 64 for resource in hospital(50, 999_999_999))


def test_only_served_types_occur(by_type: Mapping[str, list[Resource]]) -> None:
    assert set(by_type) <= set(SERVED)


def test_no_element_is_empty_or_null(stream: list[Resource]) -> None:
    def empty(value: Any) -> bool:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return value in (None, "", [], {}) or any(map(empty, inner))

    assert [place(resource) for resource in stream if empty(resource)] == []


def test_what_does_not_grow_with_the_procedures_is_small() -> None:
    assert sum(1 for _ in hospital(0, 1)) < 500
    assert {one["resourceType"] for one in hospital(0, 1)}.isdisjoint({"Patient", "Device", "Procedure"})


def test_patients_come_six_for_ten_procedures(by_type: Mapping[str, list[Resource]]) -> None:
    assert 0.5 < len(by_type["Patient"]) / len(by_type["Procedure"]) < 0.7


def test_some_patients_have_several_operations(by_type: Mapping[str, list[Resource]]) -> None:
    days = {(one["subject"]["reference"], one["performedDateTime"]) for one in by_type["Procedure"]}
    operations = Counter(patient for patient, _ in days)
    assert {1, 2, 3} == set(operations.values())


def test_most_procedures_are_completed_and_a_few_are_not(by_type: Mapping[str, list[Resource]]) -> None:
    statuses = Counter(one["status"] for one in by_type["Procedure"])
    assert statuses["completed"] / statuses.total() > 0.95
    assert {"not-done", "entered-in-error"} <= set(statuses)
