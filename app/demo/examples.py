"""The example data an empty store starts with: the guide's own examples, then a small synthetic hospital."""

from __future__ import annotations

from importlib.resources import files
from itertools import chain
from typing import TYPE_CHECKING, Final

from app.demo.hospital import hospital
from app.fhir import json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.fhir.resource import Resource

FIRST_START_PROCEDURES: Final = 200
FIRST_START_SEED: Final = 1


def guide_examples() -> Iterator[Resource]:
    """The 22 example resources of the guide, ordered by type and id. Their origin: `guide/ORIGIN.md`."""
    published = files("app.demo") / "guide"
    for file in sorted(published.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".json"):
            yield json.decode(file.read_bytes())


def example_data() -> Iterator[Resource]:
    """What the first start of an empty embedded store loads: always the same resources in the same order."""
    return chain(guide_examples(), hospital(FIRST_START_PROCEDURES, FIRST_START_SEED))
