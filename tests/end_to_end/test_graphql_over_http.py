"""The audit suite of the GraphQL-over-HTTP specification, against a server as its users run it.

https://github.com/graphql/graphql-http/tree/main/audits"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.end_to_end.node import found_by, needs
from tests.end_to_end.processes import serving

if TYPE_CHECKING:
    from collections.abc import Mapping

DECLINED: Final[Mapping[str, str]] = {}
"""By id, the reason why we do not do what the specification says that a server MAY do; there is none such."""


@pytest.fixture(scope="module")
def audits() -> list[dict[str, str]]:
    needs("graphql-http")
    with serving(DMI_STORE="memory:", DMI_EXAMPLE_DATA="off") as server:
        found: list[dict[str, str]] = found_by("audit.mjs", f"{server.url}/graphql")
    return found


def test_the_suite_asks_for_what_must_what_should_and_what_may_be(audits: list[dict[str, str]]) -> None:
    asked = " ".join(audit["name"] for audit in audits)
    assert len(audits) > 50
    assert all(f"{word} " in asked for word in ("MUST", "SHOULD", "MAY"))


def test_nothing_that_must_or_should_be_fails(audits: list[dict[str, str]]) -> None:
    failing = [audit for audit in audits if audit["status"] not in ("ok", "notice")]
    assert failing == []


def test_each_failing_may_is_listed_with_its_reason(audits: list[dict[str, str]]) -> None:
    failing = {audit["id"]: audit for audit in audits if audit["status"] == "notice"}
    assert failing.keys() == DECLINED.keys(), failing
