from __future__ import annotations

from typing import Any

import pytest

from app.search.paths import parse_path, reader

PATIENT: dict[str, Any] = {
    "name": [{"given": ["Ana", "Bea"]}, {"given": ["Cléa"]}, "broken", None],
    "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}, {"value": "3"}],
    "identifier": [
        {"value": "a", "type": {"coding": [{"code": "X"}, {"code": "INS-C"}]}},
        {"value": "b", "type": {"coding": [{"code": "INS-NIR"}]}},
        {"value": "c", "type": {"coding": "INS-C"}},
    ],
    "extension": [{"url": "http://x.y/z.a", "valueCode": "P01"}, {"url": "http://other", "valueCode": "no"}],
    "active": False,
    "birthDate": None,
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("name.given", ["Ana", "Bea", "Cléa"]),
        ("telecom[system=phone].value", ["1"]),
        ("identifier[type.coding.code=INS-C|INS-NIR].value", ["a", "b"]),
        ("extension[url=http://x.y/z.a].valueCode", ["P01"]),
        ("telecom[1].value", ["2"]),
        ("telecom[9].value", []),
        ("active", [False]),
        ("birthDate", []),
        ("active.value", []),
        ("nothing.at.all", []),
    ],
)
def test_a_path_leads_to_its_values(path: str, expected: list[object]) -> None:
    assert reader(parse_path(path))(PATIENT) == expected


@pytest.mark.parametrize("document", [None, 5, "text", [], [[{"name": 1}]], {"name": 5}])
def test_a_document_of_another_shape_has_no_values(document: object) -> None:
    assert reader(parse_path("name.given"))(document) == []
