from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.access.watching import watched
from app.store.repository import Head

if TYPE_CHECKING:
    from app.usage.command import Command


class Answering:
    """A repository of one resource, which fails for all others."""

    async def read(self, type: str, ids: Any, elements: Any = None) -> dict[str, Any]:  # noqa: A002 - FHIR's word
        if ids != ["x"]:
            raise KeyError(type)
        return {"x": {"resourceType": type, "elements": elements}}

    async def heads(self, type: str, ids: Any) -> dict[str, Head]:  # noqa: A002 - FHIR's word
        return {id_: Head(1, deleted=False) for id_ in ids}

    async def write(self, writes: Any, *, together: bool = False) -> list[Any]:
        return [together for _ in writes]

    async def reserve(self, name: str) -> str:
        return name


def test_a_repository_that_nobody_watches_is_itself() -> None:
    repository = Answering()
    assert watched(repository, ()) is repository


async def test_commands_are_told_with_what_they_answered() -> None:
    told: list[Command] = []
    repository = watched(Answering(), (told.append,))
    answer = await repository.read("Patient", ["x"], elements={"name"})
    assert answer["x"]["elements"] == {"name"}
    assert await repository.write(["w"], together=True) == [True]
    (read, write) = told
    assert (read.method, read.type, read.arguments, read.answer) == ("read", "Patient", (["x"], {"name"}), answer)
    assert (write.method, write.type, write.arguments) == ("write", "", (["w"], True))
    assert read.begun <= read.ended


async def test_a_command_that_fails_is_told_with_its_error_and_fails() -> None:
    told: list[Command] = []
    with pytest.raises(KeyError):
        await watched(Answering(), (told.append,)).read("Patient", ["y"])
    assert isinstance(told[0].error, KeyError)
    assert told[0].answer is None


async def test_what_reads_no_resources_is_not_told() -> None:
    told: list[Command] = []
    assert await watched(Answering(), (told.append,)).reserve("k") == "k"
    assert told == []
