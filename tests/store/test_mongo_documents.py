"""Resources as MongoDB keeps them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import bson
import pytest
from bson import Binary, Decimal128
from hypothesis import given, settings
from hypothesis import strategies as st

from app.store.mongo.documents import current, earlier, from_bson, kept, to_bson, version_of
from app.store.repository import Version
from app.store.version import same_content
from tests.store.toy import INDEX, patient, stayed

if TYPE_CHECKING:
    from app.fhir.resource import Json

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False) | st.builds(
    lambda digits, exponent, sign: Decimal((sign, digits, exponent)),
    st.lists(st.integers(0, 9), min_size=1, max_size=45).map(tuple),
    st.integers(-6300, 6300),
    st.integers(0, 1),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.integers(-(10**40), 10**40) | DECIMALS | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text("ab$._-é"), inner), max_leaves=10
)


@settings(deadline=None)
@given(VALUES)
def test_a_json_value_comes_back_from_the_bytes_that_mongodb_keeps(value: Json) -> None:
    kept = bson.decode(bson.encode({"value": to_bson(value)}))
    assert same_content({"value": from_bson(kept["value"])}, {"value": value})


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (Decimal("1.50"), Decimal128("1.50")),
        (Decimal("1E+2"), Decimal128("1E+2")),
        (Decimal("-0.0"), Decimal128("-0.0")),
        (2**63 - 1, 2**63 - 1),
        (2**63, Decimal128("9223372036854775808")),
        (10**40, Binary(b"1" + b"0" * 40, 0x80)),
        (Decimal("1E+7000"), Binary(b"1E+7000", 0x80)),
        (True, True),
    ],
)
def test_numbers_are_kept_so_that_mongodb_can_compare_them_if_it_has_the_digits(value: Json, kept: Any) -> None:
    assert to_bson(value) == kept
    assert type(to_bson(value)) is type(kept)


AT = "2024-01-01T00:00:00.000Z"


def test_the_document_of_a_resource_has_what_it_is_found_by() -> None:
    resource = stayed(("2001", "2002")) | patient(id="p1", active=True, birthDate="2000-01-02")
    version = Version("Patient", "p1", 3, AT, "someone", "update", resource, ("k2", "k1", "k2"))
    assert current(version, INDEX) == {
        "_id": "p1",
        "version": 3,
        "at": AT,
        "deleted": False,
        "author": "someone",
        "operation": "update",
        "resource": resource,
        "keys": ["k1", "k2"],
        "indexed": "1",
        "ix": {
            "active": ["true"],
            "stay": [{"lo": "2001", "hi": "2002"}],
            "birthdate": [{"lo": "2000-01-02T00", "hi": "2000-01-02T24"}],
        },
        "sort": {"active": "true", "birthdate": "2000-01-02T00"},
    }


def test_a_tombstone_is_found_by_nothing() -> None:
    version = Version("Patient", "p1", 2, AT, "someone", "delete", None)
    assert current(version, INDEX) == {
        "_id": "p1",
        "version": 2,
        "at": AT,
        "deleted": True,
        "author": "someone",
        "operation": "delete",
        "indexed": "1",
    }


@pytest.mark.parametrize("resource", [patient(id="p1", multiple=[Decimal("1.50")]), None])
def test_an_earlier_version_is_kept_without_what_it_is_found_by(resource: Any) -> None:
    version = Version("Patient", "p1", 3, AT, "someone", "update" if resource else "delete", resource, ("k1",))
    document = earlier(current(version, INDEX))
    assert document == kept(version)
    assert document.keys() - {"resource"} == {"_id", "at", "deleted", "author", "operation"}
    assert version_of("Patient", document) == replace(version, keys=())


def test_a_version_comes_back_from_its_document() -> None:
    version = Version("Patient", "p1", 3, AT, "someone", "update", patient(id="p1"), ("k1",))
    assert version_of("Patient", current(version, INDEX)) == version


@pytest.mark.parametrize(("number", "operation"), [(1, "create"), (2, "update")])
def test_a_document_of_an_earlier_release_does_not_say_its_operation(number: int, operation: str) -> None:
    document = {"_id": "p1", "version": number, "at": AT, "deleted": False, "author": "", "resource": patient(id="p1")}
    assert version_of("Patient", document).operation == operation
    assert version_of("Patient", earlier(document)).operation == operation
