from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import MalformedJson, RequestError
from app.fhir.json import decode, encode
from app.store.repository import Version, Write
from app.upkeep.history_line import history_line, history_of
from tests.builders import patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.store.sqlite import SqliteStore


def line(**changes: Any) -> dict[str, Any]:
    """The line of a patient with two versions, as a value."""
    versions = [
        {
            "version": number,
            "at": f"2024-05-06T00:00:0{number}.000Z",
            "author": "bloc-3",
            "resource": {
                "resourceType": "Patient",
                "id": "p1",
                "meta": {"versionId": str(number), "lastUpdated": f"2024-05-06T00:00:0{number}.000Z"},
                "active": number == 1,
            },
        }
        for number in (1, 2)
    ]
    return {"history": "Patient/p1", "keys": [], "versions": versions, **changes}


def version(number: int, **changes: Any) -> dict[str, Any]:
    """The line with one version changed."""
    told = line()
    told["versions"][number - 1] |= changes
    return told


async def test_a_history_is_read_again_in_the_same_words(store: SqliteStore, put: Callable[..., Any]) -> None:
    measured = {"url": "urn:weight", "valueQuantity": {"value": Decimal("1.50")}}
    await put(patient(), patient(extension=[measured]), keys=("b", "a"))
    await store.write([Write("Patient", "p1", None, author="bloc-4")])
    await put(patient(gender="female"), keys=("b", "a"))
    [history] = await store.histories("Patient", "", 10)
    text = history_line(history)
    assert b"1.50" in text
    assert history_line(history_of(text)) == text
    assert [each.operation for each in history_of(text)] == ["create", "update", "delete", "create"]
    assert history_of(text) == list(history)


def test_a_line_of_the_right_form_is_read() -> None:
    assert [each.version for each in history_of(encode(line()))] == [1, 2]


def test_keys_belong_to_the_last_version() -> None:
    assert [each.keys for each in history_of(encode(line(keys=["a"])))] == [(), ("a",)]


@pytest.mark.parametrize(
    "wrong",
    [
        1,
        [],
        {},
        line(history="Patient"),
        line(history="Medication/m"),
        line(history="https://other.example/Patient/p1"),
        line(history=["Patient/p1"]),
        line(history="Patient/p2"),
        line(keys="a"),
        line(keys=[1]),
        line(versions=[]),
        line(versions=None),
        line(versions=[1]),
        line(versions=line()["versions"][1:]),
        line(versions=line()["versions"][::-1]),
        version(1, at="2024-05-06"),
        version(1, at="2024-05-06T00:00:09.000Z"),
        version(1, author=None),
        version(1, resource=None),
        version(1, resource={"resourceType": "Patient", "id": "p1"}),
        version(2, resource=[]),
        {**version(2, resource=None), "keys": ["a"]},
    ],
)
def test_what_is_no_whole_history_is_refused(wrong: Any) -> None:
    with pytest.raises(RequestError, match="history"):
        history_of(encode(wrong))


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(MalformedJson):
        history_of(b'{"history"')


def test_a_tombstone_is_null() -> None:
    resource = line()["versions"][0]["resource"]
    history = [
        Version("Patient", "p1", 1, "2024-05-06T00:00:01.000Z", "", "create", resource),
        Version("Patient", "p1", 2, "2024-05-06T00:00:02.000Z", "", "delete", None),
    ]
    assert decode(history_line(history))["versions"][1]["resource"] is None
    assert history_of(history_line(history)) == history
