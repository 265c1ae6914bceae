from __future__ import annotations

import pytest

from app.search.algebra import ID, And, Eq, In, Linked, Missing, Not, Or, Prefix, Range, Referenced, SearchValues
from app.search.matching import linked_ids, links_of, matches, verdict

VALUES = SearchValues({"status": ("completed",), "patient": ("Patient/p",)}, {"date": (("2024-01", "2024-02"),)}, {})
YES, NO = Eq("status", "completed"), Eq("status", "stopped")
LINK = Linked("patient", "Patient", Eq("name", "martin"), ("Patient/", "https://x/Patient/"))
BACK = Referenced("Procedure", "patient", YES, ("Patient/",))


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        (YES, True),
        (NO, False),
        (In("status", ("stopped", "completed")), True),
        (Prefix("status", "comp"), True),
        (Eq(ID, "a"), True),
        (Range("date", lo_from="2024-01"), True),
        (Range("date", hi_upto="2024-01"), False),
        (Missing("status"), False),
        (Missing("other"), True),
        (And(), True),
        (Or(), False),
        (And((YES, NO)), False),
        (Or((NO, YES)), True),
        (Not(NO), True),
        # What only a store knows, and where that does not matter.
        (LINK, None),
        (BACK, None),
        (Not(BACK), None),
        (And((YES, BACK)), None),
        (And((BACK, NO)), False),
        (Or((BACK, YES)), True),
        (Or((NO, BACK)), None),
    ],
)
def test_a_document_tells_whether_a_filter_matches(filter_: And, found: bool | None) -> None:
    assert verdict(filter_, VALUES, "a") is found
    assert matches(filter_, VALUES, "a") is (found is True)


@pytest.mark.parametrize(
    ("name", "found"), [("martin", True), ("durand", False), (None, False)], ids=["matches", "does not", "is not there"]
)
def test_what_a_document_refers_to_may_be_told(name: str | None, found: bool) -> None:
    known = {("Patient", "p"): SearchValues({"name": (name,)}, {}, {})} if name else {}
    assert verdict(LINK, VALUES, "a", lambda type_, id_: known.get((type_, id_))) is found
    assert verdict(Not(LINK), VALUES, "a", lambda type_, id_: known.get((type_, id_))) is not found


def test_what_that_refers_to_in_turn_only_a_store_knows() -> None:
    further = Linked(
        "patient", "Patient", Linked("organization", "Organization", YES, ("Organization/",)), ("Patient/",)
    )
    assert verdict(further, VALUES, "a", lambda *_: VALUES) is None


def test_the_first_steps_of_all_chains_are_found() -> None:
    other = Linked("encounter", "Encounter", LINK, ("Encounter/",))
    assert list(links_of(And((YES, Or((LINK, Not(other))), BACK)))) == [LINK, other]


def test_ids_are_read_from_every_form_of_a_reference() -> None:
    texts = ("Patient/a", "https://x/Patient/b", "https://y/Patient/c", "Group/d")
    assert list(linked_ids(LINK, texts)) == ["a", "b"]
