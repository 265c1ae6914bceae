"""The page of a server that asks for access tokens, and that runs known documents only: in a real browser, with tokens
that an issuer signed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from tests.end_to_end.node import needs_browser, seen_by
from tests.end_to_end.processes import serving
from tests.issuer import AUDIENCE, NAME, after, issuing, token

if TYPE_CHECKING:
    from collections.abc import Iterator

RECALLED: Final = {
    "lot": ["RPG23029001"],
    "first": 100,
}
Seen = dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """What a person saw (`page`), and the ids of the patients of the recall as the server tells them (`patients`)."""
    needs_browser()
    with issuing() as issuer:
        settings = {
            "DMI_STORE": f"embedded:{tmp_path_factory.mktemp('store')}",
            "DMI_AUTH": "jwt",
            "DMI_JWT_ISSUER": NAME,
            "DMI_JWT_AUDIENCE": AUDIENCE,
            "DMI_JWT_KEYS": issuer.address,
            "DMI_OPERATIONS": "trusted",
        }
        with serving(**settings) as server:
            good = token(scope="user/*.rs")
            patients = _patients(server.url, good)
            given = {
                "good": good,
                "own": token(scope="patient/*.rs", patient=patients[0]),
                "old": token(exp=after(-99)),
                "narrow": token(scope="user/Organization.rs"),
            }
            yield {"page": seen_by("guarded.mjs", server.url, json.dumps(given)), "patients": patients}


@pytest.fixture(scope="module")
def seen(world: Seen) -> Seen:
    found: Seen = world["page"]["pages"]["guarded"]
    return found


def _patients(url: str, given: str) -> list[str]:
    """The patients who carry the lot, by the published operation."""
    (recall,) = (each for each in httpx.get(f"{url}/page.json").json()["operations"] if each["name"] == "recall-by-lot")
    body = {"query": recall["query"], "variables": RECALLED}
    answer = httpx.post(f"{url}/graphql", json=body, headers={"Authorization": f"Bearer {given}"}, timeout=30).json()
    return list(dict.fromkeys(edge["node"]["patient"]["id"] for edge in answer["data"]["ImplantRecall"]["edges"]))


@pytest.mark.parametrize("given", ["without", "old"])
def test_without_a_token_that_is_good_the_page_asks_for_one(seen: Seen, given: str) -> None:
    assert "asks for an access token" in seen[given]


def test_with_a_token_the_recall_shows_everyone(seen: Seen, world: Seen) -> None:
    assert seen["everybody"] == world["patients"]
    assert len(seen["everybody"]) > 1


def test_with_a_token_the_overview_has_its_figures(seen: Seen) -> None:
    assert int(seen["procedures"]) > 100


def test_the_token_opens_the_web_socket(seen: Seen) -> None:
    assert seen["live"] == 5


def test_a_token_for_one_patient_shows_that_patient(seen: Seen, world: Seen) -> None:
    assert seen["own"] == world["patients"][:1]


def test_what_a_token_does_not_allow_is_said(seen: Seen) -> None:
    assert "does not allow" in seen["narrow"]


def test_no_token_outlives_its_tab(seen: Seen) -> None:
    assert "eyJ" not in seen["kept"]


def test_the_playground_sends_the_token(world: Seen) -> None:
    assert '"ProcedureList"' in world["page"]["pages"]["playgroundGuarded"]["response"]


def test_nothing_else_is_asked_for_and_the_policy_is_kept(world: Seen) -> None:
    assert (world["page"]["foreign"], world["page"]["violations"]) == ([], [])
