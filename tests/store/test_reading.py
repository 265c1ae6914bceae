"""Reading by id, from every store."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from app.search.algebra import Search, SortKey
from tests.store.toy import Document, born, patient, write

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.store.repository import Repository


async def test_a_resource_is_read_as_it_was_written(store: Repository) -> None:
    resource = patient(birthDate="2000-01-02", active=True, name=[{"family": "Dupont", "given": ["Zoé", "Ève"]}])
    [stored] = await store.write([write("p1", resource)])
    read = await store.read("Patient", ["p1"])
    assert read["p1"] == stored.resource
    assert {name: read["p1"][name] for name in resource} == resource


async def test_unknown_ids_are_left_out(store: Repository) -> None:
    await store.write([write("p1", born("2000-01-02"))])
    assert set(await store.read("Patient", ["p0", "p1", "p2"])) == {"p1"}


async def test_an_id_is_unknown_under_another_type(store: Repository) -> None:
    await store.write([write("p1", born("2000-01-02"))])
    assert await store.read("Device", ["p1"]) == {}


async def test_no_ids_give_no_resources(store: Repository) -> None:
    assert await store.read("Patient", []) == {}


async def test_an_id_asked_for_twice_is_read_once(store: Repository) -> None:
    await store.write([write("p1", born("2000-01-02"))])
    assert set(await store.read("Patient", ["p1", "p1"])) == {"p1"}


async def test_a_thousand_ids_are_read_at_once(store: Repository) -> None:
    ids = [f"p{number}" for number in range(1000)]
    await store.write([write(name, patient(active=True)) for name in ids])
    assert set(await store.read("Patient", ids)) == set(ids)


async def test_an_id_is_a_text_and_no_pattern(store: Repository) -> None:
    await store.write([write("p1", born("2000-01-02"))])
    assert await store.read("Patient", ["p_", "%", "p.", "'", "\N{LATIN SMALL LETTER E WITH ACUTE}", ""]) == {}


DECIMALS = [
    Decimal(text)
    for text in (
        "1.50",
        "1.5",
        "1E+2",
        "-0.0",
        "0.000000000000000000000000000001",
        "1E-7",
        "12345678901234567890.5",
        "18446744073709551616.0",
        "1.2345678901234567890123456789012345678901234567890",
        "1E+6111",
        "1E+6144",
        "0E-7000",
        "1E+9999",
        "-1E-9999",
    )
]


async def test_decimals_keep_their_digits(store: Repository) -> None:
    await store.write([write("p1", patient(multiple=DECIMALS))])
    read = (await store.read("Patient", ["p1"]))["p1"]["multiple"]
    assert [type(number) for number in read] == [Decimal] * len(DECIMALS)
    assert [number.as_tuple() for number in read] == [number.as_tuple() for number in DECIMALS]


async def test_integers_of_any_size_stay_integers(store: Repository) -> None:
    numbers = [0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2**64, -(2**63) - 1, 10**33, 10**40]
    await store.write([write("p1", patient(multiple=numbers))])
    read = (await store.read("Patient", ["p1"]))["p1"]["multiple"]
    assert read == numbers
    assert {type(number) for number in read} == {int}


async def test_every_json_value_is_kept(store: Repository) -> None:
    values = [
        "Œuvre, naïveté, İstanbul",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩‍⚕️",
        "a\u0000b",
        "\u2028 \u00a0 \ufeff",
        '"quoted" \\ back $dollar.dot',
        "",
        True,
        False,
        None,
        [],
        {},
        [[], {}, None, "x"],
        {"$odd": 1, "a.b": 2, "": 3},
    ]
    await store.write([write("p1", patient(extension=values))])
    assert (await store.read("Patient", ["p1"]))["p1"]["extension"] == values


async def test_members_keep_their_order(store: Repository) -> None:
    await store.write([write("p1", patient(gender="other", active=True, birthDate="2000-01-02"))])
    assert list((await store.read("Patient", ["p1"]))["p1"])[3:] == ["gender", "active", "birthDate"]


WHOLE = patient(
    active=True,
    name=[{"family": "Dupont", "extension": [{"url": "u", "valueDecimal": Decimal("1.50")}]}],
    _birthDate={"extension": [{"url": "u"}]},
    birthDate=None,
    gender=[],
    contained=[{"resourceType": "Organization", "id": "o"}],
    nonsense={"active": 1},
    **{"$odd": 1, "a.b": [2], "": {}, "name.family": "x", "é": 3},
)
CHOICES: tuple[tuple[str, ...], ...] = (
    (),
    ("active",),
    ("name", "birthDate", "_birthDate"),
    ("gender", "unknown", "nonsense"),
    ("id", "meta", "resourceType"),
)


def _chosen(resource: Document, elements: Collection[str]) -> Document:
    always = {"resourceType", "id", "meta", "contained"}
    return {name: value for name, value in resource.items() if name in always or name in elements}


@pytest.mark.parametrize("elements", CHOICES)
async def test_a_read_of_some_elements_gives_these_and_what_is_always_read(
    store: Repository, elements: tuple[str, ...]
) -> None:
    [stored] = await store.write([write("p1", WHOLE)])
    read = await store.read("Patient", ["p1", "p2"], elements)
    assert read == {"p1": _chosen(stored.resource or {}, elements)}


@pytest.mark.parametrize("elements", CHOICES)
async def test_a_page_of_some_elements_has_the_rows_of_the_whole_page(
    store: Repository, elements: tuple[str, ...]
) -> None:
    await store.write([write(name, {**WHOLE, "birthDate": day}) for name, day in (("a", "2001"), ("b", "2000"))])
    search = Search(sort=(SortKey("birthdate"), SortKey("_lastUpdated")), count=1, offset=1)
    whole, page = [
        await store.search("Patient", replace(search, elements=chosen)) for chosen in (None, frozenset(elements))
    ]
    assert [row.resource for row in page.rows] == [_chosen(row.resource, elements) for row in whole.rows]
    assert [row.position for row in page.rows] == [row.position for row in whole.rows]
    assert (page.has_previous, page.has_next) == (True, False)


@pytest.mark.parametrize("name", ["$odd", "a.b", "", "name.family", "é", "name.$", "a\u0000b"])
async def test_a_name_that_no_element_has_is_no_path_and_no_expression(store: Repository, name: str) -> None:
    [stored] = await store.write([write("p1", WHOLE)])
    read = (await store.read("Patient", ["p1"], [name]))["p1"]
    wanted = _chosen(stored.resource or {}, [name])
    assert {member: read[member] for member in wanted} == wanted


async def test_elements_of_a_thousand_resources_are_read_at_once(store: Repository) -> None:
    ids = [f"p{number}" for number in range(1000)]
    await store.write([write(name, patient(active=True, gender="other")) for name in ids])
    read = await store.read("Patient", ids, ["gender"])
    assert {name: each["gender"] for name, each in read.items()} == dict.fromkeys(ids, "other")
    assert not any("active" in each for each in read.values())
