"""A synthetic hospital, read once for the whole folder; nobody may change it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from app.demo.hospital import hospital

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.fhir.resource import Resource

ByType = dict[str, list["Resource"]]


@pytest.fixture(scope="session")
def stream() -> list[Resource]:
    return list(hospital(procedures=3000, seed=3))


@pytest.fixture(scope="session")
def by_type(stream: list[Resource]) -> Mapping[str, list[Resource]]:
    found: ByType = defaultdict(list)
    for resource in stream:
        found[resource["resourceType"]].append(resource)
    return found
