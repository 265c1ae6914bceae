"""The guide's examples, through the command line, on both stores: what is read is what was sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from app.demo.examples import guide_examples
from app.fhir import json
from app.settings import read_settings
from app.stores import store_of
from tests.end_to_end.processes import command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["embedded", "mongodb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "mongodb":
        uri: str = request.getfixturevalue("mongodb_server")
        return uri
    return f"embedded:{tmp_path}"


def read_back(store: str) -> list[Any]:
    async def read() -> list[Any]:
        opened = store_of(read_settings({"DMI_STORE": store}))
        await opened.open()
        try:
            return [(await opened.read(e["resourceType"], [e["id"]])).get(e["id"]) for e in guide_examples()]
        finally:
            await opened.close()

    return asyncio.run(read())


def unversioned(resource: dict[str, Any]) -> dict[str, Any]:
    meta = {name: value for name, value in resource["meta"].items() if name not in ("versionId", "lastUpdated")}
    return {**resource, "meta": meta}


def test_all_22_are_loaded_and_read_back_equal_and_loading_again_changes_nothing(store: str) -> None:
    loaded = command("load", "app/demo/guide", DMI_STORE=store)
    assert loaded.returncode == 0, loaded.stderr
    assert "22 stored, 0 already there, 0 refused" in loaded.stderr
    first = read_back(store)
    assert [json.encode(unversioned(each)) for each in first] == [json.encode(each) for each in map(ordered, first)]
    assert [unversioned(each) for each in first] == list(guide_examples())
    again = command("load", "app/demo/guide", DMI_STORE=store)
    assert "0 stored, 22 already there, 0 refused" in again.stderr
    assert read_back(store) == first


def ordered(resource: dict[str, Any]) -> dict[str, Any]:
    """The example with that id, its elements in the order of the stored one."""
    sent = next(each for each in guide_examples() if each["id"] == resource["id"])
    return {name: sent[name] for name in resource}
