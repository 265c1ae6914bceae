"""Every step from one resource to another with every kind of token: references, and the lists of what refers to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from app.fhir.served import SERVED
from app.schema.reverse import referring
from tests.authorization.conftest import codes
from tests.authorization.holders import AS_USERS, HOLDERS, OPEN_TO_ALL
from tests.authorization.world import SECRET, at, ids, references, selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.authorization.conftest import Guarded
    from tests.authorization.holders import Holder

Lists = dict[tuple[str, str], tuple[set[str] | None, int | None]]
"""For each reverse list, by its type and parameter, the ids in it and their count; None where there is no list."""

pytestmark = pytest.mark.asyncio(loop_scope="module")

DIFFERENT = [each for each in HOLDERS if each not in (OPEN_TO_ALL, *AS_USERS)]
each_holder = pytest.mark.parametrize("holder", DIFFERENT, ids=lambda holder: holder.name)


def hopping(name: str) -> str:
    """The resource of a type that patient a's token sees and that refers to what is about patient b, if it may."""
    return "ab" if "ab" in ids(name) else "a"


def target_id(name: str) -> str:
    return hopping(name)[-1]


async def test_every_reference_of_the_schema_is_in_the_matrix(guarded: Guarded) -> None:
    """Who may see all finds what each of them leads to: so none of them is tested where it leads nowhere."""
    hops = 0
    for name in SERVED:
        paths = dict(references(name))
        query = selection(dict.fromkeys(paths, "resource { __typename ... on Resource { id } }"))
        answer = await guarded.asked(OPEN_TO_ALL, f'{{ {name}(id: "{hopping(name)}") {{ {query} }} }}')
        assert "errors" not in answer
        for path, target in paths.items():
            found = at(answer["data"][name], path)["resource"]
            assert found == {"__typename": target, "id": target_id(name)}, (name, path)
            hops += 1
    assert hops > 170


@each_holder
async def test_a_reference_leads_to_what_may_be_read(guarded: Guarded, holder: Holder) -> None:
    for name in SERVED:
        if not holder.may("r", name):
            continue
        paths = dict(references(name))
        query = selection(dict.fromkeys(paths, "resource { __typename }"))
        answer = await guarded.asked(holder, f'{{ {name}(id: "{hopping(name)}") {{ {query} }} }}')
        told = {tuple(step for step in path if isinstance(step, str)): code for path, code in codes(answer).items()}
        for path, target in paths.items():
            found = at(answer["data"][name], path)["resource"]
            may = holder.may("r", target) and holder.sees(target, target_id(name))
            assert (found is not None) is may, (name, path)
            assert told.pop((name, *path, "resource"), None) == (None if may else "forbidden"), (name, path)
        assert not told


@each_holder
async def test_however_a_reference_is_written_it_leads_no_further(guarded: Guarded, holder: Holder) -> None:
    query = '{ Procedure(id: "ab") { reasonReference { resource { ... on Condition { id raw } } } } }'
    answer = await guarded.asked(holder, query)
    if not holder.may("r", "Procedure"):
        assert answer["data"] == {"Procedure": None}
        return
    found = [each["resource"] for each in answer["data"]["Procedure"]["reasonReference"]]
    may = holder.may("r", "Condition") and holder.sees("Condition", "b")
    assert [each is not None for each in found] == [may] * 5
    assert set(codes(answer).values()) == (set() if may else {"forbidden"})
    assert (SECRET in str(answer)) is may


def reverse_lists(name: str) -> list[tuple[str, str]]:
    return [(other, parameter) for other in SERVED for parameter in referring(other, name)]


async def test_every_reverse_list_of_the_schema_is_in_the_matrix(guarded: Guarded) -> None:
    types = guarded.schema._schema.type_map
    for name in SERVED:
        lists = {each for each in types[name].fields if each.endswith("List")}  # type: ignore[attr-defined]
        assert lists == {f"{other}List" for other, _ in reverse_lists(name)}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def everything(guarded: Guarded) -> Mapping[tuple[str, str], Lists]:
    """What who may see all finds."""
    asked = {(name, id_): await guarded.asked(OPEN_TO_ALL, _query(name, id_)) for name, id_ in _places()}
    return {place: _listed(answer, place[0]) for place, answer in asked.items()}


@each_holder
async def test_what_refers_to_a_resource_is_listed_as_far_as_it_may_be_seen(
    guarded: Guarded, holder: Holder, everything: Mapping[tuple[str, str], Lists]
) -> None:
    rows = 0
    for name, id_ in _places():
        if not (holder.may("r", name) and holder.sees(name, id_)):
            continue
        answer = await guarded.asked(holder, _query(name, id_))
        assert SECRET not in str(answer) or not holder.patient
        found = _listed(answer, name)
        for other, parameter in reverse_lists(name):
            every, _ = everything[name, id_][other, parameter]
            may = holder.may("s", other)
            expected = {each for each in every or () if holder.sees(other, each)}
            rows += len(expected)
            assert found[other, parameter] == ((expected, len(expected)) if may else (None, None)), (name, other)
        refused = [index for index, (other, _) in enumerate(reverse_lists(name)) if not holder.may("s", other)]
        assert codes(answer) == {(name, f"{kind}{index}"): "forbidden" for kind in "lc" for index in refused}
    assert rows or not holder.may("r", "Patient")


def _places() -> list[tuple[str, str]]:
    return [(name, id_) for name in SERVED for id_ in ids(name)[:2]]


def _query(name: str, id_: str) -> str:
    fields = " ".join(
        f'l{index}: {other}List(_reference: "{parameter}") {{ id raw }} '
        f'c{index}: {other}Connection(_reference: "{parameter}") {{ count }}'
        for index, (other, parameter) in enumerate(reverse_lists(name))
    )
    return f'{{ {name}(id: "{id_}") {{ {fields or "id"} }} }}'


def _listed(answer: Mapping[str, Any], name: str) -> Lists:
    told = answer["data"][name]
    return {
        path: (
            None if told[f"l{index}"] is None else {each["id"] for each in told[f"l{index}"]},
            None if told[f"c{index}"] is None else told[f"c{index}"]["count"],
        )
        for index, path in enumerate(reverse_lists(name))
    }
