"""Operations that Schemathesis makes from the published schema, sent to a server as its users run it: whatever may be
asked for is answered, or refused with a reason.

`make test-all` sends 2,000 new ones. https://schemathesis.readthedocs.io/"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.builders import device, patient, procedure
from tests.contract.operations import ROOT
from tests.end_to_end.processes import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case

    from tests.end_to_end.processes import Server

EXPECTED: Final = {
    "conflict",
    "deleted",
    "duplicate",
    "invalid",
    "not-found",
    "not-supported",
    "required",
    "structure",
    "too-costly",
    "value",
}
"""Codes of refusals that say what is wrong with a request. Others say that something is wrong with the server."""

PATIENCE: Final = 60.0
"""Seconds after which a request counts as hanging."""

RESOURCES: Final = [*map(json.dumps, (patient(), procedure(), device(), {"resourceType": "Patient"}, [], 1))]

DATES: Final = ["2024", "2024-02-29T10:00:00Z", "x"]

bounded = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,  # a change is not blamed for what another run might have found: that is for the long run
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
long_run = settings(bounded, max_examples=2_000, derandomize=False)


def operations() -> st.SearchStrategy[Case[Any]]:
    """Any operation of one root field."""
    import schemathesis  # noqa: PLC0415 - it takes a second, and whoever collects tests need not wait for it
    from schemathesis.graphql import nodes  # noqa: PLC0415 - as above

    schemathesis.graphql.scalar("FHIR", (st.sampled_from(RESOURCES) | st.text()).map(nodes.String))
    schemathesis.graphql.scalar("dateTime", st.sampled_from(DATES).map(nodes.String))
    return schemathesis.graphql.from_path(ROOT / "graphql" / "schema.graphql").as_strategy()


cases = st.deferred(operations)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(DMI_STORE="memory:") as server:
        yield server
        assert server.log == []


def check(server: Server, case: Case[Any]) -> None:
    response = case.call(
        base_url=f"{server.url}/graphql",
        headers={"Accept": "application/graphql-response+json"},
        timeout=PATIENCE,
    )
    assert response.status_code < 500
    answer = response.json()
    assert {error["extensions"]["code"] for error in answer.get("errors", ())} <= EXPECTED


@bounded
@given(cases)
def test_what_the_schema_allows_is_answered_or_refused_with_a_reason(server: Server, case: Case[Any]) -> None:
    check(server, case)


@pytest.mark.long
@long_run
@given(cases)
def test_what_the_schema_allows_is_answered_or_refused_with_a_reason_in_a_long_run(
    server: Server, case: Case[Any]
) -> None:
    check(server, case)
