from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import patient

if TYPE_CHECKING:
    from tests.conftest import Product, Start

PAGE = """
query(
  $offset: Int, $count: Int, $cursor: String, $sort: String,
  $first: Int, $after: String, $last: Int, $before: String
) {
  PatientConnection(
    _offset: $offset, _count: $count, _cursor: $cursor, _sort: $sort
    first: $first, after: $after, last: $last, before: $before
  ) {
    count offset pagesize first previous next last
    edges { mode cursor node { id } resource { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


async def people(start: Start) -> Product:
    """Seven patients, p0 to p6, born in 2000 to 2005; p6 has no birth date."""
    born = [patient(id=f"p{n}", birthDate=f"200{n}-01-01") for n in range(6)]
    return await start(*born, patient(id="p6", birthDate=None))


async def page(product: Product, **variables: Any) -> dict[str, Any]:
    data: dict[str, Any] = (await product.data(PAGE, variables))["PatientConnection"]
    return data


def ids(connection: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in connection["edges"]]


async def test_the_count_is_of_all_rows_and_not_of_the_page(start: Start) -> None:
    connection = await page(await people(start), count=2)
    assert (connection["count"], connection["pagesize"], connection["offset"]) == (7, 2, 0)


async def test_a_row_has_fhirs_name_and_relays(start: Start) -> None:
    connection = await page(await people(start), count=1)
    (edge,) = connection["edges"]
    assert edge["node"] == edge["resource"] == {"id": "p0"}
    assert edge["mode"] == "match"


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (None, ["p0", "p1", "p2", "p3", "p4", "p5", "p6"]),
        ("birthdate", ["p0", "p1", "p2", "p3", "p4", "p5", "p6"]),
        ("-birthdate", ["p5", "p4", "p3", "p2", "p1", "p0", "p6"]),
        ("-_id", ["p6", "p5", "p4", "p3", "p2", "p1", "p0"]),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 7])
async def test_next_and_previous_walk_the_whole_list_in_both_directions(
    start: Start, sort: str | None, expected: list[str], size: int
) -> None:
    product = await people(start)
    connection = await page(product, count=size, sort=sort)
    forwards = ids(connection)
    while connection["next"]:
        connection = await page(product, count=size, sort=sort, cursor=connection["next"])
        forwards += ids(connection)
    assert forwards == expected
    backwards = ids(connection)
    while connection["previous"]:
        connection = await page(product, count=size, sort=sort, cursor=connection["previous"])
        backwards = ids(connection) + backwards
    assert backwards == expected


async def test_first_and_last_lead_to_the_ends(start: Start) -> None:
    product = await people(start)
    connection = await page(product, count=3, sort="-birthdate")
    assert ids(await page(product, count=3, sort="-birthdate", cursor=connection["last"])) == ["p1", "p0", "p6"]
    assert ids(await page(product, count=3, sort="-birthdate", cursor=connection["first"])) == ["p5", "p4", "p3"]


async def test_relays_arguments_page_both_ways(start: Start) -> None:
    product = await people(start)
    connection = await page(product, first=2)
    connection = await page(product, first=2, after=connection["pageInfo"]["endCursor"])
    assert ids(connection) == ["p2", "p3"]
    assert connection["pageInfo"]["hasPreviousPage"] is connection["pageInfo"]["hasNextPage"] is True
    assert ids(await page(product, last=2, before=connection["pageInfo"]["startCursor"])) == ["p0", "p1"]
    assert ids(await page(product, last=2)) == ["p5", "p6"]


async def test_an_empty_list_has_no_cursors_to_other_pages(start: Start) -> None:
    connection = await page(await start())
    assert (connection["count"], connection["edges"], connection["next"], connection["previous"]) == (0, [], None, None)
    assert connection["pageInfo"] == {
        "hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None,
    }  # fmt: skip


async def test_a_null_cursor_is_an_absent_one(start: Start) -> None:
    assert ids(await page(await people(start), count=1, cursor=None)) == ["p0"]


@pytest.mark.parametrize(
    "variables",
    [
        {"cursor": "gibberish"},
        {"after": ""},
        {"offset": -1},
        {"offset": 2147483647},
        {"first": 1, "last": 1},
        {"count": 1, "first": 1},
        {"count": 0},
        {"count": 1001},
        {"first": -1},
        {"sort": "nonsense"},
        {"sort": ""},
    ],
)
async def test_a_page_that_cannot_be_is_an_error(start: Start, variables: dict[str, Any]) -> None:
    answer = await (await people(start)).ask(PAGE, variables)
    assert answer["data"] == {"PatientConnection": None}
    assert answer["errors"][0]["extensions"]["code"] == "invalid"


async def test_a_cursor_of_another_sort_is_refused(start: Start) -> None:
    product = await people(start)
    connection = await page(product, count=2, sort="birthdate")
    answer = await product.ask(PAGE, {"count": 2, "sort": "-birthdate", "cursor": connection["next"]})
    assert answer["errors"][0]["extensions"]["code"] == "invalid"


async def test_a_page_beyond_the_end_leads_back_to_the_last(start: Start) -> None:
    product = await people(start)
    connection = await page(product, offset=50, count=3)
    assert (connection["edges"], connection["next"]) == ([], None)
    assert connection["pageInfo"]["hasPreviousPage"] is True
    assert ids(await page(product, count=3, cursor=connection["previous"])) == ["p4", "p5", "p6"]


async def test_the_cursor_of_the_first_page_is_no_place_to_stand_before(start: Start) -> None:
    product = await people(start)
    connection = await page(product, count=3)
    answer = await product.ask(PAGE, {"last": 2, "before": connection["first"]})
    assert answer["errors"][0]["extensions"]["code"] == "invalid"


async def test_a_page_is_never_larger_than_its_limit(start: Start) -> None:
    product = await start(*(patient(id=f"p{n}") for n in range(7)), environment={"DMI_MAX_ROWS": "5"})
    data = await product.data("{ PatientList { id } PatientConnection { pagesize edges { cursor } } }")
    assert len(data["PatientList"]) == len(data["PatientConnection"]["edges"]) == 5


async def test_too_many_values_of_a_parameter_are_refused(start: Start) -> None:
    product = await start()
    answer = await product.ask("query($f: [String]) { PatientList(family: $f) { id } }", {"f": ["a,b"] * 600})
    assert "family" in answer["errors"][0]["message"]


async def test_a_filter_expression_is_anded_with_the_parameters(start: Start) -> None:
    product = await people(start)
    query = '{ PatientList(birthdate: "ge2003", _filter: "birthdate lt 2005-01-01") { id } }'
    assert (await product.data(query))["PatientList"] == [{"id": "p3"}, {"id": "p4"}]
