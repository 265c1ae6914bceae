"""Alternatives that ask the same place are one, as a table."""

from __future__ import annotations

import pytest

from app.search.algebra import And, Eq, Filter, In, Linked, Not, Or, Prefix, Referenced
from app.store.sqlite.alternatives import alternatives

A, B, C = Eq("lot", "a"), Eq("lot", "b"), Eq("status", "c")


def of(wanted: Filter, *prefixes: str) -> Linked:
    """What is linked to a device that the filter matches."""
    return Linked("device", "Device", wanted, prefixes or ("Device/",))


def by(wanted: Filter) -> Referenced:
    """What a procedure that the filter matches refers to."""
    return Referenced("Procedure", "device", wanted, ("Device/",))


CASES: list[tuple[tuple[Filter, ...], tuple[Filter, ...]]] = [
    ((), ()),
    ((A,), (A,)),
    ((A, B), (In("lot", ("a", "b")),)),
    ((A, C, B, A), (In("lot", ("a", "b")), C)),
    ((A, In("lot", ("c", "a")), In("lot", ())), (In("lot", ("a", "c")),)),
    ((A, Or((B, Or((C,))))), (In("lot", ("a", "b")), C)),
    ((of(A), of(B)), (of(Or((A, B))),)),
    ((of(A), of(B, "https://a/Device/")), (of(A), of(B, "https://a/Device/"))),
    ((by(A), by(C), of(A)), (by(Or((A, C))), of(A))),
    ((Prefix("lot", "a"), Prefix("lot", "b")), (Prefix("lot", "a"), Prefix("lot", "b"))),
    ((Prefix("lot", "a"), Prefix("lot", "a")), (Prefix("lot", "a"),)),
    ((Not(A), Not(B)), (Not(A), Not(B))),
    ((And((A, C)), And((B, C))), (And((A, C)), And((B, C)))),
]


@pytest.mark.parametrize(("parts", "expected"), CASES, ids=str)
def test_alternatives_that_ask_the_same_place_are_one(parts: tuple[Filter, ...], expected: tuple[Filter, ...]) -> None:
    assert alternatives(Or(parts)) == expected
