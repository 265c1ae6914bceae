"""How many errors an answer tells, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLError

from app.schema.execution import failures
from app.schema.execution.failures import Failures, told
from app.schema.execution.places import Shared
from tests.builders import practitioner, procedure

if TYPE_CHECKING:
    from app.schema.execution.places import Place
    from tests.conftest import Start


def at(key: str, above: Any = None) -> Place:
    return (above, key, {}, False)


def paths(noted: Failures) -> list[Any]:
    return [error.path for error in noted.errors()]


def test_an_error_below_a_place_that_had_become_null_is_left_out() -> None:
    noted = Failures()
    noted.note(ValueError(), (), at("name", at("patient")))
    noted.nulled(at("patient"))
    noted.note(ValueError(), (), at("birthDate", at("patient")))
    noted.note(ValueError(), (), at("status"))
    assert paths(noted) == [["patient", "name"], ["status"]]


def test_null_at_the_root_leaves_out_every_error_after_it() -> None:
    noted = Failures()
    noted.note(ValueError(), (), at("a"))
    noted.nulled(None)
    noted.note(ValueError(), (), at("b"))
    assert (paths(noted), noted.everything) == ([["a"]], True)


def test_no_more_errors_are_located_than_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "MOST_ERRORS", 3)
    document = Shared([], 1)
    document.places += [at(str(number)) for number in range(1_000)]
    noted = Failures()
    for _ in range(1_000):
        noted.note(ValueError(), (), at("name", document))
    assert paths(noted) == [["0", "name"], ["1", "name"], ["2", "name"], ["3", "name"]]


@pytest.mark.parametrize(("number", "most"), [(3, 3), (4, 4), (5, 4)])
def test_the_first_error_beyond_those_that_are_told_says_so(
    number: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_ERRORS", 3)
    listed = told([GraphQLError("x", path=[each]) for each in range(number)])
    assert [error.path for error in listed] == [[each] for each in range(most)]
    codes = [getattr(error.original_error, "code", None) for error in listed]
    assert codes == [None, None, None, *(["too-costly"] * (most - 3))]


@pytest.mark.parametrize("beside", ["", "__schema { __typename }"], ids=["planned", "graphql-core"])
async def test_an_error_of_a_shared_document_is_told_a_limited_number_of_times(
    start: Start, beside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_ERRORS", 5)
    rows = [procedure(id=f"x{number}", identifier=None) for number in range(10)]
    product = await start(practitioner(), *rows)
    answer = await product.ask(
        "{ ProcedureList { performer { actor { resource { ... on Practitioner { name(_count: -1) { family } } } } } } "
        f"{beside} }}"
    )
    assert [error["path"][1] for error in answer["errors"]] == [0, 1, 2, 3, 4, 5]
    assert [error["extensions"]["code"] for error in answer["errors"]][-2:] == ["invalid", "too-costly"]
    assert len(answer["data"]["ProcedureList"]) == 10
