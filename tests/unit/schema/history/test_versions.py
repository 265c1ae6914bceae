"""`T(id:, version:, asOf:)`: one version of a resource, and what was deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import RequestError
from app.schema.history.versions import last_moment, number_of
from app.store.repository import Write
from tests.builders import device, patient, procedure
from tests.counted import CountedStore

if TYPE_CHECKING:
    from tests.builders import Document
    from tests.conftest import Product, Start

READ = """
query($id: ID!, $version: String, $asOf: dateTime) {
  Patient(id: $id, version: $version, asOf: $asOf) { id meta { versionId } name { family } }
}
"""


async def hospital(start: Start, *families: str | None) -> Product:
    """p1 written once for each family name; None deletes it."""
    product = await start()
    for family in families:
        await product.store.write([Write("Patient", "p1", patient(name=[{"family": family}]) if family else None)])
    return product


async def read(product: Product, **variables: Any) -> Any:
    """The family name that is read, or the code of the error."""
    answer = await product.ask(READ, {"id": "p1", **variables})
    if "errors" in answer:
        [error] = answer["errors"]
        assert (answer["data"]["Patient"], error["path"]) == (None, ["Patient"])
        return error["extensions"]["code"]
    found = answer["data"]["Patient"]
    return found and found["name"][0]["family"]


async def times(product: Product) -> list[datetime]:
    """When each version of p1 was stored, the first one first."""
    found = await product.store.history("Patient", "p1", 10)
    return [datetime.fromisoformat(each.at) for each in reversed(found)]


async def test_a_version_is_read_by_its_number(start: Start) -> None:
    product = await hospital(start, "A", "B", "C")
    assert [await read(product, version=version) for version in ("1", "2", "3")] == ["A", "B", "C"]


async def test_without_a_version_the_current_one_is_read(start: Start) -> None:
    product = await hospital(start, "A", "B")
    assert await read(product) == "B"
    assert await read(product, version=None, asOf=None) == "B"


@pytest.mark.parametrize("version", ["0", "3", "01", "-1", "a", "9" * 64, "1.0"])
async def test_a_version_that_was_never_there_is_null(start: Start, version: str) -> None:
    assert await read(await hospital(start, "A", "B"), version=version) is None


@pytest.mark.parametrize("version", ["", " ", "1 ", "a b", "9" * 65, "é"])
async def test_what_cannot_be_a_version_is_refused(start: Start, version: str) -> None:
    assert await read(await hospital(start, "A"), version=version) == "invalid"


async def test_a_version_of_an_unknown_resource_is_null(start: Start) -> None:
    product = await hospital(start)
    assert await read(product, version="1") is None
    assert await read(product, asOf="2024") is None


async def test_a_deleted_resource_is_null_with_the_code_deleted(start: Start) -> None:
    assert await read(await hospital(start, "A", None)) == "deleted"


async def test_a_tombstone_is_null_with_the_code_deleted(start: Start) -> None:
    product = await hospital(start, "A", None, "B")
    assert [await read(product, version=version) for version in ("1", "2", "3")] == ["A", "deleted", "B"]


async def test_a_restored_resource_is_read_again(start: Start) -> None:
    assert await read(await hospital(start, "A", None, "B")) == "B"


async def test_an_unknown_resource_is_null_without_an_error(start: Start) -> None:
    assert await read(await hospital(start)) is None


async def test_that_a_resource_is_deleted_is_said_in_french_too(start: Start) -> None:
    product = await hospital(start, "A", None)
    answer = await product.ask(READ, {"id": "p1"}, accept_language="fr")
    assert answer["errors"][0]["message"].startswith("Patient/p1 a été supprimée.")


async def test_a_resource_is_read_as_it_was_at_a_moment(start: Start) -> None:
    product = await hospital(start, "A")
    [first] = await times(product)
    assert await read(product, asOf=(first + timedelta(days=1)).isoformat()) == "A"
    assert await read(product, asOf=first.isoformat(timespec="milliseconds")) == "A"
    assert await read(product, asOf=(first - timedelta(milliseconds=1)).isoformat(timespec="milliseconds")) is None


async def test_a_resource_is_deleted_from_the_moment_on_that_it_was(start: Start) -> None:
    product = await hospital(start, "A", None)
    assert await read(product, asOf="2999") == "deleted"


async def test_a_date_counts_to_its_end(start: Start) -> None:
    product = await hospital(start, "A")
    [first] = await times(product)
    today = first.astimezone(UTC).date()
    assert [await read(product, asOf=text) for text in (f"{today}", f"{today:%Y-%m}", f"{today:%Y}")] == ["A"] * 3
    assert await read(product, asOf=f"{today - timedelta(days=1)}") is None


@pytest.mark.parametrize(
    "moment", ["", "now", "2024-02-30", "2024-02-29T10:00:00", "2024-2", "2024Z", "20240229", 2024, True, ["2024"], {}]
)
async def test_what_is_no_date_time_is_refused(start: Start, moment: Any) -> None:
    assert await read(await hospital(start, "A"), asOf=moment) == "invalid"


async def test_a_version_and_a_moment_at_once_are_refused(start: Start) -> None:
    assert await read(await hospital(start, "A"), version="1", asOf="2999") == "invalid"


@pytest.mark.parametrize("name", ["id", "version"])
async def test_a_refusal_does_not_repeat_what_was_sent(start: Start, name: str) -> None:
    answer = await (await hospital(start, "A")).ask(READ, {"id": "p1", name: "secret value"})
    assert "secret" not in str(answer)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2024", "2024-12-31T23:59:59.999Z"),
        ("2024-02", "2024-02-29T23:59:59.999Z"),
        ("2024-02-29", "2024-02-29T23:59:59.999Z"),
        ("2024-02-29T10:00+01:00", "2024-02-29T09:00:59.999Z"),
        ("2024-02-29T10:00:00Z", "2024-02-29T10:00:00.999Z"),
        ("2024-02-29T10:00:00.5Z", "2024-02-29T10:00:00.599Z"),
        ("2024-02-29T10:00:00.123Z", "2024-02-29T10:00:00.123Z"),
        ("2024-02-29T10:00:00.123456Z", "2024-02-29T10:00:00.123Z"),
        ("9999", "9999-12-31T23:59:59.999Z"),
        ("9999-12-31T23:59:59.999-14:00", "9999-12-31T23:59:59.999Z"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_moment_is_the_last_millisecond_that_is_covered(value: str, moment: str) -> None:
    assert last_moment(value) == moment


def test_a_moment_without_zone_is_refused_where_it_has_a_time() -> None:
    with pytest.raises(RequestError, match="zone"):
        last_moment("2024-02-29T10:00:00")


@pytest.mark.parametrize(("version", "number"), [("1", 1), ("123", 123), ("0", None), ("٣", None), ("9" * 16, None)])
def test_a_version_is_a_counter(version: str, number: int | None) -> None:
    assert number_of(version) == number


async def test_what_an_old_version_contains_is_found_in_it(start: Start) -> None:
    product = await start()
    for lot in ("OLD", "NEW"):
        contained: Document = {"resourceType": "Device", "id": "d", "lotNumber": lot}
        document = procedure(id="x", contained=[contained], focalDevice=[{"manipulated": {"reference": "#d"}}])
        await product.store.write([Write("Procedure", "x", document)])
    query = '{ Procedure(id: "x", version: "1") { focalDevice { manipulated { resource { lotNumber } } } } }'
    data = await product.data(query)
    assert data["Procedure"]["focalDevice"] == [{"manipulated": {"resource": {"lotNumber": "OLD"}}}]


async def test_references_of_an_old_version_lead_to_what_is_current(start: Start) -> None:
    product = await start(patient(), device())
    await product.store.write([Write("Procedure", "x", procedure(id="x"))])
    query = '{ Procedure(id: "x", version: "1") { subject { resource { ... on Patient { birthDate } } } } }'
    assert (await product.data(query))["Procedure"]["subject"] == {"resource": {"birthDate": "1980-07-01"}}


async def test_only_what_is_missing_is_asked_for_twice(start: Start) -> None:
    product = await start(patient(), wrap=CountedStore)
    await product.data('{ Patient(id: "p1") { id } none: Patient(id: "none") { id } }')
    assert product.store.commands == [("read", "Patient"), ("heads", "Patient")]  # type: ignore[attr-defined]
