from __future__ import annotations

import pytest

from app.upkeep.erasure_order import BATCH, batches


def order(links: dict[str, list[str]]) -> list[str]:
    return [f"{type_}/{id_}" for type_, ids in batches(links) for id_ in ids]


@pytest.mark.parametrize(
    "links",
    [
        {"Patient/p": [], "Procedure/x": ["Patient/p"]},
        {
            "Patient/p": [],
            "Device/d": ["Patient/p"],
            "Procedure/x": ["Device/d", "Patient/p"],
            "Procedure/y": ["Device/d"],
        },
        {
            "Observation/a": ["Observation/b"],
            "Observation/b": ["Observation/c"],
            "Observation/c": ["Patient/elsewhere"],
        },
    ],
)
def test_what_refers_to_a_resource_goes_before_it(links: dict[str, list[str]]) -> None:
    found = order(links)
    assert sorted(found) == sorted(links)
    pairs = [(place, target) for place, targets in links.items() for target in targets if target in links]
    assert all(found.index(place) < found.index(target) for place, target in pairs)


def test_a_ring_goes_before_what_it_refers_to() -> None:
    ring = {"Condition/c": ["Encounter/e", "Patient/p"], "Encounter/e": ["Condition/c", "Patient/p"]}
    assert order({"Patient/p": [], **ring})[-1] == "Patient/p"


def test_a_long_chain_needs_no_deep_stack() -> None:
    links = {f"Observation/{number}": [f"Observation/{number + 1}"] for number in range(5_000)}
    assert order(links) == list(links)


def test_batches_are_of_one_type_and_not_too_large() -> None:
    found = list(batches({f"Patient/{number}": [] for number in range(BATCH + 1)} | {"Device/d": []}))
    assert sorted((type_, len(ids)) for type_, ids in found) == [("Device", 1), ("Patient", 1), ("Patient", BATCH)]
