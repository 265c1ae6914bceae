from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from app.profiles.primitives import PRIMITIVES
from tests.builders import patient

if TYPE_CHECKING:
    from collections.abc import Callable

    Errors = Callable[[Any], list[tuple[str, str]]]

MIB = 1_048_576

RIGHT: dict[str, list[Any]] = {
    "boolean": [True, False],
    "integer": [0, -(2**31), 2**31 - 1],
    "positiveInt": [1, 2**31 - 1],
    "unsignedInt": [0, 2**31 - 1],
    "decimal": [0, -1, Decimal("1.50"), Decimal("1E-6176"), Decimal("9E+6111"), Decimal("1" * 34), 10**33],
    "date": ["2024", "2024-02", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"],
    "dateTime": [
        "2024",
        "2024-02",
        "2024-02-29",
        "2024-02-29T23:59:59Z",
        "2016-12-31T23:59:60Z",
        "2024-01-01T00:00:00.123456789+14:00",
        "2024-01-01T00:00:00-13:59",
    ],
    "instant": ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000+01:00", "2016-12-31T23:59:60Z"],
    "time": ["00:00:00", "23:59:60", "12:00:00.5"],
    "id": ["a", "A-1.b", "x" * 64, "1.2.3", "-"],
    "code": ["a", "a b", "été", "<=", "in-progress"],
    "string": ["a", " a ", "a\tb\r\nc", "a\u00a0b", "\u00a0", "日本", "😀", "x" * MIB],
    "markdown": ["# a\n\nb", "\u00a0"],
    "uri": ["a", "http://a.b/c#d", "urn:oid:1.2.250", "urn:uuid:C757873D-ec9a-4326-a141-556f43239520", "#x", "../a"],
    "url": ["http://a.b", "mailto:a@b.c", "ftp://x"],
    "canonical": ["http://a.b/c", "http://a.b/c|1.0", "#x", "urn:oid:1.2.3"],
    "oid": ["urn:oid:1.2.250.1.71.4.2.1", "urn:oid:0.0", "urn:oid:2.999"],
    "uuid": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
    "base64Binary": ["QQ==", "QUI=", "QUJD", "QU\nJD", " QUJD ", "++//", "QUJD" * 10_000],
    "xhtml": ['<div xmlns="http://www.w3.org/1999/xhtml">a</div>'],
}

WRONG: dict[str, list[Any]] = {
    "boolean": ["true", "false", 1, 0, Decimal(1), {}, []],
    "integer": [-(2**31) - 1, 2**31, Decimal("1.0"), Decimal("1E2"), "1", True, {}],
    "positiveInt": [0, -1, 2**31, "1", True],
    "unsignedInt": [-1, 2**31, False],
    "decimal": ["1.5", True, Decimal("1E-6177"), Decimal("1E+6112"), Decimal("1" * 35), 10**34, Decimal("NaN"), 1.5],
    "date": [
        "0000",
        "0000-01-01",
        "24",
        "2024-13",
        "2024-00",
        "2024-02-30",
        "2023-02-29",
        "1900-02-29",
        "2024-04-31",
        "2024-2-1",
        "2024-02-29T00:00:00Z",
        "2024-02-29 ",
        "٢٠٢٤",
        "2024-02-29\n",
        20240229,
    ],
    "dateTime": [
        "0000-01-01",
        "2023-02-29T00:00:00Z",
        "2024-02-29T12:00Z",
        "2024-02-29T12:00:00",
        "2024-02-29T24:00:00Z",
        "2024-02-29T12:60:00Z",
        "2024-02-29T12:00:61Z",
        "2024-02-29T12:00:00+14:01",
        "2024-02-29T12:00:00+15:00",
        "2024-02-29T12:00:00.Z",
        "2024-02-29T12:00:00z",
        "2024-02-29t12:00:00Z",
        "2024-02T12:00:00Z",
        "2024-02-29 12:00:00Z",
    ],
    "instant": ["2024", "2024-02-29", "2024-02-29T00:00:00", "2023-02-29T00:00:00Z", "2024-02-29T00:00Z"],
    "time": ["12:00", "24:00:00", "12:00:00Z", "1:00:00", "12:00:00."],
    "id": ["", "a b", "x" * 65, "a_b", "é", "a\n", 1],
    "code": ["", " a", "a ", "a  b", "a\tb", "a\n", " "],
    "string": ["", " ", "\t\r\n", "a\x00", "a\x0b", "\x1f", "\ud800", "a\udfff", "x" * (MIB + 1), 1, True, {}],
    "markdown": ["", " \n "],
    "uri": ["", " ", "a b", "http://a.b/ ", "urn:oid:1.02", "urn:oid:x", "urn:uuid:123", "\ud800", "a\n"],
    "url": ["", "http://a b"],
    "canonical": ["", "a b", "http://a|1|2", "http://a|"],
    "oid": ["1.2.250", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.01", "URN:OID:1.2", "urn:oid:1.2."],
    "uuid": ["c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520", "urn:uuid:1"],
    "base64Binary": ["", " ", "A", "QQ", "QQ=", "Q===", "QQ==QQ==", "QUJ-", "QUJ_", "é"],
    "xhtml": ["", " "],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in RIGHT.items() for value in values])
def test_a_value_of_the_type_is_taken(name: str, value: Any) -> None:
    assert PRIMITIVES[name].takes(value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_value_that_is_not_of_the_type_gives_one_finding(name: str, value: Any) -> None:
    assert not PRIMITIVES[name].takes(value)
    assert len(list(PRIMITIVES[name].findings(value))) == 1


def test_every_primitive_type_has_right_and_wrong_values() -> None:
    assert RIGHT.keys() == WRONG.keys() == PRIMITIVES.keys()


def test_a_wrong_value_is_reported_at_its_element_without_being_repeated(errors: Errors) -> None:
    assert errors(patient(birthDate="2023-02-29")) == [("Patient.birthDate", "R4#Patient.birthDate.format")]


def test_a_string_beyond_a_mebibyte_is_too_long(errors: Errors) -> None:
    found = errors(patient(name=[{"family": "x" * (MIB + 1)}]))
    assert found == [("Patient.name[0].family", "R4#Patient.name.family.length")]


def test_an_object_in_place_of_a_value_has_the_wrong_json_type(errors: Errors) -> None:
    assert errors(patient(active="true")) == [("Patient.active", "R4#Patient.active.json-type")]
    assert errors(patient(birthDate={"year": 1980})) == [("Patient.birthDate", "R4#Patient.birthDate.json-type")]
